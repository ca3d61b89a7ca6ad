package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
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
