package report

import (
	"context"

	visits "noctra/admin/internal/slices"
)

// describe fills meta.
func (e *Engine) describe(ctx context.Context, state *visits.State, q *query, meta *Meta) error {
	meta.Freshness = freshness(state)
	meta.TimeZone, meta.Currency, meta.Goals = q.zone.String(), q.site.Currency, q.goalsUsed()
	if q.include.imports {
		included := false
		meta.ImportsIncluded = &included // there are no imports
	}
	if i := q.timeDimension(); i >= 0 && q.include.timeLabels {
		meta.TimeLabels = q.span.labels(q.dimensions[i].interval, q.zone)
		if q.include.compared != nil {
			meta.ComparisonTimeLabels = q.include.compared.labels(q.dimensions[i].interval, q.zone)
		}
	}
	about, err := e.aboutRange(ctx, state, q)
	if err != nil {
		return err
	}
	if !q.include.bots {
		meta.BotEventsLeftOut = &about.bots
	}
	return e.otherMoney(ctx, state, q, about, meta)
}

// otherMoney names the sums in currencies that the money metrics leave out.
func (e *Engine) otherMoney(ctx context.Context, state *visits.State, q *query, about rangeFacts, meta *Meta) error {
	asked := q.moneyMetrics()
	if len(asked) == 0 || !about.hasOther(q.site.Currency) || q.about(func(d dimension) bool { return d.name == "event:currency" }) {
		return nil
	}
	other := *q
	other.dimensions = []dimension{dimensions["event:currency"]}
	other.metrics, other.order = nil, nil
	for _, name := range []string{"sales", "refunds", "gross_revenue", "revenue"} {
		m, _ := findMetric(name)
		other.metrics = append(other.metrics, m)
	}
	other.include = include{bots: q.include.bots}
	other.offset, other.limit = 0, defaultLimit
	groups, _, err := e.run(ctx, &other, compile(&other, e.days(state, &other), nil))
	if err != nil {
		return err
	}
	for _, g := range groups {
		code := g.keys[0].text
		if code == q.site.Currency || code == notSet {
			continue
		}
		if g.values.of(mSales).Sign() == 0 && g.values.of(mRefunds).Sign() == 0 {
			continue // held sales alone have it
		}
		meta.OtherCurrencies = append(meta.OtherCurrencies, CurrencySum{
			Currency: code, Sales: g.values.of(mSales).Uint64(), Refunds: g.values.of(mRefunds).Uint64(),
			GrossRevenue: g.values.amount(g.values.of(mGross)), Revenue: g.values.amount(g.values.revenue()),
		})
	}
	if len(meta.OtherCurrencies) > 0 {
		meta.MetricWarnings = map[string]Warning{}
		for _, name := range asked {
			meta.MetricWarnings[name] = Warning{Code: "other_currencies", Warning: "Sums " + q.site.Currency +
				" alone; sales and refunds in other currencies stand in meta.other_currencies."}
		}
	}
	return nil
}

func (q *query) moneyMetrics() []string {
	var out []string
	for _, m := range q.metrics {
		for _, need := range m.needs {
			if need == mGross {
				out = append(out, m.name)
				break
			}
		}
	}
	return out
}

// echo is the query as it was understood.
func (q *query) echo() Echo {
	out := Echo{
		SiteID: q.siteID, Metrics: []string{}, DateRange: q.span.echo(q.zone), Filters: []any{}, Dimensions: []string{}, OrderBy: [][2]string{},
		Include:    EchoInclude{TimeLabels: q.include.timeLabels, TotalRows: q.include.totalRows, Imports: q.include.imports, Bots: q.include.bots},
		Pagination: EchoPaging{Limit: q.limit, Offset: q.offset},
	}
	out.Filters = append(out.Filters, q.filterEcho...)
	for _, m := range q.metrics {
		out.Metrics = append(out.Metrics, m.name)
	}
	for _, d := range q.dimensions {
		out.Dimensions = append(out.Dimensions, d.name)
	}
	for _, o := range q.order {
		entry := [2]string{"", "asc"}
		if o.descending {
			entry[1] = "desc"
		}
		if o.metric >= 0 {
			entry[0] = q.metrics[o.metric].name
		} else {
			entry[0] = q.dimensions[o.dimension].name
		}
		out.OrderBy = append(out.OrderBy, entry)
	}
	if q.include.compared != nil {
		compared := q.include.compared.echo(q.zone)
		out.Include.Comparisons = &compared
	}
	return out
}
