package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5"

	"noctra/internal/clickhouse"
	"noctra/schema/goals"
)

const mostGoalText = 64 << 10 // of SQL, of goals in one question; ClickHouse takes 256 kB

// wantedGoal is a goal that is a conversion somewhere.
type wantedGoal struct {
	ID, Site   int64
	Definition []byte
	Currency   string
	Since      time.Time
}

// selectGoals finds goals that are mapped to an action, and from when on they are sent.
const selectGoals = `SELECT g.id, g.site_id, g.definition, s.currency, min(m.since)
FROM conversion_actions m JOIN goals g ON g.id = m.goal_id JOIN sites s ON s.id = g.site_id
WHERE m.removed_at IS NULL AND g.site_id = m.site_id
GROUP BY g.id, s.id ORDER BY g.site_id, g.id`

// selectReached has a row for each goal that an event reaches. A goal has no money of the event: an
// action gives it a value of its own.
const selectReached = `SELECT * REPLACE (toInt64(0) AS amount, '' AS currency) FROM (SELECT ` + eventColumns + `, goal
FROM (SELECT *, arrayJoin(arrayConcat(%s)) AS goal FROM events WHERE %s AND site_id IN (%s))
ORDER BY kafka_offset)`

// readGoals returns the events of the span that reach goals which are conversions, once for each goal,
// by the definitions as they are now.
func readGoals(ctx context.Context, tx pgx.Tx, conn Conn, s span) ([]event, error) {
	rows, err := tx.Query(ctx, selectGoals)
	if err != nil {
		return nil, fmt.Errorf("read goals that are conversions: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[wantedGoal])
	if err != nil {
		return nil, fmt.Errorf("read goals that are conversions: %w", err)
	}
	if len(all) == 0 {
		return nil, nil
	}
	q := &goalQuestion{conn: conn, span: s}
	if err := q.ask(ctx, all); err != nil {
		return nil, fmt.Errorf("read goals of partition %d from %d: %w", s.partition, s.from, err)
	}
	return q.reached, nil
}

// goalQuestion asks ClickHouse for some goals at a time.
type goalQuestion struct {
	conn    Conn
	span    span
	tests   []string
	sites   []string
	size    int // of tests
	reached []event
}

func (q *goalQuestion) ask(ctx context.Context, all []wantedGoal) error {
	there, err := sitesOf(ctx, q.conn, q.span)
	if err != nil {
		return err
	}
	for _, g := range all {
		if !there[g.Site] {
			continue
		}
		test, err := g.test()
		if err != nil {
			return err
		}
		q.tests, q.sites, q.size = append(q.tests, test), append(q.sites, fmt.Sprint(g.Site)), q.size+len(test)
		if q.size < mostGoalText {
			continue
		}
		if err := q.flush(ctx); err != nil {
			return err
		}
	}
	return q.flush(ctx)
}

func (q *goalQuestion) flush(ctx context.Context) error {
	if len(q.tests) == 0 {
		return nil
	}
	sql := fmt.Sprintf(selectReached, strings.Join(q.tests, ", "), q.span.where(), strings.Join(q.sites, ", "))
	q.tests, q.sites, q.size = nil, nil, 0
	return clickhouse.Each(ctx, q.conn, sql, func(rows driver.Rows) error {
		var e event
		err := rows.ScanStruct(&e)
		q.reached = append(q.reached, e)
		return err
	})
}

// test is the SQL of an array with the goal's id where an event reaches it, and of an empty one elsewhere.
func (g wantedGoal) test() (string, error) {
	var m goals.Match
	if err := json.Unmarshal(g.Definition, &m); err != nil {
		return "", fmt.Errorf("read goal %d: %w", g.ID, err)
	}
	return fmt.Sprintf("if(site_id = %d AND toUnixTimestamp64Milli(occurred_at) >= %d AND %s, [toInt64(%d)], [])",
		g.Site, g.Since.UnixMilli(), m.SQL(g.Currency, clickhouse.Quote), g.ID), nil
}

// sitesOf returns the sites that have events in the span: most have no goal that is a conversion.
func sitesOf(ctx context.Context, conn Conn, s span) (map[int64]bool, error) {
	there := map[int64]bool{}
	err := clickhouse.Each(ctx, conn, "SELECT DISTINCT site_id FROM events WHERE "+s.where(), func(rows driver.Rows) error {
		var site uint64
		err := rows.Scan(&site)
		there[int64(site)] = true
		return err
	})
	return there, err
}
