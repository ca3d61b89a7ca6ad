package uploads

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// makeReady makes conversions that are ready, without sales being decided: PREFIX-NUMBER; those of $4 rows
// have a cohort, and so a request, of their own.
const makeReady = `WITH made AS (
  INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
    email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal)
  SELECT s.workspace_id, s.id, $2 || n, $2 || n, now() - interval '1 hour', 1000000, 'EUR', 1, 0, 'DE', 2, '{}', '{}', '{}', '', '', 1, 1, 1 FROM sites s, generate_series(1, $3::int) n WHERE s.id = $1
  RETURNING id, workspace_id, site_id, order_id, occurred_at)
INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, value, currency, click_kind, click_value, consent_user_data, consent_personal, state, cohort)
SELECT m.workspace_id, m.site_id, m.id, a.id, a.action_id, 'o-' || m.order_id, m.occurred_at, 1000000, 'EUR', 'gclid', 'click-of-' || m.order_id, 1, 1, 'ready', CASE WHEN $4::int > 0 THEN 1 + m.id / $4::int ELSE 0 END
FROM made m JOIN conversion_actions a ON a.site_id = m.site_id`

// ready makes n of them; triggers and foreign keys are left out, which costs rights of a superuser.
func (r *Rig) ready(ctx context.Context, site int64, prefix string, n, cohort int) error {
	err := pgx.BeginFunc(ctx, r.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, makeReady, site, prefix, n, cohort)
		return err
	})
	if err != nil {
		return fmt.Errorf("make conversions: %w", err)
	}
	return nil
}

// QuotaReport says how many requests Google was sent.
type QuotaReport struct {
	Requests int     `json:"requests"`
	Worst    int     `json:"most_in_a_minute"` // of any minute, wherever it begins
	Rate     float64 `json:"a_minute"`         // of the last minute
	Refused  int     `json:"refused"`
}

// Quota has two uploaders send small requests for a while, under the quota of perMinute.
func (r *Rig) Quota(ctx context.Context, perMinute int, length time.Duration) (report QuotaReport, err error) {
	site, err := r.connect(ctx, ManagerShop)
	if err != nil {
		return report, err
	}
	if err := r.ready(ctx, site, "q-", 3*(perMinute+10)*(int(length/time.Minute)+1), 3); err != nil {
		return report, err
	}
	fleet := &fleet{rig: r, flags: []string{fmt.Sprint("--google-requests-per-minute=", perMinute), "--google-status-after=1h"}}
	defer func() { err = errors.Join(err, fleet.stop()) }()
	if err := fleet.startAll(2); err != nil {
		return report, err
	}
	if err := wait(ctx, length); err != nil {
		return report, err
	}
	ledger, err := r.Ledger(ctx)
	if err != nil {
		return report, err
	}
	var times []time.Time
	for _, one := range ledger.Requests {
		if one.Path == "/v1/events:ingest" {
			times = append(times, one.At)
			if one.Status != http.StatusOK {
				report.Refused++
			}
		}
	}
	report.Requests, report.Worst = len(times), worst(times)
	last := time.Now().Add(-time.Minute)
	for _, at := range times {
		if at.After(last) {
			report.Rate++
		}
	}
	return report, nil
}

// worst is the most in any minute.
func worst(times []time.Time) (most int) {
	slices.SortFunc(times, time.Time.Compare)
	first := 0
	for i, at := range times {
		for at.Sub(times[first]) >= time.Minute {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// WaitingReport says what a long queue costs.
type WaitingReport struct {
	Rows   int     `json:"rows"`
	Look   float64 `json:"look_ms"` // to find what may be sent, on average
	Memory int64   `json:"memory_bytes"`
	Idle   int64   `json:"memory_idle_bytes"`
	CPU    float64 `json:"idle_cpu"` // of a core, while there is nothing to send
}

const pieceOfWaiting = 10_000

// Waiting has one uploader look after n conversions that are ready, a request a second, for a while.
func (r *Rig) Waiting(ctx context.Context, n int, length time.Duration, p Process) (report WaitingReport, err error) {
	site, err := r.connect(ctx, ManagerShop)
	if err != nil {
		return report, err
	}
	fleet := &fleet{rig: r, flags: []string{"--google-requests-per-minute=60", "--google-status-after=1h"}}
	defer func() { err = errors.Join(err, fleet.stop()) }()
	if err := fleet.startAll(1); err != nil {
		return report, err
	}
	pid := fleet.children[0].Pid()
	if err := wait(ctx, 5*time.Second); err != nil {
		return report, err
	}
	before, err := p.CPU(pid)
	if err != nil {
		return report, err
	}
	if err := wait(ctx, length); err != nil {
		return report, err
	}
	after, err := p.CPU(pid)
	if err != nil {
		return report, err
	}
	report.Rows, report.CPU = n, (after-before)/length.Seconds()
	if report.Idle, err = p.Memory(pid); err != nil {
		return report, err
	}
	for piece := range (n + pieceOfWaiting - 1) / pieceOfWaiting { // as they come: one transaction of all would hide them for minutes
		if err := r.ready(ctx, site, fmt.Sprint("w-", piece, "-"), min(pieceOfWaiting, n-piece*pieceOfWaiting), 0); err != nil {
			return report, err
		}
	}
	return report, r.look(ctx, &report, length, pid, p)
}

func (r *Rig) look(ctx context.Context, report *WaitingReport, length time.Duration, pid int, p Process) error {
	read := func() (sum, count float64, err error) {
		if sum, err = p.Metric(ctx, "noctra_uploader_queue_seconds_sum"); err == nil {
			count, err = p.Metric(ctx, "noctra_uploader_queue_seconds_count")
		}
		return sum, count, err
	}
	sum, count, err := read()
	if err != nil {
		return err
	}
	if err := wait(ctx, length); err != nil {
		return err
	}
	sumAfter, countAfter, err := read()
	if err != nil {
		return err
	}
	report.Look = (sumAfter - sum) / max(countAfter-count, 1) * 1000
	report.Memory, err = p.Memory(pid)
	return err
}
