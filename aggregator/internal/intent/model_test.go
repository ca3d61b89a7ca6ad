package intent

import "testing"

// TestModelIsExactlyOnce walks every interleaving of two writers of one partition with crashes,
// rebalances, lost answers, failures, commits that are applied late, inserts that are applied in part
// or late, and forgotten tokens.
func TestModelIsExactlyOnce(t *testing.T) {
	s := newSearch(faults{}, 5_000_000)
	switch ended := s.run(); {
	case !ended:
		t.Fatalf("more than %d states", s.limit)
	case s.fault != "":
		t.Fatalf("%s:\n%s", s.fault, s.trace(s.wrong))
	}
	stuck, ends := s.stuck()
	t.Logf("%d states, %d transitions, %d states are an end", len(s.states), len(s.edges), ends)
	if stuck >= 0 || ends == 0 {
		t.Fatalf("the end cannot be reached any more:\n%s", s.trace(stuck))
	}
	if len(s.states) < 100_000 {
		t.Errorf("the model has shrunk to %d states", len(s.states))
	}
}

// TestModelFindsFaults plants what the aggregator must not do, and expects each to be found: a model
// that finds nothing would prove nothing.
func TestModelFindsFaults(t *testing.T) {
	const (
		twice   = "a row was stored twice"
		unsaved = "the committed offset is beyond what is stored"
		untold  = "the committed offset is beyond what touched has"
	)
	for _, c := range []struct {
		name   string
		faults faults
		want   string
	}{
		{"commit before insert", faults{commitFirst: true}, unsaved},
		{"no token", faults{noTokens: true}, twice},
		{"no intent", faults{noIntents: true}, twice},
		{"no fencing by generation", faults{noFence: true}, twice},
		{"repeats judged without places", faults{noPlaces: true}, untold},
		{"an insert without an answer taken for done", faults{answerUnneeded: true}, unsaved},
		{"touched not mended after a repetition", faults{noMend: true}, untold},
		{"forgotten tokens relied on", faults{noLease: true}, twice},
		// The aggregator had these three until the model found them.
		{"the filter trusted where rows may be stored", faults{trustFilter: true}, twice},
		{"the age counted from the record, not from the look-up", faults{lateClock: true}, twice},
		{"touched not mended where all rows are stored", faults{noMendAgain: true}, untold},
		// A limit that it had, see decision 0085.
		{"a commit without an answer repeated", faults{stay: true}, twice},
		{"a commit without an answer, and the same generation again", faults{sameGeneration: true}, twice},
	} {
		s := newSearch(c.faults, 5_000_000)
		if !s.run() || s.fault == "" {
			t.Errorf("%s: not found in %d states", c.name, len(s.states))
			continue
		}
		trace := s.trace(s.wrong)
		t.Logf("%s: %s, after %d states:\n%s", c.name, s.fault, len(s.states), trace)
		if s.fault != c.want || trace == "" {
			t.Errorf("%s: found that %s, want that %s", c.name, s.fault, c.want)
		}
	}
}
