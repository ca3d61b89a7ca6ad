package attribution

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var sold = time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC)

func ago(days int) time.Time { return sold.Add(-time.Duration(days) * 24 * time.Hour) }

func names(path []Click) (all []string) {
	for _, c := range path {
		all = append(all, c.Kind+" "+c.Value)
	}
	return all
}

func TestChoose(t *testing.T) {
	a := Click{1, "gclid", "a", ago(9), ByVisitor}
	b := Click{2, "fbclid", "b", ago(1), ByVisitor}
	c := Click{3, "wbraid", "c", ago(5), ByUser}
	own := Click{Kind: "gclid", Value: "own"}
	for name, test := range map[string]struct {
		own, candidates []Click
		path            []string
		google          Click
	}{
		"nothing":                 {},
		"last Google click":       {nil, []Click{b, a}, []string{"gclid a", "fbclid b"}, a},
		"visitor before user":     {nil, []Click{c, b, a}, []string{"gclid a", "wbraid c", "fbclid b"}, a},
		"user alone":              {nil, []Click{c, b}, []string{"wbraid c", "fbclid b"}, c},
		"own before all":          {[]Click{own}, []Click{a}, []string{"gclid a", "gclid own"}, Click{Kind: "gclid", Value: "own", Rule: ByClickID}},
		"own, known to ledger":    {[]Click{own}, []Click{a, {4, "gclid", "own", ago(20), ByClickID}}, []string{"gclid own", "gclid a"}, Click{4, "gclid", "own", ago(20), ByClickID}},
		"own is another platform": {[]Click{{Kind: "msclkid", Value: "m"}}, []Click{a}, []string{"gclid a", "msclkid m"}, a},
		"the same by two rules":   {nil, []Click{{2, "gclid", "x", ago(3), ByUser}, {2, "gclid", "x", ago(3), ByVisitor}}, []string{"gclid x"}, Click{2, "gclid", "x", ago(3), ByVisitor}},
	} {
		got := Choose(test.own, test.candidates)
		if diff := cmp.Diff(test.path, names(got.Path)); diff != "" {
			t.Errorf("%s: path %s", name, diff)
		}
		if diff := cmp.Diff(test.google, got.Google); diff != "" {
			t.Errorf("%s: google %s", name, diff)
		}
	}
	var many []Click
	for i := range LongestPath + 5 {
		many = append(many, Click{ID: int64(i + 1), Kind: "gclid", Value: string(rune('a' + i)), At: ago(60 - i), Rule: ByVisitor})
	}
	if got := Choose(nil, many); len(got.Path) != LongestPath || got.Path[0].Value != "f" || got.Google.Value != many[len(many)-1].Value {
		t.Errorf("of many: %d from %s, google %s", len(got.Path), got.Path[0].Value, got.Google.Value)
	}
}

func TestWeights(t *testing.T) {
	path := []time.Time{ago(14), ago(7), ago(0)}
	for model, want := range map[Model][]float64{
		LastClick: {0, 0, 1}, FirstClick: {1, 0, 0}, Linear: {1. / 3, 1. / 3, 1. / 3}, TimeDecay: {1. / 7, 2. / 7, 4. / 7}, PositionBased: {.4, .2, .4},
	} {
		for i, got := range model.Weights(path, sold) {
			if math.Abs(got-want[i]) > 1e-12 {
				t.Errorf("%s: %d has %v, want %v", model, i, got, want[i])
			}
		}
	}
	if got := PositionBased.Weights(path[:2], sold); math.Abs(got[0]-.5) > 1e-12 || math.Abs(got[1]-.5) > 1e-12 {
		t.Errorf("two clicks share %v", got)
	}
}

// Whatever the model and the path, shares add up to the sale to the micro.
func TestShare(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		path := make([]time.Time, 1+random.IntN(LongestPath))
		for i := range path {
			path[i] = sold.Add(-time.Duration(random.Int64N(int64(90 * 24 * time.Hour))))
		}
		amount := random.Int64N(1e13) - 5e12
		for _, model := range Models() {
			sum := int64(0)
			for _, part := range Share(amount, model.Weights(path, sold)) {
				sum += part
			}
			if sum != amount {
				t.Fatalf("%s shares %d as %d among %d", model, amount, sum, len(path))
			}
		}
	}
	if diff := cmp.Diff([]int64{4, 3, 3}, Share(10, Linear.Weights(make([]time.Time, 3), sold))); diff != "" {
		t.Error(diff)
	}
	if got := Share(10, nil); len(got) != 0 {
		t.Errorf("nobody gets %v", got)
	}
}
