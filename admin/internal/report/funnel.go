package report

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"

	"noctra/admin/internal/slices"
	"noctra/schema"
	"noctra/schema/goals"
)

// FunnelAnswer says how far visitors came. Steps has the order of the funnel.
type FunnelAnswer struct {
	Visitors uint64       // all of the range, as far as filters let them
	Steps    []FunnelStep // one for each step
	Compared *FunnelAnswer
	Meta     FunnelMeta
	Query    FunnelEcho
}

// FunnelStep is one step. Rates are in per cent with two decimals, 0 where there is nothing to divide by.
type FunnelStep struct {
	Name           string
	Goal           *goals.Goal // nil for a step with a match of its own
	Visitors       uint64
	DropOff        uint64 // came to the step before and not to this one; of the first, of all visitors
	DropOffRate    float64
	Conversion     float64  // of those who came to the first step
	StepConversion float64  // of those who came to the step before
	MedianSeconds  *float64 // from the step before; nil for the first, or for nobody
}

// FunnelMeta says what the figures are.
type FunnelMeta struct {
	Freshness Freshness
	TimeZone  string
	Reach     string // for how long one visitor can be seen: visit, day, lasting or nobody
	Warnings  []Warning
	Goals     []GoalUsed // of filters
}

// FunnelEcho is the question as it was understood.
type FunnelEcho struct {
	DateRange [2]string
	Compared  *[2]string
	Filters   []any
	Bots      bool
}

// Funnel answers how many visitors of a site came to which step; it fails as Query does.
func (e *Engine) Funnel(ctx context.Context, site schema.Site, f Funnel) (*FunnelAnswer, error) {
	answer, err := e.funnel(ctx, site, f)
	if err != nil {
		return nil, classify(err)
	}
	return answer, nil
}

func (e *Engine) funnel(ctx context.Context, site schema.Site, f Funnel) (*FunnelAnswer, error) {
	state, err := e.slices.State(ctx, site.ID)
	if err != nil {
		return nil, err
	}
	q, err := e.decodeFunnel(site, f, state)
	if err != nil {
		return nil, err
	}
	answer, err := e.runFunnel(ctx, state, q, f)
	if err != nil {
		return nil, err
	}
	answer.Query = FunnelEcho{DateRange: q.span.echo(q.zone), Filters: append([]any{}, q.filterEcho...), Bots: q.include.bots}
	answer.Meta = FunnelMeta{Freshness: freshness(state), TimeZone: q.zone.String(), Goals: q.goalsUsed()}
	answer.Meta.Reach, answer.Meta.Warnings = reach(site.IdentityMode, f.Shape.Hours)
	if q.include.compared != nil {
		other := *q
		other.span = *q.include.compared
		compared := other.span.echo(q.zone)
		answer.Query.Compared = &compared
		if answer.Compared, err = e.runFunnel(ctx, state, &other, f); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

func (e *Engine) decodeFunnel(site schema.Site, f Funnel, state *slices.State) (*query, error) {
	q, err := newQuery(site)
	if err != nil {
		return nil, err
	}
	q.goals = define(f.Defined)
	if f.Body == nil {
		q.span = lastDays(previewDays, e.now(), q.zone)
		return q, nil
	}
	d := decoder{now: e.now(), first: firstEvent(state)}
	if root := d.root(f.Body); root != nil {
		d.knownKeys("", root, []string{"date_range", "filters", "include"})
		q.span = d.dateRange("date_range", root["date_range"], q)
		q.filters = d.filterList("filters", root["filters"], 0)
		q.filterEcho, _ = root["filters"].([]any)
		if options, ok := root["include"].(map[string]any); ok {
			d.knownKeys("include", options, []string{"bots", "comparisons"})
		}
		q.include = d.include(root["include"], q)
	}
	return q, d.err()
}

// reach says for how long one visitor can be seen, and warns where a window is longer.
func reach(mode schema.IdentityMode, hours int) (string, []Warning) {
	switch {
	case mode == schema.IdentityOff:
		return "nobody", []Warning{{"no_visitors", "This site recognises nobody; a funnel counts visitors, so it counts those alone who were recognised before."}}
	case hours == 0:
		return "visit", nil
	case mode == schema.IdentityConsented:
		return "lasting", []Warning{{"without_consent_a_day", "Visitors without consent are known for a day of the site's zone; steps on two days are those of two visitors."}}
	}
	return "day", []Warning{{"visitors_live_a_day", "Visitors of this site are known for a day of its zone; steps on two days are those of two visitors, however long the window is."}}
}

func (e *Engine) runFunnel(ctx context.Context, state *slices.State, q *query, f Funnel) (answer *FunnelAnswer, err error) {
	s := funnelSQL(newCompiler(q, e.days(state, q)), f)
	rows, err := e.conn.Query(ctx, s.sql, s.args...)
	if err != nil {
		return nil, explain(q, fmt.Errorf("run funnel: %w", err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	reached, medians, all := make([]uint64, len(f.Steps)), make([]float64, len(f.Steps)), uint64(0)
	var into []any
	for i := range reached {
		into = append(into, &reached[i])
	}
	for i := range medians[1:] {
		into = append(into, &medians[i+1])
	}
	into = append(into, &all)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("read funnel: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, explain(q, fmt.Errorf("run funnel: %w", err))
	}
	return funnelAnswer(f, reached, medians, all), nil
}

// funnelAnswer makes figures of counts. medians are in milliseconds.
func funnelAnswer(f Funnel, reached []uint64, medians []float64, all uint64) *FunnelAnswer {
	answer := &FunnelAnswer{Visitors: all, Steps: make([]FunnelStep, len(reached))}
	for i, n := range reached {
		before := all
		if i > 0 {
			before = reached[i-1]
		}
		lost := before - min(n, before) // rows may have come between the two looks at all and at the first
		step := FunnelStep{Name: f.Steps[i].Name, Visitors: n, DropOff: lost, DropOffRate: percent(lost, before), Conversion: percent(n, reached[0]), StepConversion: percent(n, before)}
		if id := f.Steps[i].ID; id != 0 {
			step.Goal = &f.Steps[i]
		}
		if i > 0 && n > 0 && !math.IsNaN(medians[i]) {
			seconds := math.Round(medians[i]) / 1000
			step.MedianSeconds = &seconds
		}
		answer.Steps[i] = step
	}
	return answer
}

func percent(n, of uint64) float64 {
	if of == 0 {
		return 0
	}
	part := new(big.Int).Mul(new(big.Int).SetUint64(n), big.NewInt(100))
	return rounded(new(big.Rat).SetFrac(part, new(big.Int).SetUint64(of)), 2)
}
