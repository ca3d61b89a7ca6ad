// Package attribution decides which ad clicks a sale came from. It is arithmetic alone: callers bring
// the clicks that may count, and keep what comes out.
package attribution

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Rule is how a click was found for a sale. An earlier one counts more.
type Rule int

// Rules, in their order.
const (
	None Rule = iota
	ByClickID
	ByVisitor
	ByUser
)

var ruleNames = [...]string{"", "click_id", "visitor", "user"}

// String returns the name that Postgres and the API have.
func (r Rule) String() string { return ruleNames[r] }

// LongestPath is how many clicks of a sale are kept; older ones are left out.
const LongestPath = 20

// Click is a click that may have led to a sale.
type Click struct {
	ID    int64 // in the click ledger; 0 where only the sale names it
	Kind  string
	Value string
	At    time.Time // zero where only the sale names it
	Rule  Rule
}

// Google says whether the click's id is one that Google takes for conversions.
func (c Click) Google() bool { return c.Kind == "gclid" || c.Kind == "gbraid" || c.Kind == "wbraid" }

// Choice is what a sale came from.
type Choice struct {
	Path   []Click // oldest first, each once, those of unknown time last
	Google Click   // the last Google click by the first rule that finds one; Rule None for none
}

// Choose picks among candidates. own are the click ids that the sale itself names: each counts, also
// where the ledger does not know it yet.
func Choose(own, candidates []Click) Choice {
	all := slices.Clone(candidates)
	for _, click := range own {
		known := slices.ContainsFunc(candidates, func(c Click) bool { return c.Kind == click.Kind && c.Value == click.Value })
		if !known {
			all = append(all, Click{Kind: click.Kind, Value: click.Value, Rule: ByClickID})
		}
	}
	slices.SortStableFunc(all, func(a, b Click) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), -later(a, b)) })
	var c Choice
	for _, click := range all {
		if slices.ContainsFunc(c.Path, func(p Click) bool { return p.Kind == click.Kind && p.Value == click.Value }) {
			continue
		}
		c.Path = append(c.Path, click)
		if c.Google.Rule == None && click.Google() {
			c.Google = click
		}
	}
	slices.SortStableFunc(c.Path, later)
	c.Path = c.Path[max(0, len(c.Path)-LongestPath):]
	return c
}

// later orders by time; a click without one comes last, for nothing is known to be after it.
func later(a, b Click) int {
	switch {
	case a.At.IsZero() || b.At.IsZero():
		return cmp.Compare(zero(a.At), zero(b.At))
	case a.At.Equal(b.At):
		return cmp.Compare(a.ID, b.ID)
	default:
		return a.At.Compare(b.At)
	}
}

func zero(t time.Time) int {
	if t.IsZero() {
		return 1
	}
	return 0
}

// Model is a way to share a sale among the clicks of its path.
type Model string

// Models.
const (
	LastClick     Model = "last_click"
	FirstClick    Model = "first_click"
	Linear        Model = "linear"
	TimeDecay     Model = "time_decay"     // half as much for every seven days before the sale
	PositionBased Model = "position_based" // 40 % to the first and the last each, the rest to those between
)

// Models returns all of them.
func Models() []Model { return []Model{LastClick, FirstClick, Linear, TimeDecay, PositionBased} }

const (
	halfLife = 7 * 24 * time.Hour
	ends     = 0.4
)

// Weights returns the share of each click of a path (times, oldest first) in a sale at sold. They add
// up to 1; a zero time is that of the sale. An empty path has none.
func (m Model) Weights(path []time.Time, sold time.Time) []float64 {
	n := len(path)
	shares := make([]float64, n)
	if n == 0 {
		return shares
	}
	switch m {
	case FirstClick:
		shares[0] = 1
	case Linear:
		for i := range shares {
			shares[i] = 1
		}
	case TimeDecay:
		for i, at := range path {
			if !at.IsZero() {
				shares[i] = math.Exp2(-max(0, float64(sold.Sub(at))) / float64(halfLife))
			} else {
				shares[i] = 1
			}
		}
	case PositionBased:
		for i := range shares {
			shares[i] = (1 - 2*ends) / float64(max(1, n-2))
		}
		shares[0], shares[n-1] = ends, ends
	default:
		shares[n-1] = 1
	}
	total := 0.0
	for _, share := range shares {
		total += share
	}
	for i := range shares {
		shares[i] /= total
	}
	return shares
}

// Share splits an amount by weights, exact to the micro: what rounding leaves goes to the largest
// remainders, earlier ones first, so the parts add up to the amount.
func Share(amount int64, weights []float64) []int64 {
	parts := make([]int64, len(weights))
	if len(weights) == 0 {
		return parts
	}
	type rest struct {
		i    int
		part float64
	}
	rests := make([]rest, len(weights))
	left := amount
	for i, w := range weights {
		exact := float64(amount) * w
		parts[i] = int64(math.Trunc(exact))
		left -= parts[i]
		rests[i] = rest{i, math.Abs(exact - math.Trunc(exact))}
	}
	slices.SortStableFunc(rests, func(a, b rest) int { return cmp.Compare(b.part, a.part) })
	step := int64(1)
	if left < 0 {
		step = -1
	}
	for k := 0; left != 0; k++ {
		parts[rests[k%len(rests)].i] += step
		left -= step
	}
	return parts
}
