package report

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/admin/internal/slices"
	"noctra/schema"
)

// What Live looks at.
const (
	liveMinutes = 30
	liveNow     = 5 * time.Minute // a visitor with an event in it is there now
	livePages   = 10
	liveAhead   = 5 * time.Minute // senders' clocks may run ahead that far
)

// Live is a site's last half hour: thirty buckets of one minute, the last of them still open.
// Figures of 30 minutes are of the same stretch. Bots and the product's own probes are left out.
type Live struct {
	At           time.Time    `json:"at"`
	VisitorsNow  uint64       `json:"visitors_now"` // distinct, of the last five minutes
	Visitors30m  uint64       `json:"visitors_30m"`
	Pageviews30m uint64       `json:"pageviews_30m"`
	Events30m    uint64       `json:"events_30m"` // of every kind
	Minutes      []LiveMinute `json:"minutes"`
	Pages        []LivePage   `json:"pages"`         // the ten with most visitors in the last five minutes
	LastEventAt  *time.Time   `json:"last_event_at"` // these three as in Freshness
	InsertedAt   *time.Time   `json:"inserted_at"`
	DelayMS      *int64       `json:"delay_ms"`
}

// LiveMinute is one minute, by its beginning.
type LiveMinute struct {
	Minute    time.Time `json:"minute"`
	Pageviews uint64    `json:"pageviews"`
	Visitors  uint64    `json:"visitors"`
}

// LivePage is a page with the distinct visitors who had an event on it.
type LivePage struct {
	Page     string `json:"page"`
	Visitors uint64 `json:"visitors"`
}

// Live returns the figures of this moment. It reads the site's rows of the last half hour, once.
// The figures change with time alone too, so ask every few seconds even when Mark stays the same.
func (e *Engine) Live(ctx context.Context, site schema.Site) (Live, error) {
	state, err := e.slices.State(ctx, site.ID)
	if err != nil {
		return Live{}, classify(err)
	}
	now := e.now().UTC()
	out := emptyLive(now)
	fresh := freshness(state)
	out.LastEventAt, out.InsertedAt, out.DelayMS = fresh.LastEventAt, fresh.InsertedAt, fresh.DelayMS
	if _, last, _, ok := state.Extent(); !ok || last+time.Hour.Milliseconds() <= out.Minutes[0].Minute.UnixMilli() {
		return out, nil // nothing in the half hour: a quiet site costs no look at its rows
	}
	rows, err := e.conn.Query(ctx, liveSQL(site.ID, now))
	if err != nil {
		return Live{}, classify(fmt.Errorf("read live figures: %w", err))
	}
	defer func() { _ = rows.Close() }()
	if err := out.read(rows); err != nil {
		return Live{}, classify(fmt.Errorf("read live figures: %w", err))
	}
	return out, nil
}

func emptyLive(now time.Time) Live {
	out := Live{At: now, Minutes: make([]LiveMinute, liveMinutes), Pages: []LivePage{}}
	for i := range out.Minutes {
		out.Minutes[i].Minute = now.Truncate(time.Minute).Add(time.Duration(i+1-liveMinutes) * time.Minute)
	}
	return out
}

// Kinds of the rows of liveSQL.
const (
	liveTotal  = 0
	liveMinute = 1
	livePage   = 2
)

// liveSQL gives one row for the whole, one per minute with events, and the first pages. Events that
// are ahead of the clock belong to the minute that is open.
func liveSQL(site schema.SiteID, now time.Time) string {
	current := now.Truncate(time.Minute)
	span := slices.Span{From: current.Add((1 - liveMinutes) * time.Minute).UnixMilli(), To: now.Add(liveAhead).UnixMilli()}
	return fmt.Sprintf(`SELECT toUInt8(multiIf(grouping(minute) = 0, %[2]d, grouping(path) = 0, %[3]d, %[1]d)) AS what, minute, toString(path) AS page,
		countIf(kind = 'pageview') AS pageviews, count() AS events, uniqExactIf(visitor_id, visitor_id != 0) AS visitors, uniqExactIf(visitor_id, visitor_id != 0 AND now) AS visitors_now
		FROM (SELECT least(toUInt32(intDiv(toUnixTimestamp64Milli(occurred_at) - %[4]d, 60000)), toUInt32(%[5]d)) AS minute, path, kind, visitor_id,
			toUnixTimestamp64Milli(occurred_at) > %[6]d AS now FROM events WHERE %[7]s AND is_bot = 0)
		GROUP BY GROUPING SETS ((), (minute), (path))
		HAVING what != %[3]d OR (page != '' AND visitors_now > 0)
		ORDER BY what, if(what = %[3]d, visitors_now, 0) DESC, page, minute LIMIT %[8]d`,
		liveTotal, liveMinute, livePage, span.From, liveMinutes-1, now.Add(-liveNow).UnixMilli(),
		slices.RawRows(site, []slices.Span{span}), 1+liveMinutes+livePages)
}

func (l *Live) read(rows driver.Rows) error {
	for rows.Next() {
		var what uint8
		var minute uint32
		var page string
		var pageviews, events, visitors, visitorsNow uint64
		if err := rows.Scan(&what, &minute, &page, &pageviews, &events, &visitors, &visitorsNow); err != nil {
			return err
		}
		switch {
		case what == liveTotal:
			l.Pageviews30m, l.Events30m, l.Visitors30m, l.VisitorsNow = pageviews, events, visitors, visitorsNow
		case what == liveMinute && int(minute) < len(l.Minutes):
			l.Minutes[minute].Pageviews, l.Minutes[minute].Visitors = pageviews, visitors
		case what == livePage && len(l.Pages) < livePages:
			l.Pages = append(l.Pages, LivePage{Page: strings.ToValidUTF8(page, "\uFFFD"), Visitors: visitorsNow})
		}
	}
	return rows.Err()
}

// Mark is a fingerprint of what has been inserted for a site. Two that are equal mean that nothing
// came in between; two that differ mostly mean that something did.
type Mark struct {
	At   time.Time // newest time of insertion, zero without any
	rows uint64
}

// Mark asks whether a site received rows, for a small part of what a report costs.
func (e *Engine) Mark(ctx context.Context, site schema.Site) (Mark, error) {
	// Of two inserts that overlap, the one that began first may show last: the newest time stays then,
	// but the number of rows, which grows by every insert and falls by merges, does not.
	rows, err := e.conn.Query(ctx, fmt.Sprintf("SELECT max(at), count() FROM touched WHERE site_id = %d", site.ID))
	if err != nil {
		return Mark{}, classify(fmt.Errorf("read mark: %w", err))
	}
	defer func() { _ = rows.Close() }()
	var mark Mark
	for rows.Next() {
		if err := rows.Scan(&mark.At, &mark.rows); err != nil {
			return Mark{}, classify(fmt.Errorf("read mark: %w", err))
		}
	}
	if err := rows.Err(); err != nil {
		return Mark{}, classify(fmt.Errorf("read mark: %w", err))
	}
	if mark.rows == 0 {
		return Mark{}, nil
	}
	return mark, nil
}
