package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/slices"
	"noctra/admin/internal/store"
	"noctra/internal/clickhouse"
	"noctra/internal/postgres"
	"noctra/schema"
)

// RebuildConfig says what Rebuild makes anew.
type RebuildConfig struct {
	Postgres   postgres.Config
	ClickHouse clickhouse.Config
	Site       string // public key or number; empty for all sites
	From, To   string // local dates YYYY-MM-DD, inclusive; empty for all
	Log        *slog.Logger
}

// Rebuild makes everything that is derived from events anew: visits, and the hours that received
// rows. It is safe while the product runs, and may be repeated.
func Rebuild(ctx context.Context, config RebuildConfig) error {
	first, last, err := config.days()
	if err != nil {
		return err
	}
	pool, err := config.Postgres.Open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	sites, err := config.sites(ctx, pool)
	if err != nil {
		return err
	}
	conn, err := config.ClickHouse.Open(clickhouse.Writer)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := clickhouse.CheckSchema(ctx, conn, schema.ClickHouse()); err != nil {
		return fmt.Errorf("--clickhouse: %w", err)
	}
	for _, site := range sites {
		begin := time.Now()
		done, err := slices.Rebuild(ctx, conn, site, first, last)
		if err != nil {
			return fmt.Errorf("rebuild site %d: %w", site.ID, err)
		}
		config.Log.Info("site rebuilt", "site_id", uint64(site.ID), "days", done.Days, "events", done.Events, "took", time.Since(begin).Round(time.Millisecond).String())
	}
	return nil
}

// days reads the dates; all problems are reported at once.
func (c RebuildConfig) days() (first, last slices.DayNumber, err error) {
	first, last = slices.AllDays()
	read := func(flag, text string, to *slices.DayNumber) error {
		if text == "" {
			return nil
		}
		date, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return fmt.Errorf("--%s: %q is not a date like 2026-11-25", flag, text)
		}
		*to = slices.DateNumber(date.Date())
		return nil
	}
	if err := errors.Join(read("from", c.From, &first), read("to", c.To, &last)); err != nil {
		return first, last, err
	}
	if first > last {
		return first, last, fmt.Errorf("--from: %s is after --to %s", first, last)
	}
	return first, last, nil
}

// sites lists the site that was asked for, or all.
func (c RebuildConfig) sites(ctx context.Context, pool *pgxpool.Pool) ([]schema.Site, error) {
	rows, err := store.New(pool).AllSites(ctx)
	if err != nil {
		return nil, fmt.Errorf("--postgres: list sites: %w", err)
	}
	var sites []schema.Site
	for _, row := range rows {
		if site := toSchema(row); c.Site == "" || site.PublicKey == c.Site || fmt.Sprint(uint64(site.ID)) == c.Site {
			sites = append(sites, site)
		}
	}
	if c.Site != "" && len(sites) == 0 {
		return nil, fmt.Errorf("--site: there is no site %q", c.Site)
	}
	return sites, nil
}
