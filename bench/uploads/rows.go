package uploads

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Process is what is measured of processes.
type Process struct {
	Memory   func(pid int) (int64, error)
	CPU      func(pid int) (float64, error)
	Postgres func() (float64, error)                                 // CPU seconds of the database
	Metric   func(ctx context.Context, name string) (float64, error) // of the uploader that was started last
}

// RowsReport says what a row costs that is sent in requests as large as they may be.
type RowsReport struct {
	Rate     float64       `json:"rows_a_second"`
	Small    time.Duration `json:"-"`        // until ten conversions are sent beside them
	Sent     Cost          `json:"sent"`     // from ready to received
	Accepted Cost          `json:"accepted"` // from received to accepted
}

// Cost is CPU time in microseconds a row.
type Cost struct {
	Postgres float64 `json:"postgres_us"`
	Uploader float64 `json:"uploader_us"`
	Fake     float64 `json:"fake_us"` // Google, and whoever measures
}

// All is what everybody takes together.
func (c Cost) All() float64 { return c.Postgres + c.Uploader + c.Fake }

func (c Cost) less(before Cost, rows int) Cost {
	each := 1e6 / float64(rows)
	return Cost{(c.Postgres - before.Postgres) * each, (c.Uploader - before.Uploader) * each, (c.Fake - before.Fake) * each}
}

// used is what was used so far, in seconds.
func (p Process) used(uploader int) (c Cost, err error) {
	if c.Postgres, err = p.Postgres(); err != nil {
		return c, err
	}
	if c.Uploader, err = p.CPU(uploader); err != nil {
		return c, err
	}
	c.Fake, err = p.CPU(os.Getpid())
	return c, err
}

// Rows has one uploader send as many rows as it can, in requests as large as they may be, beside a customer with
// ten; then all of them are accepted.
func (r *Rig) Rows(ctx context.Context, n int, p Process) (report RowsReport, err error) {
	var sites [2]int64
	for i := range sites {
		if sites[i], err = r.connect(ctx, ManagerShop); err != nil {
			return report, err
		}
	}
	if err := r.ready(ctx, sites[0], "l-", n, 0); err != nil {
		return report, err
	}
	fleet := &fleet{rig: r, flags: []string{"--google-requests-per-minute=300", "--google-status-after=1h"}}
	defer func() { err = errors.Join(err, fleet.stop()) }()
	began := time.Now()
	if err := fleet.startAll(1); err != nil {
		return report, err
	}
	pid := fleet.children[0].Pid()
	if err := until(ctx, r.more(ctx, sites[0], 1)); err != nil {
		return report, err
	}
	before, err := p.used(pid)
	if err != nil {
		return report, err
	}
	first, err := r.sent(ctx, sites[0])
	if err != nil {
		return report, err
	}
	if report.Small, err = r.ten(ctx, sites[1]); err != nil {
		return report, err
	}
	if err := until(ctx, r.more(ctx, sites[0], n)); err != nil {
		return report, err
	}
	report.Rate = float64(n) / time.Since(began).Seconds()
	after, err := p.used(pid)
	if err != nil {
		return report, err
	}
	report.Sent = after.less(before, n-first+10)
	err = r.accept(ctx, n)
	if err != nil {
		return report, err
	}
	ended, err := p.used(pid)
	report.Accepted = ended.less(after, n+10)
	return report, err
}

// ten says after how long ten conversions of a site are sent.
func (r *Rig) ten(ctx context.Context, site int64) (time.Duration, error) {
	came := time.Now()
	if err := r.ready(ctx, site, "s-", 10, 0); err != nil {
		return 0, err
	}
	err := until(ctx, r.more(ctx, site, 10))
	return time.Since(came), err
}

// sent is how many rows of a site Google has received, as requests say: that costs the database next to nothing.
func (r *Rig) sent(ctx context.Context, site int64) (rows int, err error) {
	err = r.Pool.QueryRow(ctx, `SELECT coalesce(sum(a.rows), 0) FROM upload_attempts a JOIN conversion_actions m ON m.connection_id = a.connection_id WHERE m.site_id = $1 AND a.state IN ('received', 'final')`, site).Scan(&rows)
	return rows, err
}

func (r *Rig) more(ctx context.Context, site int64, n int) func() (bool, error) {
	return func() (bool, error) {
		rows, err := r.sent(ctx, site)
		return rows >= n, err
	}
}

// accept has the uploader ask now what became of everything.
func (r *Rig) accept(ctx context.Context, n int) error {
	if _, err := r.Pool.Exec(ctx, `UPDATE upload_attempts SET poll_at = now() WHERE state = 'received'`); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	err := until(ctx, func() (done bool, err error) {
		err = r.Pool.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM upload_attempts WHERE state IN ('sending', 'received'))`).Scan(&done)
		return done, err
	})
	if err != nil {
		return err
	}
	var accepted int
	if err := r.Pool.QueryRow(ctx, `SELECT count(*) FROM conversions WHERE state = 'accepted'`).Scan(&accepted); err != nil {
		return fmt.Errorf("count accepted: %w", err)
	}
	if accepted < n {
		return fmt.Errorf("of %d conversions that were sent %d are accepted", n, accepted)
	}
	return nil
}
