package send

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// What waits without a reason is told, and what a person keeps from being sent, or has to mend, is not.
func TestHealth(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	mapping := r.action(r.connection, shopAction)
	r.make(mapping, "a-", 1, 3)
	r.sql(`UPDATE conversions SET state_at = now() - interval '10 minutes' WHERE id = (SELECT min(id) FROM conversions)`)
	s := r.sender()
	for _, c := range []struct {
		do              string
		waits, problems float64
	}{
		{`SELECT 1`, 600, 0},
		{`UPDATE conversion_actions SET paused = true`, 0, 0},
		{`UPDATE conversion_actions SET paused = false`, 600, 0},
		{`UPDATE workspaces SET uploads_held_at = now()`, 0, 0},
		{`UPDATE workspaces SET uploads_held_at = NULL`, 600, 0},
		{`UPDATE conversions SET next_at = now() + interval '1 hour'`, 0, 0},
		{`UPDATE conversions SET next_at = NULL`, 600, 0},
		{`UPDATE google_connections SET problem = 'terms', problem_at = now()`, 0, 1},
	} {
		r.sql(c.do)
		if err := s.readHealth(t.Context()); err != nil {
			t.Fatal(err)
		}
		waits, problems := reading(t, s.health.waits), reading(t, s.health.problems)
		if waits < c.waits || waits > c.waits+60 || problems != c.problems {
			t.Errorf("%s: %v s, %v problems, want %v and %v", c.do, waits, problems, c.waits, c.problems)
		}
	}
}

func reading(t *testing.T, gauge prometheus.Gauge) float64 {
	t.Helper()
	var m dto.Metric
	if err := gauge.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetGauge().GetValue()
}
