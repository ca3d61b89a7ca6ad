package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// QueryOptions bound the run of Query.
type QueryOptions struct {
	Rows    int
	Days    int
	Rounds  int
	UpFlags []string
}

// QueryTiming is the time until all answers of a set were there, over the rounds.
type QueryTiming struct {
	Name    string  `json:"name"`
	Queries int     `json:"queries"`
	P50     float64 `json:"p50_ms"`
	P95     float64 `json:"p95_ms"`
	Slowest float64 `json:"slowest_single_p95_ms"`
}

// QueryReport is how quickly the reports API answered.
type QueryReport struct {
	Rows    int           `json:"rows"`
	Days    int           `json:"days"`
	Timings []QueryTiming `json:"timings"`
}

// Query stores rows of one site through Kafka and the aggregator, and then measures the queries of
// the overview, two at a time as a browser would send them, and of a filtered drill-down: for today
// and for all days.
func Query(ctx context.Context, options QueryOptions, log io.Writer) (report QueryReport, err error) {
	p, err := startProduct(ctx, options.UpFlags)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	_, _ = fmt.Fprintf(log, "  storing %d events of %d days\n", options.Rows, options.Days)
	if err := fill(ctx, p, options.Rows, options.Days); err != nil {
		return report, err
	}
	if err := p.awaitInserted(ctx, options.Rows); err != nil {
		return report, err
	}
	if err := p.awaitVisits(ctx, options.Days); err != nil {
		return report, err
	}
	if _, err := p.quiet(ctx, 1, mergeWait); err != nil {
		return report, err
	}
	report.Rows, report.Days = options.Rows, options.Days
	filter := []any{[]any{"is", "visit:country", []string{"DE"}}, []any{"contains", "event:page", []string{"/products/item-1"}}}
	today := time.Now().UTC()
	ranges := [][2]string{{"today", today.Format(time.DateOnly)}, {fmt.Sprintf("%d days", options.Days), today.AddDate(0, 0, 1-options.Days).Format(time.DateOnly)}}
	for _, days := range ranges {
		for _, set := range []struct {
			name    string
			filters []any
		}{{"overview", nil}, {"drill-down by country and page", filter}} {
			queries := overview(set.filters, []string{days[1], today.Format(time.DateOnly)})
			timing, err := p.timeSet(ctx, set.name+", "+days[0], queries, options.Rounds)
			if err != nil {
				return report, err
			}
			_, _ = fmt.Fprintf(log, "  %s: p50 %.0f ms, p95 %.0f ms\n", timing.Name, timing.P50, timing.P95)
			report.Timings = append(report.Timings, timing)
		}
	}
	return report, nil
}

// awaitVisits waits until the visits of all closed days were made.
func (p *product) awaitVisits(ctx context.Context, days int) error {
	return await(ctx, 5*time.Minute, time.Second, func() (bool, error) {
		text, err := p.sql(ctx, "SELECT uniqExact(day) FROM slices WHERE day < today()")
		if err != nil {
			return false, err
		}
		var made int
		_, err = fmt.Sscan(text, &made)
		return made >= days-1, err
	})
}

// overview makes the queries of the dashboard's first page.
func overview(filters []any, dates []string) []map[string]any {
	base := func(metrics []string, dimensions ...string) map[string]any {
		query := map[string]any{"metrics": metrics, "date_range": dates, "pagination": map[string]any{"limit": 10}}
		if len(dimensions) > 0 {
			query["dimensions"] = dimensions
		}
		if filters != nil {
			query["filters"] = filters
		}
		return query
	}
	figures := []string{"visitors", "visits", "pageviews", "bounce_rate", "visit_duration", "sales", "revenue", "conversion_rate"}
	interval := "time:day"
	if dates[0] == dates[1] {
		interval = "time:hour"
	}
	queries := []map[string]any{base(figures), base(figures, interval)}
	for _, dimension := range []string{"event:page", "visit:entry_page", "visit:source", "visit:channel", "visit:country", "visit:device", "visit:browser", "visit:os"} {
		queries = append(queries, base([]string{"visitors"}, dimension))
	}
	return queries
}

func (p *product) timeSet(ctx context.Context, name string, queries []map[string]any, rounds int) (QueryTiming, error) {
	var totals, singles []float64
	for range rounds {
		started := time.Now()
		took := make([]float64, len(queries))
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(2)
		for i, query := range queries {
			group.Go(func() error {
				t, _, err := p.query(ctx, query)
				took[i] = milliseconds(t)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return QueryTiming{}, err
		}
		totals = append(totals, milliseconds(time.Since(started)))
		singles = append(singles, slices.Max(took))
	}
	slices.Sort(totals)
	slices.Sort(singles)
	return QueryTiming{Name: name, Queries: len(queries), P50: quantile(totals, 0.5), P95: quantile(totals, 0.95), Slowest: quantile(singles, 0.95)}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
