package e2e

import (
	"fmt"
	"testing"
	"time"
)

const (
	roundKills = 90
	roundLimit = 90 * time.Second
)

// TestFaults makes faults under load for as long, or as often, as it is told to, and judges after
// each round. It is what `make faults` runs.
func TestFaults(t *testing.T) {
	if *duration == 0 && *kills == 0 {
		t.Log("nothing to do without -duration or -kills; TestWholeProduct makes a short round")
		return
	}
	h := newHarness(t, *seed, *rate)
	h.startSampling()
	h.calm(t, 10_000)
	for n := 1; !t.Failed() && (time.Since(h.begin) < *duration || h.result.Faults.kills() < *kills); n++ {
		h.run(t, plan{
			kills: roundKills, limit: roundLimit, everything: n%2 == 1, restart: n%4 == 2, remade: n%5 == 0,
			frozen: time.Duration(n%3) * 4 * time.Second,
		})
		t.Logf("round %d: %d kill points so far, %d events stored, a fresh event shown after %s, at rest after %s", n, h.result.Faults.kills(),
			h.result.Stored, h.rounds[n].recovery.Fresh.Round(10*time.Millisecond), h.rounds[n].recovery.Rest.Round(10*time.Millisecond))
	}
	if !t.Failed() {
		h.end(t)
	}
	h.report(t)
}

// end waits for the slices that the product makes by itself, where the run was long enough for it,
// and compares them with those made anew.
func (h *harness) end(t *testing.T) {
	if time.Since(h.begin) > 10*time.Minute {
		h.p.stop()
		h.p.start() // it then makes them once nothing has come for three minutes
		today := dateOf(time.Now().UnixMilli())
		h.p.await("slices of the days that are over", 10*time.Minute, func() error {
			made, err := h.p.lines(digests)
			for day := range h.ref.byDay {
				if err == nil && made[day] == "" && day < today {
					err = fmt.Errorf("none of %s", day)
				}
			}
			return err
		})
	}
	h.result.SlicesCompared += h.p.expectRebuilt(t, h.ref)
	h.expectReports(t)
	h.expectUnchanged(t)
	for _, x := range h.sampler.trends() {
		if !x.Flat {
			t.Errorf("%s of %s grew from %.0f to %.0f", x.Figure, x.Process, x.First, x.Last)
		}
	}
	h.p.stop()
}

// report prints the result, and keeps it where it was asked for.
func (h *harness) report(t *testing.T) {
	r := h.summary()
	t.Log("\n" + r.markdown())
	if *out == "" {
		return
	}
	err := r.write(*out)
	if err == nil {
		err = h.sampler.writeCSV(*out)
	}
	if err == nil && t.Failed() {
		err = h.keep(*out)
	}
	if err != nil {
		t.Error(err)
	}
}
