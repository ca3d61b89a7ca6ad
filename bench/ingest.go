package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"noctra/internal/proc"
)

// IngestOptions bound the run of Ingest.
type IngestOptions struct {
	Rounds   int
	Duration time.Duration
	UpFlags  []string // for noctra up: --kafka host:port measures against that Kafka
}

// IngestCase is one kind of load with the medians of its rounds.
type IngestCase struct {
	Connections int     `json:"connections"`
	Batch       int     `json:"batch"`
	PerSecond   float64 `json:"events_per_second"`
	Limit       float64 `json:"limit_requests_per_second"`
	Ratio       float64 `json:"ratio_to_limit"` // requests against the empty handler's requests
	CPUMicros   float64 `json:"collector_cpu_us_per_event"`
	KafkaMicros float64 `json:"kafka_cpu_us_per_event"`
	LimitMicros float64 `json:"limit_cpu_us_per_request"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	Resident    int64   `json:"collector_resident_bytes"`
}

// IngestReport is what Ingest measured. Stored equals Acknowledged, or Ingest has failed.
type IngestReport struct {
	Cases        []IngestCase   `json:"cases"`
	HalfLoad     loadResult     `json:"half_load"` // paced at half of the highest single-event rate
	Acknowledged int            `json:"acknowledged"`
	Stored       int            `json:"stored"`
	Refused      map[string]int `json:"refused,omitempty"`
}

type ingestBench struct {
	options IngestOptions
	product *product
	limit   *limitServer
	log     io.Writer
	nextID  uint64
	acked   []idRange
	report  IngestReport
}

// Ingest measures single events at 64, 256 and 1,024 connections, and batches of 100, each round
// beside a round against the empty handler. Everything behind Kafka is frozen meanwhile.
func Ingest(ctx context.Context, options IngestOptions, log io.Writer) (report IngestReport, err error) {
	p, err := startProduct(ctx, options.UpFlags)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	limit, err := startLimitServer(ctx)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, limit.child.Stop(stopLimit)) }()
	if err := p.freeze("aggregator", "clickhouse", "admin", "demo", "uploader"); err != nil {
		return report, err
	}
	b := &ingestBench{options: options, product: p, limit: limit, log: log, report: IngestReport{Refused: map[string]int{}}}
	for _, c := range []IngestCase{{Connections: 64, Batch: 1}, {Connections: 256, Batch: 1}, {Connections: 1024, Batch: 1}, {Connections: 64, Batch: 100}} {
		if err := b.measure(ctx, c); err != nil {
			return b.report, err
		}
	}
	if err := b.halfLoad(ctx); err != nil {
		return b.report, err
	}
	return b.report, b.verify(ctx)
}

// measure runs the rounds of one case, each beside a round of the limit, and keeps the medians.
func (b *ingestBench) measure(ctx context.Context, c IngestCase) error {
	var rounds []IngestCase
	for round := range b.options.Rounds {
		empty, emptyCPU, err := b.round(ctx, c, b.limit.url, b.limit.child.Pid())
		if err != nil {
			return err
		}
		kafkaBefore, err := b.kafkaCPU()
		if err != nil {
			return err
		}
		got, cpu, err := b.round(ctx, c, b.product.CollectorURL+"/v1/events", b.product.Pids["collector"])
		if err != nil {
			return err
		}
		kafkaAfter, err := b.kafkaCPU()
		if err != nil {
			return err
		}
		b.keep(got)
		events := float64(max(got.Events, 1))
		r := IngestCase{
			PerSecond: got.PerSecond, Limit: float64(empty.Requests) / empty.Seconds, P50: got.P50, P99: got.P99,
			CPUMicros: cpu / events * 1e6, KafkaMicros: (kafkaAfter - kafkaBefore) / events * 1e6, LimitMicros: emptyCPU / float64(empty.Requests) * 1e6,
		}
		r.Ratio = r.PerSecond / float64(c.Batch) / r.Limit
		rounds = append(rounds, r)
		_, _ = fmt.Fprintf(b.log, "  %4d connections, batch %3d, round %d: %8.0f events/s, limit %7.0f/s, ratio %.2f, collector %.1f µs an event\n",
			c.Connections, c.Batch, round+1, r.PerSecond, r.Limit, r.Ratio, r.CPUMicros)
	}
	of := func(field func(IngestCase) float64) float64 {
		var values []float64
		for _, r := range rounds {
			values = append(values, field(r))
		}
		return median(values)
	}
	c.PerSecond, c.Limit = of(func(r IngestCase) float64 { return r.PerSecond }), of(func(r IngestCase) float64 { return r.Limit })
	c.Ratio, c.CPUMicros = of(func(r IngestCase) float64 { return r.Ratio }), of(func(r IngestCase) float64 { return r.CPUMicros })
	c.KafkaMicros, c.LimitMicros = of(func(r IngestCase) float64 { return r.KafkaMicros }), of(func(r IngestCase) float64 { return r.LimitMicros })
	c.P50, c.P99 = of(func(r IngestCase) float64 { return r.P50 }), of(func(r IngestCase) float64 { return r.P99 })
	var err error
	c.Resident, err = residentBytes(b.product.Pids["collector"])
	b.report.Cases = append(b.report.Cases, c)
	return err
}

// round is one load on url, with the CPU seconds that the process used for it.
func (b *ingestBench) round(ctx context.Context, c IngestCase, url string, pid int) (loadResult, float64, error) {
	before, err := cpuSeconds(pid)
	if err != nil {
		return loadResult{}, 0, err
	}
	result, err := b.load(url, c).run(ctx)
	if err != nil {
		return result, 0, err
	}
	b.nextID = result.nextID
	after, err := cpuSeconds(pid)
	return result, after - before, err
}

func (b *ingestBench) load(url string, c IngestCase) load {
	return load{
		url: url, connections: c.Connections, duration: b.options.Duration, batch: c.Batch,
		key: b.product.Demo.ServerKey, site: b.product.Demo.SiteKey, firstID: b.nextID,
	}
}

// halfLoad sends at half of the highest rate that was reached, evenly, for the latency.
func (b *ingestBench) halfLoad(ctx context.Context) error {
	best := b.report.Cases[0]
	for _, c := range b.report.Cases {
		if c.Batch == 1 && c.PerSecond > best.PerSecond {
			best = c
		}
	}
	l := b.load(b.product.CollectorURL+"/v1/events", IngestCase{Connections: 256, Batch: 1})
	l.pace = time.Duration(float64(l.connections) / (best.PerSecond / 2) * float64(time.Second))
	result, err := l.run(ctx)
	if err != nil {
		return err
	}
	b.nextID = result.nextID
	b.keep(result)
	result.acked = nil
	b.report.HalfLoad = result
	return nil
}

func (b *ingestBench) keep(result loadResult) {
	b.report.Acknowledged += result.Events
	b.acked = append(b.acked, result.acked...)
	for reason, n := range result.Refused {
		b.report.Refused[reason] += n
	}
}

// verify reads back everything that stands in Kafka: each acknowledged id must be there.
func (b *ingestBench) verify(ctx context.Context) error {
	stored, err := storedIDs(ctx, b.product.Kafka)
	if err != nil {
		return err
	}
	missing := 0
	for _, r := range b.acked {
		for n := r.first; n < r.first+r.count; n++ {
			if _, ok := stored[n]; ok {
				b.report.Stored++
			} else {
				missing++
			}
		}
	}
	if missing > 0 {
		return fmt.Errorf("%d of %d acknowledged events are not in Kafka", missing, b.report.Acknowledged)
	}
	return nil
}

func (b *ingestBench) kafkaCPU() (float64, error) {
	if pid := b.product.Pids["kafka"]; pid != 0 {
		return cpuSeconds(pid)
	}
	return 0, nil // a given Kafka is not ours to measure
}

// limitServer is the empty handler in a process of its own.
type limitServer struct {
	child *proc.Child
	url   string
}

func startLimitServer(ctx context.Context) (*limitServer, error) {
	reader, writer := io.Pipe()
	child, err := proc.Start(proc.Spec{Args: []string{"bench", "limit"}, Output: writer})
	if err != nil {
		return nil, err
	}
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(reader).ReadString('\n')
		line <- strings.TrimSpace(text)
		_, _ = io.Copy(io.Discard, reader)
	}()
	select {
	case addr := <-line:
		return &limitServer{child: child, url: "http://" + addr + "/v1/events"}, nil
	case <-child.Exited():
		return nil, fmt.Errorf("empty handler ended: %w", child.Err())
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), child.Stop(stopLimit))
	}
}
