package report

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	visits "noctra/admin/internal/slices"
	"noctra/schema"
)

// rangeFacts are what is known of a range whatever the filters: bots' events, and currencies.
type rangeFacts struct {
	readAt     time.Time
	bots       uint64
	currencies []string
}

func (f rangeFacts) hasOther(currency string) bool {
	for _, c := range f.currencies {
		if c != currency && c != "" {
			return true
		}
	}
	return false
}

// rangeCache keeps facts for a moment, so that the ten queries of a page ask once.
type rangeCache struct {
	now    func() time.Time
	flight *singleflight.Group
	mu     *sync.Mutex
	facts  map[rangeKey]rangeFacts
}

type rangeKey struct {
	site schema.SiteID
	span visits.Span
}

const (
	factsAge     = time.Second
	factsTimeout = time.Minute // longer than the reader's own limit
	mostFacts    = 1000
)

func newRangeCache(now func() time.Time) rangeCache {
	return rangeCache{now: now, flight: &singleflight.Group{}, mu: &sync.Mutex{}, facts: map[rangeKey]rangeFacts{}}
}

func (c rangeCache) get(key rangeKey) (rangeFacts, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.facts[key]
	return f, ok && c.now().Sub(f.readAt) < factsAge
}

func (c rangeCache) put(key rangeKey, f rangeFacts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.facts) >= mostFacts {
		clear(c.facts)
	}
	c.facts[key] = f
}

// aboutRange returns the facts of the query's range; those who ask at the same time share one look.
func (e *Engine) aboutRange(ctx context.Context, state *visits.State, q *query) (rangeFacts, error) {
	key := rangeKey{q.site.ID, q.span.Span}
	if f, ok := e.ranges.get(key); ok {
		return f, nil
	}
	got := e.ranges.flight.DoChan(fmt.Sprint(key), func() (any, error) {
		return e.readRange(context.WithoutCancel(ctx), aboutSQL(q, e.days(state, q)), key)
	})
	select {
	case <-ctx.Done():
		return rangeFacts{}, ctx.Err()
	case result := <-got:
		if result.Err != nil {
			return rangeFacts{}, fmt.Errorf("count bots: %w", result.Err)
		}
		return result.Val.(rangeFacts), nil
	}
}

func (e *Engine) readRange(ctx context.Context, sql string, key rangeKey) (rangeFacts, error) {
	ctx, cancel := context.WithTimeout(ctx, factsTimeout)
	defer cancel()
	f := rangeFacts{readAt: e.now()}
	rows, err := e.conn.Query(ctx, "SELECT sum(b), groupUniqArrayArray(c) FROM ("+sql+")")
	if err != nil {
		return f, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(&f.bots, &f.currencies); err != nil {
			return f, err
		}
	}
	if err := rows.Err(); err != nil {
		return f, err
	}
	e.ranges.put(key, f)
	return f, nil
}

// aboutSQL takes clean days from rollups or slices, all others from raw events.
func aboutSQL(q *query, days []visits.DayState) string {
	var clean, rolled []string
	raw := []visits.Span{}
	for _, d := range days {
		switch {
		case d.Empty:
		case d.Mode == visits.Clean && q.span.whole && d.Rolled(q.site.Currency):
			rolled = append(rolled, d.Key())
		case d.Mode == visits.Clean && q.span.whole:
			clean = append(clean, d.Key())
		default:
			raw = append(raw, visits.Span{From: max(d.From, q.span.From), To: min(d.To, q.span.To)})
		}
	}
	sql := "SELECT countIf(is_bot = 1) AS b, groupUniqArrayIf(toString(currency), kind != 'held_sale') AS c FROM events WHERE " + visits.RawRows(q.site.ID, visits.Joined(raw))
	if len(clean) > 0 {
		sql += fmt.Sprintf(` UNION ALL SELECT sumIf(toUInt64(events), bot = 1) AS b, groupUniqArrayArray(arrayMap(x -> toString(x), m_currency)) AS c
			FROM visits WHERE site_id = %d AND (day, gen) IN (%s)`, q.site.ID, strings.Join(clean, ", "))
	}
	if len(rolled) > 0 {
		sql += fmt.Sprintf(" UNION ALL SELECT sum(toUInt64(events)) AS b, groupUniqArray(text) AS c FROM rollup WHERE site_id = %d AND dim = %d AND (day, gen) IN (%s)",
			q.site.ID, visits.RollupDay, strings.Join(rolled, ", "))
	}
	return sql
}
