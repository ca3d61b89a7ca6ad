package send

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Transports that differ from others.
const (
	dataManager = "data_manager" // has the project's quota
	googleAds   = "google_ads"   // the one that takes conversions back
	byFile      = "file"         // speaks to nobody
)

// errQuota says that the project's quota has nothing left at this moment.
var errQuota = errors.New("the project's quota is used up")

// Of the quota of a minute a few requests may go at once (burst), and a few are left for the time that they
// take on their way (spare): rate × a minute + burst stays below the quota in every minute, wherever it begins.
func (c Config) pace() (interval, burst time.Duration) {
	atOnce, spare := max(c.PerMinute/50, 1), c.PerMinute/100
	interval = time.Minute / time.Duration(max(c.PerMinute-atOnce-spare, 1))
	return interval, interval * time.Duration(atOnce-1)
}

// takeQuota is the generic cell rate algorithm over one row for all uploaders; Google's day is that of the
// Pacific.
const takeQuota = `UPDATE google_quota q SET
  free_at = greatest(q.free_at, clock_timestamp() - make_interval(secs => $2)) + make_interval(secs => $1),
  day = t.today, day_used = CASE WHEN q.day = t.today THEN q.day_used ELSE 0 END + 1
FROM (SELECT (clock_timestamp() AT TIME ZONE 'America/Los_Angeles')::date AS today) t
WHERE q.free_at <= clock_timestamp() AND coalesce(q.paused_until <= clock_timestamp(), true) AND (q.day <> t.today OR q.day_used < $3)
RETURNING q.day_used`

// takeQuota takes a request from the quota, or returns errQuota.
func (s *Sender) takeQuota(ctx context.Context, tx pgx.Tx) error {
	interval, burst := s.config.pace()
	var used int
	err := tx.QueryRow(ctx, takeQuota, interval.Seconds(), burst.Seconds(), s.config.PerDay).Scan(&used)
	if errors.Is(err, pgx.ErrNoRows) {
		return errQuota
	}
	if err != nil {
		return fmt.Errorf("take from the quota: %w", err)
	}
	s.metrics.quotaUsed.Set(float64(used))
	return nil
}

// awaitQuota waits until a request may go, at most a second.
func (s *Sender) awaitQuota(ctx context.Context) error {
	wait, err := s.quotaWait(ctx)
	if err != nil {
		return err
	}
	timer := time.NewTimer(min(wait, every))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return nil
}

// quotaWait is how long until the quota has something.
func (s *Sender) quotaWait(ctx context.Context) (time.Duration, error) {
	var seconds float64
	err := s.postgres.QueryRow(ctx, `SELECT greatest(extract(epoch FROM greatest(q.free_at, q.paused_until, t.now) - t.now),
  CASE WHEN q.day_used >= $1 AND q.day = (t.now AT TIME ZONE 'America/Los_Angeles')::date THEN 60 END)::float8 FROM google_quota q, (SELECT clock_timestamp() AS now) t`, s.config.PerDay).Scan(&seconds)
	if err != nil {
		return 0, fmt.Errorf("read quota: %w", err)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// pauseQuota is what a 429 asks for: nobody of the project sends for a while.
func pauseQuota(ctx context.Context, tx pgx.Tx, pause time.Duration) error {
	_, err := tx.Exec(ctx, `UPDATE google_quota SET paused_until = greatest(paused_until, clock_timestamp() + make_interval(secs => $1))`, pause.Seconds())
	return err
}
