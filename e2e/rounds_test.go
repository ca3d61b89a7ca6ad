package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// round is a stretch of faults under load, and what became of its events.
type round struct {
	generator
	fates    []fate // after the round: acknowledged means stored, whatever its sender was told
	stored   int
	recovery recovery
}

// recovery is how long it took after the last fault.
type recovery struct {
	Fresh time.Duration // until a fresh event was in a report
	Rest  time.Duration // until everything was settled
}

// harness runs rounds on one product and judges each.
type harness struct {
	t       *testing.T
	p       *product
	seed    uint64
	rate    int // events a second
	begin   time.Time
	ref     *reference
	rounds  []*round
	points  *failPoints
	sampler *sampler
	result  *result
}

// newHarness starts the product of a binary with fail points.
func newHarness(t *testing.T, seed uint64, rate int) *harness {
	dir := t.TempDir()
	h := &harness{t: t, seed: seed, rate: rate, points: &failPoints{setting: filepath.Join(dir, "failpoints"), journal: filepath.Join(dir, "failpoints.log")}}
	if err := h.points.set(""); err != nil {
		t.Fatal(err)
	}
	h.p = &product{t: t, binary: buildBinary(t, "-tags", "faults"), data: filepath.Join(t.TempDir(), "data")}
	h.p.args = upArgs(t, h.p.data)
	h.p.env = []string{"NOCTRA_FAILPOINTS=@" + h.points.setting, "NOCTRA_SESSION_TIMEOUT=2s", "NOCTRA_RESTART_WAIT=300ms", fmt.Sprintf("NOCTRA_EVENTS_PARTITIONS=%d", partitions)}
	h.p.start()
	t.Cleanup(h.p.stopHard)
	h.begin = time.Now()
	h.ref = newReference(seed, h.p.ready.Demo.Hostname, h.begin)
	h.sampler = &sampler{p: h.p, begin: h.begin}
	h.result = newResult(seed, rate)
	return h
}

// startSampling takes samples until the test ends.
func (h *harness) startSampling() {
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() { h.sampler.run(ctx) })
	h.t.Cleanup(func() { cancel(); wait.Wait() })
}

// calm sends events without any fault and judges them; it is the first round.
func (h *harness) calm(t *testing.T, n int) {
	h.p.t = t
	sendAll(t, h.p, h.ref, n, nil)
	r := &round{generator: h.ref.generator, fates: make([]fate, h.ref.next)}
	for i := range r.fates {
		r.fates[i] = acknowledged
		if r.fact(i).field != "" {
			r.fates[i] = refused
			h.result.Load.Invalid++
			continue
		}
		h.result.Load.Issued++
	}
	h.p.expect(t, h.ref)
	h.ref.forget() // what is stored is added by the judge
	h.rounds = append(h.rounds, r)
	h.judge(t, r)
}

// plan says what one round is made of.
type plan struct {
	kills      int           // kill points of chance
	limit      time.Duration // for them
	restart    bool          // a stop in order and a start, under load
	everything bool          // kill −9 of all processes at once
	frozen     time.Duration // of the aggregator, at the begin
	remade     bool          // visits and sums are made anew at the end, and compared
}

// run makes the faults of a round under load, heals, and judges.
func (h *harness) run(t *testing.T, plan plan) {
	h.p.t = t
	r := &round{generator: generator{seed: h.seed, round: len(h.rounds), host: h.ref.host, base: h.begin, start: time.Now(), pace: time.Second / time.Duration(h.rate)}}
	tr := &trouble{p: h.p, random: rand.New(rand.NewPCG(h.seed, uint64(r.round))), points: h.points, counts: h.result.Faults,
		killed: map[string]int{}, frozen: map[int]*time.Timer{}}
	if err := h.points.arm(h.seed*1000 + uint64(r.round)); err != nil {
		t.Fatal(err)
	}
	l := startLoad(h.p, r.generator, h.rounds)
	stopped := false
	stop := func() {
		if !stopped {
			l.stop()
			stopped = true
		}
	}
	defer stop()
	if plan.frozen > 0 {
		tr.freeze("aggregator", plan.frozen)
	}
	tr.run(plan.kills/2, plan.limit/2)
	if plan.everything {
		tr.everything()
	}
	if plan.restart {
		tr.restart()
	}
	tr.run(plan.kills-plan.kills/2, plan.limit/2)
	if err := tr.heal(); err != nil {
		t.Fatal(err)
	}
	healed := time.Now()
	stop()
	h.settle(t, r, l, healed)
	if plan.remade && !t.Failed() {
		h.result.SlicesCompared += h.p.expectRebuilt(t, h.ref)
		h.expectReports(t)
		h.expectUnchanged(t)
	}
}

// settle waits for a fresh event and for rest, then judges.
func (h *harness) settle(t *testing.T, r *round, l *load, healed time.Time) {
	t.Helper()
	for _, violation := range l.violations {
		h.fail(t, "contract: %s", violation)
	}
	r.fates = l.fates
	h.result.Load.add(l.tally)
	h.fresh(t, r)
	r.recovery.Fresh = time.Since(healed)
	var before string
	h.p.await("rest", 120*time.Second, func() error {
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
	r.generator.fresh = len(r.fates)
	f := r.fact(r.generator.fresh)
	r.fates = append(r.fates, acknowledged)
	h.result.Load.Issued++
	deliver(t, h.p, &reference{generator: r.generator}, []fact{f})
	request := map[string]any{
		"metrics": []string{"events"}, "date_range": []string{dateOf(f.at), dateOf(f.at)},
		"filters": []any{[]any{"is", "event:name", []string{f.name}}},
	}
	h.p.await("a fresh event in a report", 120*time.Second, func() error {
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

// fail says how to repeat what went wrong.
func (h *harness) fail(t *testing.T, format string, args ...any) {
	t.Helper()
	h.result.Failures++
	t.Errorf("seed %d, round %d (repeat: make faults SEED=%d): %s", h.seed, len(h.rounds)-1, h.seed, fmt.Sprintf(format, args...))
}

// keep copies what the services said to dir, for whoever looks for the cause.
func (h *harness) keep(dir string) error {
	return os.CopyFS(filepath.Join(dir, "logs"), os.DirFS(filepath.Join(h.p.data, "logs")))
}
