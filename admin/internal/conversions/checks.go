package conversions

import (
	"context"
	"encoding/json"
	"time"
)

// CheckedDay is what the nightly comparison of stored events with sales and conversions found.
type CheckedDay struct {
	ID          string          `json:"id" example:"9"`
	Day         string          `json:"day" doc:"In UTC." example:"2026-03-01"`
	CheckedAt   time.Time       `json:"checked_at" example:"2026-03-02T01:00:00Z"`
	Events      int64           `json:"events" doc:"Stored sales and refunds, as reports count them." example:"120"`
	Sales       int64           `json:"sales" doc:"Those that were read." example:"120"`
	Mended      int64           `json:"mended" doc:"Differences that were mended." example:"0"`
	Differences json.RawMessage `json:"differences" doc:"{kind, event_id, mended}, at most 100." example:"[]"`
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
	all := make([]CheckedDay, len(rows))
	for i, r := range rows {
		all[i] = CheckedDay{number(r.ID), r.Day.Format(time.DateOnly), r.CheckedAt.UTC(), r.Events, r.Sales, r.Mended, r.Differences}
	}
	return all, err
}

// Unclosed counts how many sales or conversions since a time a reconciliation of all sites would leave out or
// count twice, by counting them another way.
func Unclosed(ctx context.Context, q Querier, since time.Time) (int64, error) {
	type counted struct{ Apart, Together int64 }
	rows, err := collect[counted](ctx, q, "count sales another way", `SELECT
  (SELECT count(*) FROM sales s WHERE s.occurred_at >= $1 AND NOT EXISTS (SELECT FROM conversions c WHERE c.sale_id = s.id))
    + (SELECT count(*) FROM conversions c WHERE EXISTS (SELECT FROM sales s WHERE s.id = c.sale_id AND s.site_id = c.site_id AND s.workspace_id = c.workspace_id AND s.occurred_at >= $1)) AS apart,
  (SELECT count(*) FROM sales s LEFT JOIN conversions c ON c.sale_id = s.id JOIN sites t ON t.id = s.site_id AND t.workspace_id = s.workspace_id WHERE s.occurred_at >= $1) AS together`, since)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return max(rows[0].Apart-rows[0].Together, rows[0].Together-rows[0].Apart), nil
}
