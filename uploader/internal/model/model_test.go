package model

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/uploader/internal/sums"
)

var (
	firstSeed = flag.Uint64("seed", 1, "first seed of histories")
	seeds     = flag.Uint64("seeds", 1, "how many seeds, of some shops each")
	shops     = flag.Int("shops", 24, "shops of a seed")
	only      = flag.Int("shop", -1, "this shop alone; its history is printed")
	among     = flag.Bool("among", false, "the shop among the others: which request is whose matters now and then")
)

// fault is something that is wrong with a shop.
type fault struct {
	shop int
	what string
}

type faults struct {
	mu  sync.Mutex
	all []fault
}

// TestHistories: whatever happens in whichever order, Google has each sale that it must have once and with the right
// value, and nothing that it must not have; and the product knows what Google has.
//
//	go test ./uploader/internal/model -seed 1000 -seeds 100
func TestHistories(t *testing.T) {
	for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { run(t, seed) })
	}
}

func run(t *testing.T, seed uint64) {
	when := timeline(seed)
	var all []history
	var numbers []int
	for number := range *shops {
		if *only < 0 || *among || *only == number {
			all, numbers = append(all, newHistory(seed, number, when)), append(numbers, number)
		}
	}
	w := open(t, all)
	w.run(when)
	for _, f := range w.faults.all {
		t.Errorf("seed %d, shop %d: %s", seed, numbers[f.shop], f.what)
	}
	if *only >= 0 {
		s := w.shops[slices.Index(numbers, *only)]
		t.Log(s.history.String(when) + w.told(s))
	}
}

// run lets everything happen, and looks at what came of it.
func (w *world) run(when []work) {
	w.store(len(when))
	for i, work := range when {
		w.pass(w.now.Add(work.pass))
		w.happen(i)
		for _, s := range w.shops {
			if s.now = w.now; i == works {
				s.settle()
			}
			s.look()
			s.sudden = s.history.during[i]
		}
		w.works(w.start(), work.parts)
		for _, s := range w.shops {
			w.suddenly(s) // those that nothing was sent of
		}
	}
	w.judge()
}

// happen has all shops' steps happen: events come in first.
func (w *world) happen(i int) {
	if w.settle(i) {
		w.works(w.start(), "i")
	}
	for _, s := range w.shops {
		for _, t := range s.history.steps[i] {
			if t.do == "event" {
				s.take(t)
			}
		}
		s.link(func(r *refund) bool { return r.sale == nil })
	}
	again := ""
	for _, s := range w.shops {
		for _, t := range s.history.steps[i] {
			if t.do == "order" || t.do == "erase" { // intake looks for the clicks of such sales again
				again = "i"
			}
			w.change(s, t)
		}
	}
	w.outcomes(i)
	w.works(w.start(), again)
}

// wrongDays are days whose sums are not what their sales come to.
const wrongDays = `SELECT FROM (
    SELECT site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency, count, amount, google_amount FROM sale_sums
    UNION ALL SELECT site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency, -1, -amount, -google_amount FROM sale_units) u
  GROUP BY site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency HAVING sum(count) <> 0 OR sum(amount) <> 0 OR sum(google_amount) <> 0`

func (w *world) judgeSums() {
	w.until(sums.New(w.postgres, prometheus.NewRegistry()).Step)
	var n int
	if w.scan(&n, `SELECT count(*) FROM (`+wrongDays+`) d`); n != 0 {
		w.Errorf("%d sums of a reconciliation do not close", n)
	}
}

// told is every move of a shop's conversions and adjustments.
func (w *world) told(s *subject) (all string) {
	w.scan(&all, `SELECT coalesce(string_agg(E'\n' || concat_ws(' ', to_char(h.at, 'YYYY-MM-DD HH24:MI:SS'), c.action_id, c.transaction_id, s.event_id, 'adjustment ' || a.number || ' ' || a.kind, h.from_state, '>', h.to_state, h.reason, (h.value / 1e6)::float8::text, h.currency),
  '' ORDER BY h.id), '') FROM upload_history h JOIN conversions c ON c.id = h.conversion_id JOIN sales s ON s.id = c.sale_id LEFT JOIN adjustments a ON a.id = h.adjustment_id
WHERE c.site_id = $1`, s.site)
	return all
}

// String is a history for whoever reads what failed.
func (h *history) String(when []work) string {
	lines := []string{fmt.Sprintf("%+v look-back %d", h.kind, h.lookback)}
	for _, a := range h.first {
		lines = append(lines, fmt.Sprintf("action %s %s review %t enhanced %t", a.google, a.rule, a.review, a.enhanced))
	}
	now := began
	for i, w := range when {
		now = now.Add(w.pass)
		for _, t := range h.steps[i] {
			lines = append(lines, fmt.Sprintf("%s %s", now.Format("2006-01-02 15:04:05"), t))
		}
		lines = append(lines, fmt.Sprintf("%s works %q", now.Format("2006-01-02 15:04:05"), w.parts))
		for _, t := range h.during[i] {
			lines = append(lines, fmt.Sprintf("    meanwhile %s", t))
		}
	}
	return strings.Join(lines, "\n")
}
