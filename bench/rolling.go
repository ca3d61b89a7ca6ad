package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// RollingOptions bound the run of Rolling.
type RollingOptions struct {
	Duration time.Duration
	Rate     float64 // events a second
	UpFlags  []string
}

// RollingReport is what restarting two collectors behind one address one after the other, again and
// again, did to requests.
type RollingReport struct {
	Restarts     int            `json:"restarts"`
	SlowestStop  float64        `json:"slowest_stop_seconds"`
	Requests     int            `json:"requests"`
	Failed       map[string]int `json:"failed,omitempty"` // everything but 202
	P99          float64        `json:"p99_ms"`
	Slowest      float64        `json:"slowest_ms"`
	Acknowledged int            `json:"acknowledged"`
	Stored       int            `json:"stored"`
	Figures      Figures        `json:"figures"`
}

// Rolling restarts two collectors behind one address in turn, under an even load of single events.
func Rolling(ctx context.Context, options RollingOptions, log io.Writer) (report RollingReport, err error) {
	p, err := startProduct(ctx, options.UpFlags)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if err := p.freeze("aggregator", "clickhouse", "admin", "demo", "uploader"); err != nil {
		return report, err
	}
	all, err := startCollectors(ctx, p, "a", "b")
	defer func() { err = errors.Join(err, all.stop()) }()
	if err != nil {
		return report, err
	}
	balanced, cancel := context.WithCancel(ctx)
	defer cancel()
	front, err := startBalancer(balanced, []string{all[0].addr, all[1].addr})
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, front.stop()) }()
	return report, report.run(ctx, &tally{product: p, url: front.url()}, all, options, log)
}

func (r *RollingReport) run(ctx context.Context, t *tally, all collectors, options RollingOptions, log io.Writer) error {
	l := load{connections: 128, batch: 1, duration: options.Duration}
	l.paceFor(options.Rate)
	type outcome struct {
		result loadResult
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		result, err := t.load(ctx, l)
		done <- outcome{result, err}
	}()
	rolling, end := context.WithTimeout(ctx, options.Duration-2*time.Second)
	defer end()
	err := r.restart(rolling, all, log)
	loaded := <-done
	if err := errors.Join(err, loaded.err); err != nil {
		return err
	}
	result := loaded.result
	failed := 0
	for _, n := range result.Refused {
		failed += n
	}
	r.Requests, r.Failed, r.P99, r.Slowest = result.Requests, result.Refused, result.P99, result.Slowest
	if r.Acknowledged, r.Stored, err = t.verify(ctx); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(log, "  %d restarts, %d requests, failed %v, p99 %.1f ms, slowest %.0f ms\n", r.Restarts, r.Requests, r.Failed, r.P99, r.Slowest)
	r.Figures.atMost("requests that failed", float64(failed), 0, "")
	r.Figures.atLeast("restarts", float64(r.Restarts), 4, "")
	r.Figures.atMost("slowest stop", r.SlowestStop, 15, "s")
	r.Figures.say(log)
	return nil
}

// restart ends and starts the collectors in turn until ctx ends.
func (r *RollingReport) restart(ctx context.Context, all collectors, log io.Writer) error {
	for i := 0; wait(ctx, 2*healthEvery); i++ { // the balancer has to find out that the last one is back
		c := all[i%len(all)]
		took, err := c.stop()
		if err == nil {
			err = c.start(context.WithoutCancel(ctx))
		}
		if err != nil {
			return fmt.Errorf("restart collector %s: %w", c.name, err)
		}
		r.Restarts++
		r.SlowestStop = max(r.SlowestStop, took.Seconds())
		_, _ = fmt.Fprintf(log, "  collector %s stopped in %.1f s and is back\n", c.name, took.Seconds())
	}
	return nil
}

type collectors []*ownCollector

func startCollectors(ctx context.Context, p *product, names ...string) (all collectors, err error) {
	for _, name := range names {
		c, err := newCollector(p, name)
		if err != nil {
			return all, err
		}
		if err := c.start(ctx); err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (all collectors) stop() (err error) {
	for _, c := range all {
		_, failed := c.stop()
		err = errors.Join(err, failed)
	}
	return err
}
