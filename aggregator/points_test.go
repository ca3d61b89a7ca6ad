//go:build faults

package aggregator

import (
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/failpoint"
	"noctra/internal/oracle"
	"noctra/schema"
)

// life is one aggregator after the other: the setting of its fail points, empty for none. All but
// the last are killed by them.
type life []string

// run lets one aggregator after the other work on what was sent, until the last one has finished.
func (w *world) run(lives life) {
	w.t.Helper()
	for i, setting := range lives {
		child := w.spawn(failpoint.Env + "=" + setting)
		if i == len(lives)-1 {
			w.settled()
			return
		}
		w.dies(child, setting)
	}
}

// dies waits until the child has killed itself.
func (w *world) dies(child *exec.Cmd, setting string) {
	w.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	select {
	case err := <-ended:
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			w.t.Fatalf("with %q the aggregator ended with %v", setting, err)
		}
	case <-time.After(2 * time.Minute):
		w.t.Fatalf("with %q the aggregator was not killed in time", setting)
	}
}

// issue sends events, with repeats of some, and notes what has to become of them: Kafka has them all,
// so all are acknowledged.
func (w *world) issue(total, repeated int) *oracle.Ledger {
	w.t.Helper()
	ledger := oracle.NewLedger()
	all := events(0, total)
	for i := range all {
		ledger.Issue(all[i].ID, all[i].Hostname+all[i].Path)
		ledger.Acknowledge(all[i].ID)
	}
	w.send(all...)
	w.send(all[total-repeated:]...)
	return ledger
}

// judge reads the raw events.
func (w *world) judge(ledger *oracle.Ledger) oracle.Verdict {
	w.t.Helper()
	rows, err := w.conn.Query(w.t.Context(), "SELECT event_id, concat(hostname, path) FROM events")
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var stored []oracle.Row
	for rows.Next() {
		var row oracle.Row
		if err := rows.Scan(&row.ID, &row.Content); err != nil {
			w.t.Fatal(err)
		}
		stored = append(stored, row)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return ledger.Judge(stored)
}

// small makes many batches, and takeovers quick.
func small(t *testing.T) *world {
	w := newWorld(t)
	w.config.BatchRows, w.config.Session = 40, time.Second
	return w
}

// TestKilledAtEachPoint kills an aggregator exactly once at each of its fail points.
func TestKilledAtEachPoint(t *testing.T) {
	before := map[failpoint.Point]life{ // what has to happen for the point to be passed
		failpoint.AggregatorMended: {"aggregator.inserted=kill:after:1"},
	}
	for _, place := range failpoint.Points() {
		if !strings.HasPrefix(string(place.Point), "aggregator.") {
			continue
		}
		t.Run(string(place.Point), func(t *testing.T) {
			t.Parallel()
			w := small(t)
			ledger := w.issue(300, 100)
			w.produce(w.names.topic, 1, record([]byte("poison"))) // for a dead letter
			w.run(append(before[place.Point], string(place.Point)+"=kill:after:1", ""))
			if v := w.judge(ledger); v.Faults() != nil {
				t.Error(v)
			}
			w.once(0, 300)
			if n := w.number("SELECT sum(n) FROM ingestion FINAL WHERE reason = 'repeated'"); n != 100 {
				t.Errorf("%d repeats are noted, want 100", n)
			}
			if letters := w.letters(); len(letters) == 0 || letters[0].Stage != "aggregator" || letters[0].At < schema.Millis(1) {
				t.Errorf("dead letters %v", letters)
			}
		})
	}
}

// TestPlanted: the judge finds each planted bug, and nothing in the same run without it.
func TestPlanted(t *testing.T) {
	for _, tc := range []struct {
		bug   failpoint.Bug
		kill  string // what happens to the first aggregator, where that is needed
		fault string
	}{
		{failpoint.CommitBeforeInsert, "aggregator.recorded=kill:after:2", "lost"},
		{failpoint.NoToken, "aggregator.inserted=kill:after:2", "doubled"},
		{failpoint.FilterOff, "", "doubled"},
	} {
		for planted, want := range map[string][]string{"": nil, string(tc.bug): {tc.fault}} {
			t.Run(string(tc.bug)+"/"+planted, func(t *testing.T) {
				t.Parallel()
				w := small(t)
				ledger := w.issue(300, 100)
				bug := ""
				if planted != "" {
					bug = "planted=" + planted
				}
				lives := life{bug}
				if tc.kill != "" {
					lives = life{bug + ";" + tc.kill, bug}
				}
				w.run(lives)
				v := w.judge(ledger)
				if diff := cmp.Diff(want, v.Faults()); diff != "" {
					t.Errorf("%s: %s", v, diff)
				}
			})
		}
	}
}
