package send

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// health is what alerts ask for besides the queue: whether something waits that need not, and what a person
// has to mend. Every uploader tells the same.
type health struct {
	waits    prometheus.Gauge
	problems prometheus.Gauge
	limit    prometheus.Gauge
}

func newHealth(registry prometheus.Registerer, perDay int) *health {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "noctra_uploader_" + name, Help: help})
	}
	h := &health{
		waits:    gauge("oldest_sendable_seconds", "How long the oldest conversion has been ready that nothing keeps: no hold, pause or problem of its connection. Files wait for Google and are left out."),
		problems: gauge("connection_problems", "Connections to Google with a problem that a person has to mend."),
		limit:    gauge("quota_limit_today", "Requests a day that the project may make at Data Manager, as set."),
	}
	h.limit.Set(float64(perDay))
	registry.MustRegister(h.waits, h.problems, h.limit)
	return h
}

const firstOfAction = 100 // rows of an action, in the order in which they are sent

// selectWaits looks at the first rows of each action that may send, by the index of the queue.
const selectWaits = `SELECT coalesce(extract(epoch FROM now() - min(r.state_at)), 0)::float8 FROM conversion_actions o
` + sendable + `
CROSS JOIN LATERAL (SELECT c.state_at FROM conversions c WHERE c.state = 'ready' AND c.mapping_id = o.id AND coalesce(c.next_at, '-infinity') <= now()
  ORDER BY c.cohort, coalesce(c.next_at, '-infinity'), c.id LIMIT $1) r
WHERE g.transport <> 'file'`

const selectProblems = `SELECT count(*) FROM google_connections WHERE state <> 'disconnected' AND problem IS NOT NULL`

// measureHealth reads what alerts ask for.
func (s *Sender) measureHealth(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, databaseTime)
	defer cancel()
	if err := s.readHealth(within); err != nil && ctx.Err() == nil {
		s.warn.Warn("connections and queue not measured, it is tried again", "error", err.Error())
	}
}

func (s *Sender) readHealth(ctx context.Context) error {
	var waits, problems float64
	if err := s.postgres.QueryRow(ctx, selectWaits, firstOfAction).Scan(&waits); err != nil {
		return fmt.Errorf("read oldest conversion that may be sent: %w", err)
	}
	if err := s.postgres.QueryRow(ctx, selectProblems).Scan(&problems); err != nil {
		return fmt.Errorf("count problems of connections: %w", err)
	}
	s.health.waits.Set(waits)
	s.health.problems.Set(problems)
	return nil
}
