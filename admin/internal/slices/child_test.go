package slices

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"noctra/internal/clickhouse"
	"noctra/internal/failpoint"
	"noctra/internal/testenv"
	"noctra/schema"
)

// envChild makes this program a maker of slices: what a test kills has to be a process of its own.
const envChild = "NOCTRA_SLICES_CHILD"

func TestMain(m *testing.M) {
	if options := os.Getenv(envChild); options != "" {
		if err := runChild(options); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	testenv.Main(m)
}

type childOptions struct {
	ClickHouse clickhouse.Config
	Site       schema.Site
	Now        time.Time
	Rebuild    bool
}

// runChild makes what is due once, or everything anew.
func runChild(options string) error {
	var o childOptions
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		return err
	}
	if err := failpoint.Start("admin", slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	conn, err := o.ClickHouse.Open(clickhouse.Writer)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if o.Rebuild {
		first, last := AllDays()
		_, err := Rebuild(context.Background(), conn, o.Site, first, last)
		return err
	}
	return NewMaker(conn, listOf(o.Site), MakerOptions{Now: func() time.Time { return o.Now }}).Round(context.Background())
}
