package e2e

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	seed     = flag.Uint64("seed", 1, "another number makes other events and other faults")
	duration = flag.Duration("duration", 0, "how long TestFaults goes on; 0 leaves it out unless -kills says otherwise")
	kills    = flag.Int("kills", 0, "how many kill points TestFaults makes")
	rate     = flag.Int("rate", 500, "events a second of TestFaults")
	out      = flag.String("out", "", "folder for the result and the samples of TestFaults")
)

// TestWholeProduct walks the main promises on one running product: exact numbers, surviving the
// death of any process at any moment, and a clean end and new start on the same data.
func TestWholeProduct(t *testing.T) {
	h := newHarness(t, *seed, 400)
	t.Run("numbers are exact", func(t *testing.T) { h.calm(t, 10_000) })
	t.Run("second start is refused", h.p.refusesSecondStart)
	t.Run("people sign up", h.p.takesPeople)
	t.Run("every process may die", func(t *testing.T) {
		h.run(t, plan{kills: 24, limit: 20 * time.Second, everything: true, frozen: 4 * time.Second, remade: true})
	})
	t.Run("stop and start again", func(t *testing.T) {
		h.p.t = t
		before := h.p.ready.Demo
		h.p.stop()
		h.p.start()
		if diff := cmp.Diff(before, h.p.ready.Demo); diff != "" {
			t.Errorf("the demo's keys changed: %s", diff)
		}
		h.p.expect(t, h.ref)
	})
	t.Run("a sale and its refund reach Google", h.p.sellsByGoogle)
	t.Run("an erased sale leaves its order, and trials say what is decided", h.p.ordersAndTrials)
	var planted *canaries
	t.Run("secrets stay where they belong", func(t *testing.T) {
		h.p.t = t
		planted = h.p.plantSecrets(t)
		planted.inAnswers()
		planted.inDatabases()
		planted.inAudit()
	})
	h.p.t = t
	h.p.stop()
	if planted != nil {
		planted.t = t
		planted.inFiles()
	}
	t.Log("\n" + h.summary().markdown())
}

func (p *product) refusesSecondStart(t *testing.T) {
	second := &product{t: t, binary: p.binary, data: p.data, args: p.args}
	out, err := second.output()
	if err == nil || !strings.Contains(out, p.data) {
		t.Errorf("a second start on the same data: %v, output %q", err, out)
	}
}

// summary completes the result.
func (h *harness) summary() *result {
	h.result.KillPoints = h.result.Faults.kills()
	h.result.Took = time.Since(h.begin).Round(time.Second).String()
	h.result.Trends = h.sampler.trends()
	return h.result
}
