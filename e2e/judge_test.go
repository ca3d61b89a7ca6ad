package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// settle waits for a fresh event and for rest, then judges.
func (h *harness) settle(t *testing.T, r *round, l *load, healed time.Time) {
	t.Helper()
	for _, violation := range l.violations {
		h.fail(t, "contract: %s", violation)
	}
	r.fates = l.fates
	h.result.Load.add(l.tally)
	h.ref.told.accepted += l.told.accepted
	h.ref.told.refused += l.told.refused
	h.fresh(t, r)
	r.recovery.Fresh = time.Since(healed)
	var before string
	h.p.await("rest", 5*time.Minute, func() error {
		if err := h.p.atRest(); err != nil {
			return err
		}
		now, err := h.p.sqlRow("SELECT count() FROM events")
		if err != nil {
			return err
		}
		if before != strings.Join(now, "") {
			before = strings.Join(now, "")
			return fmt.Errorf("%w: events are still coming in", errNotAtRest)
		}
		return nil
	})
	r.recovery.Rest = time.Since(healed)
	h.rounds = append(h.rounds, r)
	h.result.Recoveries = append(h.result.Recoveries, r.recovery)
	h.sampler.take(true)
	h.judge(t, r)
}

// fresh sends one more event, and waits until a report has it.
func (h *harness) fresh(t *testing.T, r *round) {
	t.Helper()
	r.fresh = len(r.fates)
	f := r.fact(r.fresh)
	r.fates = append(r.fates, acknowledged)
	h.result.Load.Issued++
	one := &reference{generator: r.generator}
	deliver(t, h.p, one, []fact{f})
	h.ref.told.accepted += one.told.accepted
	request := map[string]any{
		"metrics": []string{"events"}, "date_range": []string{dateOf(f.at), dateOf(f.at)},
		"filters": []any{[]any{"is", "event:name", []string{f.name}}},
	}
	h.p.await("a fresh event in a report", 5*time.Minute, func() error {
		got, err := h.p.query(request)
		if err == nil && fmt.Sprint(got.Results[0].Metrics[0]) != "1" {
			err = fmt.Errorf("the report says %v", got.Results)
		}
		return err
	})
}

// judge compares what is stored of a round with what was sent, and the reports with everything
// that is stored.
func (h *harness) judge(t *testing.T, r *round) {
	t.Helper()
	j, err := h.p.judge(&r.generator, r.fates)
	if err != nil {
		h.fail(t, "read raw events: %v", err)
		return
	}
	h.result.take(j, r.fates)
	for _, example := range j.examples {
		h.fail(t, "%s", example)
	}
	stored := map[int]bool{}
	for _, f := range j.facts {
		h.ref.add(f)
		stored[f.n] = true
	}
	for n := range r.fates {
		if r.fates[n] == acknowledged && !stored[n] || r.fates[n] == unknown {
			r.fates[n] = unknown
		}
		if stored[n] {
			r.fates[n] = acknowledged
		}
	}
	r.stored = j.stored
	h.expectTotal(t)
	h.expectReports(t)
	h.expectClosing(t)
}

// expectTotal checks that all rounds together are what is stored, each id once.
func (h *harness) expectTotal(t *testing.T) {
	t.Helper()
	row, err := h.p.sqlRow(fmt.Sprintf("SELECT count(), uniqExact(event_id) FROM events WHERE site_id = %s", h.p.siteID()))
	if want := fmt.Sprint(h.ref.total.events, h.ref.total.events); err != nil || strings.Join(row, " ") != want {
		h.fail(t, "rows and different ids of all rounds: %v, want %s (%v)", row, want, err)
	}
}

func (h *harness) expectReports(t *testing.T) {
	t.Helper()
	if diff := h.p.awaitReports(h.ref); diff != "" {
		h.fail(t, "reports: %s", diff)
	}
}

// expectUnchanged checks that no event of an earlier round was added or taken away since.
func (h *harness) expectUnchanged(t *testing.T) {
	t.Helper()
	got := map[string]string{}
	err := h.p.sql(fmt.Sprintf("SELECT splitByChar('-', event_id)[2] AS round, count() FROM events WHERE site_id = %s GROUP BY round", h.p.siteID()), func(line string) error {
		round, n, _ := strings.Cut(line, "\t")
		got[round] = n
		return nil
	})
	if err != nil {
		h.fail(t, "read rounds: %v", err)
	}
	for _, r := range h.rounds {
		if n := fmt.Sprint(r.stored); got[fmt.Sprint(r.round)] != n {
			h.fail(t, "events of round %d: %s are stored, and were %s", r.round, got[fmt.Sprint(r.round)], n)
		}
	}
}
