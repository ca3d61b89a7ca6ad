package uploader

import (
	"context"
	"fmt"
	"log/slog"
	"os/user"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/clickhouse"
	"noctra/internal/postgres"
	"noctra/schema"
	"noctra/uploader/internal/check"
	"noctra/uploader/internal/intake"
)

// Comparison is what a comparison of a site's day found.
type Comparison = check.Report

// CompareCommand is what somebody on the machine wants compared.
type CompareCommand struct {
	ClickHouse clickhouse.Config
	Postgres   postgres.Config
	Site       int64 // 0: all
	Kept       bool  // only what the last comparisons found
	Apply      bool  // mend, keep it and note it in the audit
}

// Compare compares stored events with sales and conversions of the last closed days, or reads what was found last.
func Compare(ctx context.Context, c CompareCommand) (found []Comparison, err error) {
	conn, err := c.ClickHouse.Open(clickhouse.Reader)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	pool, err := c.Postgres.Open(ctx)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	registry := prometheus.NewRegistry()
	checks := check.New(check.Deps{ClickHouse: conn, Postgres: pool, Mender: intake.New(schema.TopicEvents, conn, pool, registry), Log: slog.New(slog.DiscardHandler), Registry: registry, Now: time.Now})
	if c.Kept {
		found, err = checks.Kept(ctx, c.Site)
	} else {
		found, err = checks.Look(ctx, check.Ask{Site: c.Site, Apply: c.Apply, Operator: operatorName()})
	}
	if err != nil {
		return found, fmt.Errorf("compare sales: %w", err)
	}
	return found, nil
}

// operatorName is who gave the command, as the machine names them.
func operatorName() string {
	if who, err := user.Current(); err == nil {
		return who.Username
	}
	return "unknown"
}
