package conversions

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// CheckedDay is what the nightly comparison of stored events with sales and conversions found.
type CheckedDay struct {
	ID          string       `json:"id" example:"9"`
	Day         string       `json:"day" doc:"In UTC." example:"2026-03-01"`
	CheckedAt   time.Time    `json:"checked_at" example:"2026-03-02T01:00:00Z"`
	Events      int64        `json:"events" doc:"Stored sales and refunds, as reports count them." example:"120"`
	Sales       int64        `json:"sales" doc:"Those that were read." example:"120"`
	Mended      int64        `json:"mended" doc:"Differences that were mended." example:"1"`
	Differences []Difference `json:"differences" doc:"At most 100."`
}

// Difference is one that the comparison found.
type Difference struct {
	Kind    string `json:"kind" enum:"missing_sale,surplus_sale,missing_conversion" example:"missing_sale"`
	Words   string `json:"words" example:"Its event is stored, and it was not read"`
	EventID string `json:"event_id" example:"0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11"`
	Mended  bool   `json:"mended" doc:"It was read or decided again, and had not been before. If not, it stays." example:"true"`
}

// differenceWords are of the kinds that the uploader finds (package check).
var differenceWords = map[string]string{
	"missing_sale":       "Its event is stored, and it was not read",
	"surplus_sale":       "It was read, and its event is not stored",
	"missing_conversion": "No conversion was made of it for an action that takes it",
}

// Checks returns what was found, the newest first.
func Checks(ctx context.Context, q Querier, site, below int64, most int32) ([]CheckedDay, error) {
	type check struct {
		ID                    int64
		Day, CheckedAt        time.Time
		Events, Sales, Mended int64
		Differences           []byte
	}
	rows, err := collect[check](ctx, q, "list checks", `SELECT id, day, checked_at, events, sales, mended, differences FROM conversion_checks WHERE site_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, site, below, most)
	if err != nil {
		return nil, err
	}
	all := make([]CheckedDay, len(rows))
	for i, r := range rows {
		all[i] = CheckedDay{number(r.ID), r.Day.Format(time.DateOnly), r.CheckedAt.UTC(), r.Events, r.Sales, r.Mended, []Difference{}}
		if err := json.Unmarshal(r.Differences, &all[i].Differences); err != nil {
			return nil, fmt.Errorf("list checks: %w", err)
		}
		for j, d := range all[i].Differences {
			all[i].Differences[j].Words = differenceWords[d.Kind]
		}
	}
	return all, nil
}

// Unclosed counts how many sales or conversions since a time a reconciliation of all sites would leave out or
// count twice, by counting them another way: rows first, then the sums of days by whatever they are added up by.
// Days whose sums are wrong are marked, so that they are added up again.
func Unclosed(ctx context.Context, q Querier, since time.Time) (int64, error) {
	n := int64(0)
	for _, sql := range []string{countedApart, summedWrong} {
		type counted struct{ Difference int64 }
		rows, err := collect[counted](ctx, q, "count sales another way", sql, since)
		if err != nil {
			return 0, err
		}
		for _, row := range rows {
			n += row.Difference
		}
	}
	return n, nil
}

const countedApart = `SELECT abs(
  (SELECT count(*) FROM sales s WHERE s.occurred_at >= $1 AND NOT EXISTS (SELECT FROM conversions c WHERE c.sale_id = s.id))
    + (SELECT count(*) FROM conversions c WHERE EXISTS (SELECT FROM sales s WHERE s.id = c.sale_id AND s.site_id = c.site_id AND s.workspace_id = c.workspace_id AND s.occurred_at >= $1))
    - (SELECT count(*) FROM sale_units u WHERE u.occurred_at >= $1)) AS difference`

// summedWrong is about whole days, in the zone of each site, that are not marked.
const summedWrong = `WITH differences AS (
  SELECT site_id, day, abs(sum(count)) AS n FROM (
    SELECT site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency, count, amount, google_amount
    FROM sale_sums WHERE day > ($1::timestamptz AT TIME ZONE 'UTC')::date + 1
    UNION ALL
    SELECT site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency, -count(*), -sum(amount), -sum(google_amount)
    FROM sale_units WHERE occurred_at >= $1 AND day > ($1::timestamptz AT TIME ZONE 'UTC')::date + 1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) both_ways
  GROUP BY site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency
  HAVING sum(count) <> 0 OR sum(amount) <> 0 OR sum(google_amount) <> 0),
wrong AS (
  SELECT d.site_id, (d.day + time '12:00') AT TIME ZONE t.time_zone AS noon, sum(greatest(d.n, 1)) AS n
  FROM differences d JOIN sites t ON t.id = d.site_id
  WHERE NOT EXISTS (SELECT FROM sale_marks m WHERE m.site_id = d.site_id AND d.day BETWEEN (m.from_at AT TIME ZONE t.time_zone)::date AND (m.to_at AT TIME ZONE t.time_zone)::date)
  GROUP BY 1, 2),
again AS (INSERT INTO sale_marks (site_id, from_at, to_at) SELECT site_id, noon, noon FROM wrong)
SELECT coalesce(sum(n), 0)::bigint AS difference FROM wrong`
