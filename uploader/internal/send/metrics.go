package send

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	measureEvery = time.Minute
	mostCounted  = 100_000 // rows of a state; a queue longer than that is as long as that
)

// Kinds of faults of the product itself.
const (
	faultUnknownCode = "unknown_code"
	faultOurs        = "refused"
	faultCounts      = "counts"
)

type metrics struct {
	requests    *prometheus.CounterVec
	polls       *prometheus.CounterVec
	faults      *prometheus.CounterVec
	lost        prometheus.Counter
	late        prometheus.Counter
	exhausted   prometheus.Counter
	quotaUsed   prometheus.Gauge
	queue       *prometheus.GaugeVec
	oldest      prometheus.Gauge
	unaccounted prometheus.Gauge
	looked      prometheus.Histogram
}

func newMetrics(registry prometheus.Registerer) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "noctra_uploader_" + name, Help: help}, labels)
	}
	one := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "noctra_uploader_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "noctra_uploader_" + name, Help: help})
	}
	m := &metrics{
		requests:    counter("requests_total", "Requests to Google by what came of them.", "transport", "outcome"),
		polls:       counter("polls_total", "Questions to Google what became of a request.", "transport", "outcome"),
		faults:      counter("faults_total", "What Google refused as our fault, codes that are not known, and counts that differ from what was sent.", "kind"),
		lost:        one("attempts_lost_total", "Attempts whose lease ended without an answer; they are made again."),
		late:        one("answers_late_total", "Answers that came after the lease of their attempt."),
		exhausted:   one("quota_exhausted_total", "How often Google said that the quota is used up."),
		quotaUsed:   gauge("quota_used_today", "Requests of the project to Data Manager since midnight of the Pacific."),
		queue:       prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "noctra_uploader_queue", Help: "Conversions in a state, and adjustments that are ready; at most 100,000 are counted."}, []string{"state"}),
		oldest:      gauge("oldest_ready_seconds", "How long the oldest conversion that may be sent now has been ready."),
		unaccounted: gauge("conversions_unaccounted", "Conversions and adjustments that are said to be sent or received by an attempt that does not know of it; always 0."),
	}
	m.looked = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "noctra_uploader_queue_seconds", Help: "Time to find what may be sent.", Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .5, 2}})
	for _, kind := range []string{faultUnknownCode, faultOurs, faultCounts} {
		m.faults.WithLabelValues(kind)
	}
	registry.MustRegister(m.requests, m.polls, m.faults, m.lost, m.late, m.exhausted, m.quotaUsed, m.queue, m.oldest, m.unaccounted, m.looked)
	return m
}

func (m *metrics) fault(kind string) { m.faults.WithLabelValues(kind).Inc() }

// selectQueue counts by indexes alone, and no further than needed. What is under way its requests know.
const selectQueue = `SELECT s.state, (SELECT count(*) FROM (SELECT FROM workspaces w CROSS JOIN LATERAL (SELECT FROM conversions c WHERE c.workspace_id = w.id AND c.stage = s.state LIMIT $1) l LIMIT $1) c)
  + CASE s.state WHEN 'ready' THEN (SELECT count(*) FROM (SELECT FROM adjustments WHERE state = 'ready' LIMIT $1) a) ELSE 0 END
FROM unnest('{ready,unknown}'::text[]) AS s (state)
UNION ALL
SELECT s.state, least($1, coalesce((SELECT sum(a.rows) FROM upload_attempts a WHERE a.state = s.state AND a.state IN ('sending', 'received') AND a.kind = 'conversion'), 0)) FROM unnest('{sending,received}'::text[]) AS s (state)`

const selectOldest = `SELECT coalesce(extract(epoch FROM now() - min(state_at)), 0)::float8 FROM (SELECT state_at FROM conversions WHERE stage = 'ready' AND coalesce(next_at, '-infinity') <= now() LIMIT $1) r`

// measure reads how long the queue is.
func (s *Sender) measure(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, databaseTime)
	defer cancel()
	if err := s.measureQueue(within); err != nil && ctx.Err() == nil {
		s.warn.Warn("queue not measured, it is tried again", "error", err.Error())
	}
}

func (s *Sender) measureQueue(ctx context.Context) error {
	rows, err := s.postgres.Query(ctx, selectQueue, mostCounted)
	if err != nil {
		return fmt.Errorf("count queue: %w", err)
	}
	for rows.Next() {
		var state string
		var n int64
		if err := rows.Scan(&state, &n); err != nil {
			rows.Close()
			return fmt.Errorf("count queue: %w", err)
		}
		s.metrics.queue.WithLabelValues(state).Set(float64(n))
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("count queue: %w", err)
	}
	var oldest float64
	if err := s.postgres.QueryRow(ctx, selectOldest, mostCounted).Scan(&oldest); err != nil {
		return fmt.Errorf("read oldest ready conversion: %w", err)
	}
	s.metrics.oldest.Set(oldest)
	odd, err := unaccounted(ctx, s.postgres)
	if err != nil {
		return err
	}
	s.metrics.unaccounted.Set(float64(odd))
	return nil
}
