package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/collector/internal/producer"
	"noctra/collector/internal/spool"
	"noctra/internal/kafka"
	"noctra/internal/logs"
	"noctra/schema"
)

// SpoolSegment is a file in a spool's directory.
type SpoolSegment struct {
	Name     string
	Kind     string // segment: is drained; damaged: was set aside; foreign: none of the spool's, left alone
	Bytes    int64
	Messages int64     // up to the damage, where there is one
	Oldest   time.Time // zero for no messages
	Newest   time.Time
	Damage   string // why the file cannot be read to its end, empty when it can
	DamageAt int64  // offset of the damage in bytes
}

// ListSpool reads the directory of a spool, segments in the order in which they are drained. It
// changes nothing, and a collector may be using the directory: what it writes at the moment then
// looks like damage at the end of the last segment.
func ListSpool(dir string) ([]SpoolSegment, error) {
	files, err := spool.List(dir)
	if err != nil {
		return nil, err
	}
	segments := make([]SpoolSegment, len(files))
	for i, f := range files {
		segments[i] = SpoolSegment{Name: f.Name, Kind: string(f.Kind), Bytes: f.Bytes, Messages: f.Messages}
		if f.Messages > 0 {
			segments[i].Oldest, segments[i].Newest = time.UnixMilli(f.Oldest).UTC(), time.UnixMilli(f.Newest).UTC()
		}
		if f.Damage != nil {
			segments[i].Damage, segments[i].DamageAt = f.Damage.Reason, f.Damage.Offset
		}
	}
	return segments, nil
}

// SpoolDrain says which spool is drained into which Kafka.
type SpoolDrain struct {
	Dir   string
	Kafka kafka.Config
	Log   *slog.Logger
}

// DrainSpool brings everything in a spool's directory to Kafka and returns how many messages that
// were. The directory may come from another machine; one that a collector is using is an error.
// It tries until everything is drained or ctx ends, and may be called again after any error.
func DrainSpool(ctx context.Context, d SpoolDrain) (n int64, err error) {
	client, err := d.Kafka.Client()
	if err != nil {
		return 0, err
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	if _, err := spool.List(d.Dir); err != nil { // a name with a mistake makes no directory
		return 0, err
	}
	from, err := spool.Open(spool.Config{Dir: d.Dir, Bytes: 1 << 50, Log: d.Log})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to := producer.New(producer.Config{Topic: schema.TopicEvents, Timeout: 10 * time.Second, MaxBytes: 1 << 30, BatchBytes: 900_000}, client, d.Log, producer.NewMetrics(nil))
	running, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); to.Run(running) }()
	defer func() { stop(); <-ended }()

	k := newKeeper(to, to, from, d.Log)
	quiet := logs.Throttle(d.Log, 10*time.Second, time.Now)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := from.Drain(ctx, k)
		if err == nil {
			return from.Stats().Drained, nil
		}
		quiet.Warn("spool not drained, it is tried again", "error", err.Error())
		select {
		case <-ctx.Done():
			return from.Stats().Drained, fmt.Errorf("drain spool %q: %w", d.Dir, errors.Join(ctx.Err(), err))
		case <-ticker.C:
		}
	}
}

// diskTimeout is how long a request waits for the spool's disk. With twice --spool-after before and
// once after it is less than the 15 s that every request is answered in.
const diskTimeout = 4 * time.Second

// openSpool opens the spool that the settings name, if they do, and puts it beside Kafka.
func (s *Service) openSpool() (err error) {
	c := s.config
	if c.SpoolDir == "" {
		return nil
	}
	if s.spool, err = spool.Open(spool.Config{Dir: c.SpoolDir, Bytes: c.SpoolBytes, Timeout: diskTimeout, Log: s.log, Now: s.now}); err != nil {
		return fmt.Errorf("--spool-dir: %w", err)
	}
	settings := s.producing()
	settings.MaxBytes, settings.MaxWait, settings.Timeout, settings.Linger = 1<<30, 0, c.ProduceTimeout, 0
	drains := producer.New(settings, s.kafka, s.log, producer.NewMetrics(nil))
	s.keeper = newKeeper(s.events, drains, s.spool, s.log)
	s.keeper.metrics, s.keeper.now, s.keeper.paused = s.metrics, s.clock, func() bool { return s.guard.Blocked() }
	s.sink = s.keeper
	return nil
}

// spoolGauges shows what the spool holds.
func (s *Service) spoolGauges(registry prometheus.Registerer) {
	if s.spool == nil {
		return
	}
	gauge := func(name, help string, value func(st spool.Stats) float64) {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "noctra_collector_spool_" + name, Help: help},
			func() float64 { return value(s.spool.Stats()) }))
	}
	counter := func(name, help string, value func(st spool.Stats) float64) {
		registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "noctra_collector_spool_" + name, Help: help},
			func() float64 { return value(s.spool.Stats()) }))
	}
	gauge("bytes", "Bytes of all files in the spool.", func(st spool.Stats) float64 { return float64(st.Bytes) })
	gauge("limit_bytes", "Most bytes that the spool may have.", func(st spool.Stats) float64 { return float64(st.Limit) })
	gauge("messages", "Messages that wait to be drained into Kafka.", func(st spool.Stats) float64 { return float64(st.Messages) })
	gauge("segments", "Segments that wait to be drained.", func(st spool.Stats) float64 { return float64(st.Segments) })
	gauge("oldest_seconds", "Age of the oldest message that waits, 0 for none.", func(st spool.Stats) float64 {
		if st.Oldest.IsZero() {
			return 0
		}
		return max(0, s.clock().Sub(st.Oldest).Seconds())
	})
	gauge("aside_bytes", "Bytes of segments that were set aside because of damage; they stay until somebody deletes them.", func(st spool.Stats) float64 { return float64(st.Aside) })
	counter("drained_total", "Messages that were drained into Kafka.", func(st spool.Stats) float64 { return float64(st.Drained) })
	counter("damaged_total", "Segments that were set aside because of damage.", func(st spool.Stats) float64 { return float64(st.Damaged) })
	counter("failures_total", "Requests that neither Kafka nor the spool took at first.", func(spool.Stats) float64 { return float64(s.keeper.failed.Load()) })
}
