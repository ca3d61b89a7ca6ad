// Package canary looks out for the events that collectors send themselves, and so knows how long an
// event takes from its receipt until a report could hold it.
//
// It does not send them, and no report counts them: they belong to a site that nobody has. In the
// flow it stands at the very end, beside the report engine, and asks ClickHouse as that does.
package canary

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/logs"
	"noctra/schema"
)

const (
	lookEvery   = time.Second     // where one is due
	dueFor      = 5 * time.Second // from when a collector has sent its last one, and the interval has passed
	lookTimeout = 10 * time.Second
	lookBack    = time.Hour       // at the first look
	overlap     = 2 * time.Minute // an insert may show later than one that began after it
	missingFor  = 3               // intervals without a canary after which it counts as missing
	warnEvery   = time.Minute
)

// RestEvery is how often it is looked where none is due: a collector that has just come may send one at any time.
const RestEvery = 3 * time.Second

// Conn is what is needed of ClickHouse's reader.
type Conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

// Seen is one canary.
type Seen struct {
	ReceivedAt time.Time     // by its collector
	SeenAt     time.Time     // when a report could hold it
	Delay      time.Duration // from one to the other
}

// Options of a Watch.
type Options struct {
	Every    time.Duration // how often a collector sends one
	Log      *slog.Logger
	Registry prometheus.Registerer
	Now      func() time.Time // nil: time.Now
}

// Watch looks out for canaries. It is safe for concurrent use.
type Watch struct {
	conn  Conn
	opts  Options
	warn  *logs.Throttled
	begun time.Time

	mu     sync.Mutex
	newest Seen // by receipt; zero for none
	asked  time.Time
	gone   bool

	since time.Time      // rows inserted later are looked at
	known map[string]row // those that were seen, by their id; Run's own
}

// New returns a Watch that looks once Run is called, and registers its metrics.
func New(conn Conn, opts Options) *Watch {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	w := &Watch{conn: conn, opts: opts, begun: opts.Now(), known: map[string]row{}, warn: logs.Throttle(opts.Log, warnEvery, time.Now)}
	gauge := func(name, help string, value func() float64) {
		opts.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "noctra_admin_canary_" + name, Help: help}, value))
	}
	gauge("delay_seconds", "Time from a collector's receipt of the newest canary until a report could hold it, 0 before the first.", func() float64 {
		seen, _ := w.Newest()
		return seen.Delay.Seconds()
	})
	gauge("age_seconds", "Time since the receipt of the newest canary that was seen, since the start where none was.", func() float64 { return w.age().Seconds() })
	return w
}

// Newest returns the canary that was received last, of those that were seen; ok is false before the first.
func (w *Watch) Newest() (seen Seen, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.newest, !w.newest.SeenAt.IsZero()
}

// Asked returns when ClickHouse last answered a look; zero for never.
func (w *Watch) Asked() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// age is the time since the newest canary, or since the start.
func (w *Watch) age() time.Duration {
	last := w.begun
	if seen, ok := w.Newest(); ok {
		last = seen.ReceivedAt
	}
	return max(0, w.opts.Now().Sub(last))
}

// Missing returns for how long no canary was received, 0 while that is no longer than it may be.
func (w *Watch) Missing() time.Duration {
	if age := w.age(); age > missingFor*w.opts.Every {
		return age
	}
	return 0
}

// Run looks until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	for {
		asking, cancel := context.WithTimeout(ctx, lookTimeout)
		err := w.Look(asking)
		cancel()
		if err != nil && ctx.Err() == nil {
			w.warn.Warn("canaries not looked for", "error", err.Error())
		}
		w.tell()
		timer := time.NewTimer(w.pause(w.opts.Now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// pause is until when to look again. Each collector sends one as often as the others, and at moments of its own, so
// that the next of each is due when the interval has passed since its last.
func (w *Watch) pause(now time.Time) time.Duration {
	rest := RestEvery
	for _, r := range w.known {
		until := r.receivedAt.Add(w.opts.Every).Sub(now)
		switch {
		case until > 0:
			rest = min(rest, max(until, lookEvery))
		case until > -dueFor:
			return lookEvery
		}
	}
	return rest
}

// tell logs that the canary is missing, each minute, and that it is back.
func (w *Watch) tell() {
	missing := w.Missing()
	w.mu.Lock()
	was := w.gone
	w.gone = missing > 0
	w.mu.Unlock()
	switch {
	case missing > 0:
		w.warn.Error("no canary comes through: reports are behind, or no collector sends one", "age", missing.Round(time.Second).String())
	case was:
		w.opts.Log.Info("canaries come through again")
	}
}

// row is a canary as it is stored.
type row struct {
	id                     string
	receivedAt, insertedAt time.Time
}

// Look asks once. It is called by Run; never by two goroutines at a time.
func (w *Watch) Look(ctx context.Context) error {
	first := w.since.IsZero()
	since := w.since
	if first {
		since = w.opts.Now().Add(-lookBack)
	}
	found, err := w.read(ctx, since)
	if err != nil {
		return err
	}
	now := w.opts.Now()
	w.mu.Lock()
	w.asked = now
	w.mu.Unlock()
	for _, r := range found {
		if _, ok := w.known[r.id]; ok {
			continue
		}
		w.known[r.id] = r
		seenAt := now
		if first {
			seenAt = r.insertedAt // it was there before the first look
		}
		w.see(Seen{ReceivedAt: r.receivedAt, SeenAt: seenAt, Delay: max(0, seenAt.Sub(r.receivedAt))})
		if border := r.insertedAt.Add(-overlap); border.After(since) {
			since = border
		}
	}
	w.since = since
	for id, r := range w.known {
		if r.insertedAt.Before(since) {
			delete(w.known, id)
		}
	}
	return nil
}

func (w *Watch) see(seen Seen) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if seen.ReceivedAt.After(w.newest.ReceivedAt) {
		w.newest = seen
	}
}

// read returns the canaries that were inserted since then. The site's rows are few, and the index by
// insertion leaves out the parts that are older.
func (w *Watch) read(ctx context.Context, since time.Time) (found []row, err error) {
	rows, err := w.conn.Query(ctx, fmt.Sprintf(`SELECT event_id, received_at, inserted_at FROM events
		WHERE site_id = %d AND inserted_at > fromUnixTimestamp64Milli(%d, 'UTC') ORDER BY received_at DESC LIMIT 1000`, schema.CanarySite, since.UnixMilli()))
	if err != nil {
		return nil, fmt.Errorf("read canaries: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.id, &r.receivedAt, &r.insertedAt); err != nil {
			return nil, fmt.Errorf("read canaries: %w", err)
		}
		found = append(found, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read canaries: %w", err)
	}
	return found, nil
}
