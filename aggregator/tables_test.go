package aggregator

import (
	"regexp"
	"testing"

	"noctra/internal/clickhouse"
)

// alter does to the tables what an operator can.
func (w *world) alter(statement string) {
	w.t.Helper()
	conn, err := w.config.ClickHouse.Open(clickhouse.Migrator)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Exec(w.t.Context(), statement); err != nil {
		w.t.Fatal(err)
	}
}

// poke makes the next look at the tables come soon.
func (r *running) poke() {
	select {
	case r.suspect <- struct{}{}:
	default:
	}
}

// TestTablesAlteredByHand: what is wrong is named with the statement that puts it right, nothing is
// lost, and after that statement all goes on by itself.
func TestTablesAlteredByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(nil)
	sent := 100
	w.send(events(0, sent)...)
	w.once(0, sent)
	remedy := regexp.MustCompile(`is (?:missing|\S+): ((?:ALTER|CREATE) .*)$`)
	for _, c := range []struct{ done, named string }{
		{"ALTER TABLE events DROP COLUMN city", "column city of table events is missing"},
		{"ALTER TABLE events MODIFY COLUMN amount String", "column amount of table events is String"},
		{"DROP VIEW touched_by_events", "view touched_by_events is missing"},
	} {
		w.alter(c.done)
		w.send(events(sent, sent+50)...)
		if c.named[0] == 'v' { // they come in, without their share in touched, unless it is missed before
			w.await("rows come without the view, or it is missed", func() bool { return w.rows() == uint64(sent+50) || r.problem(tables) != nil })
		}
		var statement []string
		w.await(c.named+" is reported", func() bool {
			r.poke()
			err := r.problem(tables)
			if err != nil {
				statement = remedy.FindStringSubmatch(err.Error())
			}
			return statement != nil && regexp.MustCompile(c.named).MatchString(err.Error())
		})
		w.send(events(sent+50, sent+100)...)
		w.await("the batch waits", func() bool { return r.figures(t)["pending"] > 0 })
		w.alter(statement[1])
		w.await("all is well again", func() bool {
			r.poke()
			return r.Ready() == nil
		})
		sent += 100
		w.once(0, sent)
	}
	w.alter("ALTER TABLE events ADD COLUMN note String")
	w.send(events(sent, sent+50)...)
	w.once(0, sent+50)
	r.poke()
	if err := r.Ready(); err != nil {
		t.Errorf("with a column more: %v", err)
	}
}

// problem is why the service is not ready as one of its parts says.
func (s *Service) problem(of string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problems[of]
}
