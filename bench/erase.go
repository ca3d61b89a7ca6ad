package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/internal/clickhouse"
	"noctra/internal/proc"
)

// EraseReport is how long the erasure of one visitor took, from the request on.
type EraseReport struct {
	Rows      int     `json:"rows"`
	Days      int     `json:"days"`
	Found     uint64  `json:"found_events"`
	KeptOut   float64 `json:"kept_out_s"`   // no collector takes such events any more
	Hidden    float64 `json:"hidden_s"`     // no question finds any of it
	Checked   float64 `json:"checked_s"`    // it is off the disk, and looked for again
	Parts     uint64  `json:"parts"`        // of events
	LargestMB float64 `json:"largest_part"` // on disk
}

const eraseFill = 1_000_000 // events that come through Kafka; the rest are copies with other ids

type eraseCommand struct {
	common
	Rows int `default:"10000000" help:"Events of the site."`
	Days int `default:"30" help:"Days over which they are spread, today included."`
}

// Run measures the erasure of a visitor.
func (c *eraseCommand) Run(ctx context.Context) error {
	report, err := Erase(ctx, c.Rows, c.Days, c.flags(), c.progress())
	if err != nil {
		return fmt.Errorf("bench erase: %w", err)
	}
	return c.print("erase", report)
}

// Erase stores rows of one site and has the visitor behind one order erased.
func Erase(ctx context.Context, n, days int, flags []string, log io.Writer) (report EraseReport, err error) {
	p, err := startProduct(ctx, flags)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	first := min(n, eraseFill)
	if err := fill(ctx, p, first, days); err != nil {
		return report, err
	}
	if err := p.awaitInserted(ctx, first); err != nil {
		return report, err
	}
	conn, err := p.writer()
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	rows, err := p.copyEvents(ctx, conn, (n+first-1)/first, log)
	if err != nil {
		return report, err
	}
	if rows < uint64(n) {
		return report, fmt.Errorf("copy events: the site has %d of %d", rows, n)
	}
	report.Rows, report.Days = int(rows), days
	err = conn.QueryRow(ctx, "SELECT count(), max(bytes_on_disk) / 1e6 FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active").Scan(&report.Parts, &report.LargestMB)
	if err != nil {
		return report, fmt.Errorf("read parts: %w", err)
	}
	return report, p.erase(ctx, &report, log)
}

// copyEvents makes the events of the site as many times as many. Meanwhile no visits and sums are made
// of them, which they are in the end, once. It returns how many events the site has.
func (p *product) copyEvents(ctx context.Context, conn driver.Conn, times int, log io.Writer) (rows uint64, err error) {
	if err := p.freeze("admin"); err != nil {
		return 0, err
	}
	for copied := 1; copied < times && err == nil; copied++ {
		_, _ = fmt.Fprintf(log, "  %d of %d copies\n", copied, times-1)
		err = conn.Exec(ctx, copySQL(p.Demo.SiteID, copied))
	}
	if err = errors.Join(err, p.thaw("admin")); err != nil {
		return 0, fmt.Errorf("copy events: %w", err)
	}
	if _, err := p.quiet(ctx, 4, 20*time.Minute); err != nil {
		return 0, err
	}
	if err := conn.QueryRow(ctx, "SELECT count() FROM events WHERE site_id = "+p.Demo.SiteID).Scan(&rows); err != nil {
		return 0, fmt.Errorf("count events: %w", err)
	}
	return rows, nil
}

// copySQL stores the first events once more, as those of other visitors.
func copySQL(site string, n int) string {
	return fmt.Sprintf(`INSERT INTO events SELECT * REPLACE (concat(event_id, '-%[2]d') AS event_id, cityHash64(visitor_id, %[2]d) AS visitor_id,
		if(order_id = '', '', concat(order_id, '-%[2]d')) AS order_id, concat('copy-', '%[2]d') AS kafka_topic, now64(3) - INTERVAL 1 HOUR AS inserted_at)
		FROM events AS e WHERE e.site_id = %[1]s AND e.kafka_topic = 'noctra.events' SETTINGS insert_deduplicate = 0, max_insert_threads = 2`, site, n)
}

// writer connects to the product's ClickHouse as the user that writes.
func (p *product) writer() (driver.Conn, error) {
	u, err := url.Parse(p.ClickHouse)
	if err != nil {
		return nil, fmt.Errorf("read address of clickhouse: %w", err)
	}
	return clickhouse.Config{Addr: "http://" + u.Host, Database: "noctra", WriterUser: "noctra_writer", WriterPasswordFile: filepath.Join(p.data, "secrets", "clickhouse_writer")}.Open(clickhouse.Writer)
}

// erase has the visitor of an order erased, by the command, and reads the receipt that it prints.
func (p *product) erase(ctx context.Context, report *EraseReport, log io.Writer) error {
	var out bytes.Buffer
	began := time.Now()
	child, err := proc.Start(proc.Spec{Args: []string{"erase", "--data", p.data, "--site", p.Demo.SiteID, "--order-id", "B-71", "--yes"}, Output: &out})
	if err != nil {
		return err
	}
	select {
	case <-child.Exited():
	case <-ctx.Done():
		child.Kill()
		return ctx.Err()
	}
	if err := child.Err(); err != nil {
		return fmt.Errorf("noctra erase: %w\n%s", err, out.Bytes())
	}
	_, _ = fmt.Fprintf(log, "%s", out.Bytes())
	var receipt struct {
		KeptOutAt time.Time `json:"kept_out_at"`
		HiddenAt  time.Time `json:"hidden_at"`
		CheckedAt time.Time `json:"checked_at"`
		Found     []struct {
			Table string
			Rows  uint64
		}
	}
	text := out.String()
	if err := json.Unmarshal([]byte(text[max(strings.LastIndex(text, "\n{\n"), 0):]), &receipt); err != nil {
		return fmt.Errorf("read receipt: %w", err)
	}
	report.KeptOut, report.Hidden, report.Checked = receipt.KeptOutAt.Sub(began).Seconds(), receipt.HiddenAt.Sub(began).Seconds(), receipt.CheckedAt.Sub(began).Seconds()
	for _, f := range receipt.Found {
		if f.Table == "events" {
			report.Found = f.Rows
		}
	}
	return nil
}
