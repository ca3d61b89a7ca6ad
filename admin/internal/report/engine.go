package report

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/admin/internal/slices"
	"noctra/schema"
	"noctra/schema/goals"
)

// Conn is what the engine needs of ClickHouse. The user behind it may be readonly = 1: no settings
// are sent.
type Conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

// Options of an Engine. The zero value is good.
type Options struct {
	Now func() time.Time // the clock; nil means time.Now
}

// Engine answers queries. It is safe for concurrent use.
type Engine struct {
	conn   Conn
	now    func() time.Time
	slices *slices.Reader
	ranges rangeCache
}

// New returns an engine that asks conn.
func New(conn Conn, opts Options) *Engine {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Engine{conn: conn, now: opts.Now, slices: slices.NewReader(conn, opts.Now), ranges: newRangeCache(opts.Now)}
}

// Query answers the JSON body of POST /api/v1/query about site; the caller has found the site by
// SiteID and decided that it may be asked about. A wrong query gives an *Error; ErrTooExpensive and
// ErrUnavailable say which failure of ClickHouse it was. Give ctx a deadline longer than the
// reader's max_execution_time: the end of ctx counts as ErrUnavailable, the reader's own limit as
// ErrTooExpensive. defined are the goals of the site.
func (e *Engine) Query(ctx context.Context, site schema.Site, body []byte, defined ...goals.Goal) (*Answer, error) {
	answer, err := e.query(ctx, site, body, defined)
	if err != nil {
		return nil, classify(err)
	}
	return answer, nil
}

func (e *Engine) query(ctx context.Context, site schema.Site, body []byte, defined []goals.Goal) (*Answer, error) {
	state, err := e.slices.State(ctx, site.ID)
	if err != nil {
		return nil, err
	}
	q, err := decode(body, site, e.now(), firstEvent(state))
	if err != nil {
		return nil, err
	}
	q.goals = define(defined)
	groups, allRows, err := e.run(ctx, q, compile(q, e.days(state, q), nil))
	if err != nil {
		return nil, err
	}
	answer := &Answer{Results: make([]Row, 0, len(groups)), Query: q.echo()}
	for _, g := range groups {
		answer.Results = append(answer.Results, Row{Dimensions: q.dimensionTexts(g), Metrics: q.metricValues(g.values)})
	}
	if q.include.compared != nil {
		if err := e.compare(ctx, state, q, groups, answer); err != nil {
			return nil, err
		}
	}
	if q.include.totalRows {
		if len(groups) == 0 && q.offset > 0 {
			if allRows, err = e.countRows(ctx, state, q); err != nil {
				return nil, err
			}
		}
		answer.Meta.TotalRows = &allRows
	}
	return answer, e.describe(ctx, state, q, &answer.Meta)
}

// countRows counts what lies before a page that is empty.
func (e *Engine) countRows(ctx context.Context, state *slices.State, q *query) (uint64, error) {
	first := *q
	first.offset, first.limit = 0, 1
	_, allRows, err := e.run(ctx, &first, compile(&first, e.days(state, &first), nil))
	return allRows, err
}

// Freshness says how far the site's events have come.
func (e *Engine) Freshness(ctx context.Context, site schema.Site) (Freshness, error) {
	state, err := e.slices.State(ctx, site.ID)
	if err != nil {
		return Freshness{}, classify(err)
	}
	return freshness(state), nil
}

func freshness(state *slices.State) Freshness {
	newest := state.Newest()
	_, _, at, ok := state.Extent()
	if !ok || newest.OccurredAt.IsZero() {
		return Freshness{}
	}
	occurred, inserted := newest.OccurredAt.UTC(), time.UnixMilli(at).UTC()
	delay := max(0, newest.InsertedAt.Sub(newest.ReceivedAt).Milliseconds())
	return Freshness{LastEventAt: &occurred, InsertedAt: &inserted, DelayMS: &delay}
}

func firstEvent(state *slices.State) time.Time {
	first, _, _, ok := state.Extent()
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(first)
}

// days returns the states of the range's days, as far as there may be events.
func (e *Engine) days(state *slices.State, q *query) []slices.DayState {
	first, last, _, ok := state.Extent()
	if !ok {
		return nil
	}
	newest := max(slices.DayOf(time.UnixMilli(last), q.zone), slices.DayOf(e.now(), q.zone)) + 1
	oldest := slices.DayOf(time.UnixMilli(first), q.zone)
	return state.Days(q.zone, max(q.span.first, oldest), min(q.span.last, newest))
}
