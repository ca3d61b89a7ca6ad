package report

import (
	"context"
	"time"

	"noctra/admin/internal/slices"
	"noctra/schema"
	"noctra/schema/goals"
)

// previewDays is how far a preview looks back, today included.
const previewDays = 7

// Preview says what a match that is not kept yet would have counted lately.
type Preview struct {
	DateRange [2]string // first and last second
	Events    uint64
	Visitors  uint64
}

// Preview counts the events of the last seven days, today included, that match; bots are left out.
func (e *Engine) Preview(ctx context.Context, site schema.Site, m goals.Match) (Preview, error) {
	p, err := e.preview(ctx, site, m)
	return p, classify(err)
}

// lastDays are the last n days, today included.
func lastDays(n int, now time.Time, zone *time.Location) dateRange {
	today := slices.DayOf(now, zone)
	return days(today-slices.DayNumber(n)+1, today, zone)
}

func (e *Engine) preview(ctx context.Context, site schema.Site, m goals.Match) (Preview, error) {
	q, err := newQuery(site)
	if err != nil {
		return Preview{}, err
	}
	q.span = lastDays(previewDays, e.now(), q.zone)
	for _, name := range []string{"events", "visitors"} {
		x, _ := findMetric(name)
		q.metrics = append(q.metrics, x)
	}
	q.filters, q.limit = []node{treeOf(m)}, 1
	state, err := e.slices.State(ctx, site.ID)
	if err != nil {
		return Preview{}, err
	}
	groups, _, err := e.run(ctx, q, compile(q, e.days(state, q), nil))
	if err != nil {
		return Preview{}, err
	}
	out := Preview{DateRange: q.span.echo(q.zone)}
	for _, g := range groups {
		out.Events, out.Visitors = g.values.of(mEvents).Uint64(), g.values.of(mVisitors).Uint64()
	}
	return out, nil
}
