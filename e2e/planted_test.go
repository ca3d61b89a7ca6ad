//go:build faults

package e2e

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// harm is what every round of TestPlanted goes through: the aggregator dies after it recorded and
// after it inserted, the collector before a produce request, and Kafka is killed.
const harm = "aggregator.recorded=kill:after:3;aggregator.inserted=kill:after:3;collector.produce=kill:after:40;collector.produce=sleep:1:100ms"

const harmKills = 3

// TestPlanted: the judge of the whole product finds bugs that were planted in it, and finds nothing
// in the same round without them. Bugs that need other harm are tried where they lie, see decision
// 0071.
func TestPlanted(t *testing.T) {
	h := newHarness(t, *seed, 300)
	for _, tc := range []struct {
		planted string
		want    []string
	}{
		{"", nil}, // the reports have to be right, too
		{"commit_before_insert", []string{"lost"}},
		{"ack_before_kafka", []string{"lost"}},
		{"lost_retry", []string{"lost"}},
		{"no_token", []string{"doubled"}},
		{"filter_off", []string{"doubled"}},
	} {
		t.Run("planted="+tc.planted, func(t *testing.T) {
			h.p.t = t
			j := h.plant(t, tc.planted)
			t.Logf("stored %d, lost %d, doubled %d, altered %d, foreign %d", j.stored, j.lost, j.doubled, j.altered, j.foreign)
			if diff := cmp.Diff(tc.want, j.faults()); diff != "" {
				t.Errorf("faults: %s%s", diff, strings.Join(j.examples, "\n"))
			}
		})
	}
}

// faults names what was found.
func (j *judgement) faults() []string {
	var names []string
	for _, kind := range []struct {
		name string
		n    int
	}{{"lost", j.lost}, {"doubled", j.doubled}, {"altered", j.altered}, {"foreign", j.foreign}} {
		if kind.n > 0 {
			names = append(names, kind.name)
		}
	}
	return names
}

// plant makes a round with a bug and judges its raw rows.
func (h *harness) plant(t *testing.T, bug string) *judgement {
	t.Helper()
	r := &round{generator: generator{seed: h.seed, round: len(h.rounds), host: h.ref.host, base: h.begin, start: time.Now(), pace: time.Second / time.Duration(h.rate)}}
	h.rounds = append(h.rounds, r)
	journal := fmt.Sprintf("%s.%d", h.points.journal, r.round)
	rules := fmt.Sprintf("seed=%d;log=%s;%s", h.seed, journal, harm)
	if bug != "" {
		rules += ";planted=" + bug
	}
	if err := h.points.set(rules); err != nil {
		t.Fatal(err)
	}
	l := startLoad(h.p, r.generator, nil)
	h.p.await("all kills at fail points", 5*time.Minute, func() error {
		content, err := os.ReadFile(journal)
		if n := strings.Count(string(content), " kill "); err == nil && n < harmKills {
			return fmt.Errorf("%d kills", n)
		}
		return err
	})
	taken := l.acknowledged()
	if err := h.p.readReady(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(h.p.ready.Pids["kafka"], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	h.p.await("acknowledgements after the faults", 5*time.Minute, func() error {
		if n := l.acknowledged() - taken; n < 500 {
			return fmt.Errorf("%d of 500", n)
		}
		return nil
	})
	l.stop()
	h.p.await("an end of everything under way", 5*time.Minute, h.quiet())
	if err := h.points.set(""); err != nil {
		t.Fatal(err)
	}
	j, err := h.p.judge(&r.generator, l.fates)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// acknowledged counts the events that were.
func (l *load) acknowledged() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, became := range l.fates {
		if became == acknowledged {
			n++
		}
	}
	return n
}

// quiet tells whether nothing is spooled or behind and no rows come in. Unlike atRest it does not
// ask whether the product's own accounts close: with a bug they may not.
func (h *harness) quiet() func() error {
	before, same := "", 0
	return func() error {
		for service, prefix := range map[string]string{"collector": "noctra_collector_spool_messages", "aggregator": "noctra_aggregator_lag_messages"} {
			metrics, err := scrape(h.p.ready.Metrics[service])
			if err != nil {
				return err
			}
			seen := false
			for name, value := range metrics {
				if strings.HasPrefix(name, prefix) && value != 0 {
					return fmt.Errorf("%s is %v", name, value)
				}
				seen = seen || strings.HasPrefix(name, prefix)
			}
			if !seen {
				return fmt.Errorf("the %s has no %s yet", service, prefix)
			}
		}
		now, err := h.p.sqlRow("SELECT count() FROM events")
		if err != nil {
			return err
		}
		if rows := strings.Join(now, ""); rows != before {
			before, same = rows, 0
		}
		if same++; same < 10 {
			return fmt.Errorf("%s rows, which may be more in a moment", before)
		}
		return nil
	}
}
