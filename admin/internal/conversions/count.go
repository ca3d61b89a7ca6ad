package conversions

import (
	"context"
	"fmt"
	"slices"

	"noctra/schema"
)

// MostCounted is how far a part of a list is counted.
const MostCounted = 1000

// Counted is how many there are.
type Counted struct {
	Count int64 `json:"count" example:"42"`
	More  bool  `json:"more" doc:"There are more than count, which were not counted." example:"false"`
}

// Counts are how many conversions a filter chooses, in parts that are often asked for. Each part is within the
// filter, its own states and needs instead of those of the filter.
type Counts struct {
	All         *Counted `json:"all,omitempty" doc:"As the filter says; sales without a conversion among them where it asks for them."`
	NeedsPerson *Counted `json:"needs_person,omitempty" doc:"Somebody has to do something about them."`
	Held        *Counted `json:"held,omitempty" doc:"A rule keeps them from being sent."`
	Open        *Counted `json:"open,omitempty" doc:"Their end is not known: waiting, ready, sending, received, unknown."`
	None        *Counted `json:"none,omitempty" doc:"Sales without a conversion."`
}

// Parts of a list.
const (
	PartAll   = "all"
	PartNeeds = "needs_person"
	PartHeld  = "held"
	PartOpen  = "open"
	PartNone  = "none"
)

var openStates = []string{string(schema.UploadWaiting), string(schema.UploadReady), string(schema.UploadSending), string(schema.UploadReceived), string(schema.UploadUnknown)}

// Count counts parts of a list. Each stops at the most, so that a million cost no more than some thousand.
func Count(ctx context.Context, q Querier, scope Scope, f Filter, parts []string) (*Counts, error) {
	f.After = Place{}
	of := func(needs bool, states ...string) Filter {
		part := f
		part.States, part.NeedsPerson, part.WithSales = states, needs, false
		return part
	}
	counts := &Counts{}
	for _, part := range []struct {
		name   string
		filter Filter
		to     **Counted
	}{
		{PartAll, f, &counts.All}, {PartNeeds, of(true), &counts.NeedsPerson}, {PartHeld, of(false, string(schema.UploadHeld)), &counts.Held},
		{PartOpen, of(false, openStates...), &counts.Open}, {PartNone, of(false, None), &counts.None},
	} {
		if len(parts) > 0 && !slices.Contains(parts, part.name) {
			continue
		}
		n, err := part.filter.count(ctx, q, scope)
		if err != nil {
			return nil, err
		}
		*part.to = &n
	}
	return counts, nil
}

// count adds up conversions and sales without one, up to the most.
func (f Filter) count(ctx context.Context, q Querier, scope Scope) (n Counted, err error) {
	add := func(what, sql string, args []any) error {
		type counted struct{ Count int64 }
		rows, err := collect[counted](ctx, q, what, sql, args...)
		for _, r := range rows {
			n.Count += r.Count
		}
		return err
	}
	if f.conversions() {
		ids, c, err := f.ids(ctx, q, scope, MostCounted+1, "")
		if err != nil {
			return n, err
		}
		if ids != "" {
			if err := add("count conversions", fmt.Sprintf("SELECT count(DISTINCT x.id) FROM (%s) x", ids), c.planned()); err != nil {
				return n, err
			}
		}
	}
	if f.sales() {
		arms, c := f.saleArms(scope, "1", MostCounted+1)
		if err := add("count sales without a conversion", "SELECT count(*) FROM "+arms, c.planned()); err != nil {
			return n, err
		}
	}
	return Counted{min(n.Count, MostCounted), n.Count > MostCounted}, nil
}
