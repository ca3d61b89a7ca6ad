package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// OverloadOptions bound the run of Overload.
type OverloadOptions struct {
	Rounds   int
	Duration time.Duration // of a round
	UpFlags  []string
}

// OverloadCase is one kind of load at twice what was acknowledged without a pace just before, with
// the medians of its rounds. Events a second where nothing else is said.
type OverloadCase struct {
	Batch       int     `json:"batch"`
	Connections int     `json:"connections"`
	Capacity    float64 `json:"capacity"`
	Offered     float64 `json:"offered"`
	Accepted    float64 `json:"accepted"`
	Ratio       float64 `json:"accepted_to_capacity"`
	OfferedBy   float64 `json:"offered_to_capacity"`
	P99         float64 `json:"p99_accepted_ms"`
	P99Refused  float64 `json:"p99_refused_ms"`
	Bare        int     `json:"refused_without_retry_after"`
	Failed      int     `json:"failed"` // neither 2xx nor 429 nor 503
}

// OverloadReport is what Overload measured.
type OverloadReport struct {
	Cases        []OverloadCase `json:"cases"`
	Resident     int64          `json:"collector_peak_resident_bytes"`
	Acknowledged int            `json:"acknowledged"`
	Stored       int            `json:"stored"`
	Figures      Figures        `json:"figures"`
}

// memoryLimit is what the collector's bounds come to by default: bytes in flight, coming in and
// being inflated.
const memoryLimit = (64 + 256 + 128) << 20

// Overload measures what is acknowledged at twice the capacity, and how soon the rest is refused.
// Everything behind Kafka is frozen meanwhile. Collector and Kafka share the first processor and the
// generator has the others, so that it can offer twice as much without taking from them. Linux only.
func Overload(ctx context.Context, options OverloadOptions, log io.Writer) (report OverloadReport, err error) {
	p, err := startProduct(ctx, options.UpFlags, "GOMAXPROCS=1")
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if err := p.freeze("aggregator", "clickhouse", "admin", "demo", "uploader"); err != nil {
		return report, err
	}
	free, err := pin(p.Pids["collector"], p.Pids["kafka"])
	if err != nil {
		return report, err
	}
	defer free()
	t := &tally{product: p}
	for _, c := range []OverloadCase{{Batch: 100, Connections: 256}, {Batch: 1, Connections: 2048}} {
		if err := c.measure(ctx, t, options, log); err != nil {
			return report, err
		}
		report.Cases = append(report.Cases, c)
		report.judge(c)
	}
	if report.Resident, err = peakBytes(p.Pids["collector"]); err != nil {
		return report, err
	}
	report.Figures.atMost("memory of the collector at its peak", float64(report.Resident)/(1<<20), memoryLimit>>20, "MiB")
	report.Acknowledged, report.Stored, err = t.verify(ctx)
	report.Figures.say(log)
	return report, err
}

// judge holds a case against what was promised. Refusing a single event costs a good part of what
// taking it does, so there the share that is left depends on the machine and has no limit.
func (r *OverloadReport) judge(c OverloadCase) {
	name := func(text string) string { return fmt.Sprintf("batches of %d: %s", c.Batch, text) }
	if c.Batch > 1 {
		r.Figures.atLeast(name("acknowledged of capacity"), c.Ratio, 0.9, "")
	}
	r.Figures.atMost(name("p99 of what is acknowledged"), c.P99, 250, "ms")
	r.Figures.atMost(name("p99 of what is refused"), c.P99Refused, 250, "ms")
	r.Figures.atMost(name("refused without Retry-After, or failed"), float64(c.Bare+c.Failed), 0, "")
}

func (c *OverloadCase) measure(ctx context.Context, t *tally, options OverloadOptions, log io.Writer) error {
	var rounds []OverloadCase
	for range options.Rounds {
		free, err := t.load(ctx, load{connections: min(c.Connections, 1024), batch: c.Batch, duration: options.Duration})
		if err != nil {
			return err
		}
		l := load{connections: c.Connections, batch: c.Batch, duration: options.Duration}
		l.paceFor(2 * free.PerSecond)
		full, err := t.load(ctx, l)
		if err != nil {
			return err
		}
		r := OverloadCase{
			Capacity: free.PerSecond, Accepted: full.PerSecond, Offered: float64(full.Requests*c.Batch) / full.Seconds,
			P99: full.P99, P99Refused: full.P99Refused, Bare: full.Bare, Failed: full.failed(),
		}
		rounds = append(rounds, r)
		_, _ = fmt.Fprintf(log, "  batches of %d: capacity %.0f/s, offered %.0f/s, acknowledged %.0f/s (%.2f), p99 %.0f ms, refused p99 %.0f ms, %v\n",
			c.Batch, r.Capacity, r.Offered, r.Accepted, r.Accepted/r.Capacity, r.P99, r.P99Refused, full.Refused)
	}
	of := func(field func(OverloadCase) float64) float64 {
		var values []float64
		for _, r := range rounds {
			values = append(values, field(r))
		}
		return median(values)
	}
	c.Capacity, c.Offered = of(func(r OverloadCase) float64 { return r.Capacity }), of(func(r OverloadCase) float64 { return r.Offered })
	c.Accepted, c.Ratio = of(func(r OverloadCase) float64 { return r.Accepted }), of(func(r OverloadCase) float64 { return r.Accepted / r.Capacity })
	c.OfferedBy, c.P99 = of(func(r OverloadCase) float64 { return r.Offered / r.Capacity }), of(func(r OverloadCase) float64 { return r.P99 })
	c.P99Refused = of(func(r OverloadCase) float64 { return r.P99Refused })
	for _, r := range rounds {
		c.Bare, c.Failed = c.Bare+r.Bare, c.Failed+r.Failed
	}
	return nil
}
