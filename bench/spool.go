package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// SpoolOptions bound the run of Spool.
type SpoolOptions struct {
	Duration time.Duration // of each part
	UpFlags  []string
}

// SpoolReport is what a Kafka that stops for a while costs. Events a second where nothing else is
// said. Stored counts events in ClickHouse.
type SpoolReport struct {
	Normal       float64 `json:"normal"`
	TakeOver     float64 `json:"takeover_seconds"` // the slowest answer around the stop
	Spooling     float64 `json:"spooling"`
	Drained      float64 `json:"drained"` // beside Live
	Live         float64 `json:"live_while_draining"`
	DrainSeconds float64 `json:"drain_seconds"`
	Healed       float64 `json:"delay_below_5s_after_seconds"`
	Acknowledged int     `json:"acknowledged"`
	Stored       int     `json:"stored"`
	Twice        int     `json:"stored_twice"`
	Figures      Figures `json:"figures"`
}

const (
	spoolConnections = 256
	healLimit        = 60 * time.Second
	delayLimit       = 5.0 // seconds
)

// Spool freezes Kafka under load and lets it go on, with the whole product running.
func Spool(ctx context.Context, options SpoolOptions, log io.Writer) (report SpoolReport, err error) {
	p, err := startProduct(ctx, options.UpFlags)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, p.thaw("kafka"), p.stop()) }()
	t := &tally{product: p}
	full := load{connections: spoolConnections, batch: 1, duration: options.Duration}
	normal, err := t.load(ctx, full)
	if err != nil {
		return report, err
	}
	report.Normal = normal.PerSecond
	if err := report.outage(ctx, t, full); err != nil {
		return report, err
	}
	_, _ = fmt.Fprintf(log, "  normal %.0f/s, the spool answers within %.2f s, spooling %.0f/s\n", report.Normal, report.TakeOver, report.Spooling)
	if err := report.heal(ctx, t); err != nil {
		return report, err
	}
	_, _ = fmt.Fprintf(log, "  drained %.0f/s beside %.0f/s in %.1f s, delay below 5 s after %.1f s\n", report.Drained, report.Live, report.DrainSeconds, report.Healed)
	if report.Acknowledged, report.Stored, report.Twice, err = t.verifyStored(ctx); err != nil {
		return report, err
	}
	f := &report.Figures
	f.atMost("slowest answer when Kafka stops", report.TakeOver, 2, "s")
	f.atLeast("rate on the spool, of the normal one", report.Spooling/report.Normal, 0.5, "")
	f.atLeast("drained, of what comes in meanwhile at half load", report.Drained/max(report.Live, 1), 3, "")
	f.atMost("delay below 5 s after healing at half load", report.Healed, healLimit.Seconds(), "s")
	f.atMost("stored twice", float64(report.Twice), 0, "")
	f.say(log)
	return report, nil
}

// outage freezes Kafka a second after a load began, and measures a second load on the spool alone.
func (r *SpoolReport) outage(ctx context.Context, t *tally, full load) error {
	frozen := make(chan error, 1)
	timer := time.AfterFunc(time.Second, func() { frozen <- t.product.freeze("kafka") })
	defer timer.Stop()
	first := full
	first.duration = 4 * time.Second
	over, err := t.load(ctx, first)
	if err := errors.Join(err, <-frozen); err != nil {
		return err
	}
	r.TakeOver = over.Slowest / 1000
	spooling, err := t.load(ctx, full)
	if err != nil {
		return err
	}
	r.Spooling = spooling.PerSecond
	if n := over.failed() + spooling.failed() + over.Refused["503"] + spooling.Refused["503"]; n > 0 {
		return fmt.Errorf("%d requests were not acknowledged while kafka was away: %v %v", n, over.Refused, spooling.Refused)
	}
	return nil
}

// heal lets Kafka go on under half of the normal load, until everything spooled is drained and what
// was acknowledged five seconds ago is stored.
func (r *SpoolReport) heal(ctx context.Context, t *tally) error {
	half := load{connections: spoolConnections, batch: 1, duration: healLimit}
	half.paceFor(r.Normal / 2)
	loading, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	begin, err := t.product.look(ctx)
	if err != nil {
		return err
	}
	if err := t.product.thaw("kafka"); err != nil {
		return err
	}
	go func() { _, err := t.load(loading, half); done <- err }()
	past := []healing{begin}
	err = await(ctx, healLimit, 100*time.Millisecond, func() (bool, error) {
		now, err := t.product.look(ctx)
		if err != nil {
			return false, err
		}
		past = append(past, now)
		took := now.at.Sub(begin.at).Seconds()
		if now.waiting == 0 && r.DrainSeconds == 0 {
			r.DrainSeconds, r.Drained, r.Live = took, (now.drained-begin.drained)/took, (now.accepted-begin.accepted)/took
		}
		for len(past) > 1 && now.at.Sub(past[1].at).Seconds() > delayLimit {
			past = past[1:]
		}
		r.Healed = took
		return r.DrainSeconds > 0 && now.inserted >= past[0].accepted, nil
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		r.Healed = 2 * healLimit.Seconds() // not within the limit: a figure that is missed
		err = nil
	}
	stop()
	return errors.Join(err, <-done)
}

// healing is how far events have come at a moment.
type healing struct {
	at                                   time.Time
	drained, accepted, waiting, inserted float64
}

func (p *product) look(ctx context.Context) (h healing, err error) {
	collector, err := p.counters(ctx, "collector", "noctra_collector_spool_drained_total", "noctra_collector_spool_messages", "noctra_collector_events_accepted_total")
	if err != nil {
		return h, err
	}
	h = healing{at: time.Now(), drained: collector[0], waiting: collector[1], accepted: collector[2]}
	h.inserted, err = p.counter(ctx, "aggregator", "noctra_aggregator_events_inserted_total")
	return h, err
}

// counters reads several metrics of a service at one moment.
func (p *product) counters(ctx context.Context, service string, names ...string) ([]float64, error) {
	values := make([]float64, len(names))
	var err error
	for i, name := range names {
		if values[i], err = p.counter(ctx, service, name); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// verifyStored waits until everything acknowledged is in ClickHouse, and looks for what is not, and
// for what is there twice.
func (t *tally) verifyStored(ctx context.Context) (acknowledged, stored, twice int, err error) {
	for _, r := range t.acked {
		acknowledged += int(r.count)
	}
	found := map[uint64]int{}
	err = await(ctx, 2*time.Minute, time.Second, func() (bool, error) {
		text, err := t.product.sql(ctx, "SELECT uniqExact(event_id) FROM events WHERE startsWith(event_id, 'bench-')")
		if err != nil {
			return false, err
		}
		var n int
		_, err = fmt.Sscan(text, &n)
		return n >= acknowledged, err
	})
	if err != nil && (!errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil) {
		return acknowledged, 0, 0, err
	}
	text, err := t.product.sql(ctx, "SELECT event_id FROM events WHERE startsWith(event_id, 'bench-')")
	if err != nil {
		return acknowledged, 0, 0, err
	}
	for line := range strings.Lines(text) {
		if n, ok := parseID(strings.TrimSpace(line)); ok {
			if found[n]++; found[n] == 2 {
				twice++
			}
		}
	}
	for _, r := range t.acked {
		for n := r.first; n < r.first+r.count; n++ {
			if found[n] > 0 {
				stored++
			}
		}
	}
	if stored < acknowledged {
		err = fmt.Errorf("%d of %d acknowledged events are not in ClickHouse", acknowledged-stored, acknowledged)
	}
	return acknowledged, stored, twice, err
}
