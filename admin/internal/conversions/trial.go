package conversions

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema/attribution"
)

// Trial is what another look-back would have made of past sales.
type Trial struct {
	Looked   int       `json:"looked" doc:"Sales that were tried, the newest ones of the days." example:"1200"`
	Cut      bool      `json:"cut" doc:"There are more sales in these days than are tried." example:"false"`
	Changed  int       `json:"changed" doc:"Sales that another click would decide, or one at all, or none." example:"14"`
	Gained   Figure    `json:"gained" doc:"Sales that would have a click and have none."`
	Lost     Figure    `json:"lost" doc:"Sales that would have none and have one."`
	Moved    Figure    `json:"moved" doc:"Sales that another click would decide."`
	Examples []Example `json:"examples" doc:"At most 50."`
}

// Example is a sale that would change.
type Example struct {
	EventID    string    `json:"event_id" example:"0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11"`
	SoldAt     time.Time `json:"sold_at" example:"2026-03-01T09:30:00Z"`
	Value      string    `json:"value" example:"49.90"`
	Currency   string    `json:"currency" example:"EUR"`
	BeforeKind string    `json:"before_kind,omitempty" example:"gclid"`
	Before     string    `json:"before,omitempty" doc:"Masked click id." example:"CjwK…x3Qw"`
	AfterKind  string    `json:"after_kind,omitempty" example:"gclid"`
	After      string    `json:"after,omitempty" doc:"Masked click id." example:"CjwK…9aZq"`
}

const (
	mostTried    = 20_000
	mostExamples = 50
)

// selectTried finds clicks as the uploader does (package intake), within another look-back.
const selectTried = `WITH tried AS (SELECT * FROM sales WHERE site_id = $1 AND goal_id = 0 AND occurred_at >= $2 ORDER BY occurred_at DESC LIMIT $3)
SELECT s.id, s.event_id, s.occurred_at, s.amount, s.currency, s.click_kinds, s.click_values, coalesce(s.google_kind, ''), coalesce(s.google_value, ''), c.id, c.kind, c.value, c.clicked_at, c.rule
FROM tried s LEFT JOIN LATERAL (
  (SELECT id, kind, value, clicked_at, 1 AS rule FROM clicks WHERE site_id = s.site_id AND value = ANY(s.click_values)
     AND clicked_at <= s.occurred_at AND clicked_at > s.occurred_at - make_interval(days => $4) ORDER BY clicked_at DESC LIMIT 20)
  UNION ALL
  (SELECT id, kind, value, clicked_at, 2 FROM clicks WHERE site_id = s.site_id AND s.visitor_id <> 0 AND visitor_id <> 0 AND visitor_id = s.visitor_id
     AND clicked_at <= s.occurred_at AND clicked_at > s.occurred_at - make_interval(days => $4) ORDER BY clicked_at DESC LIMIT 20)
  UNION ALL
  (SELECT id, kind, value, clicked_at, 3 FROM clicks WHERE site_id = s.site_id AND s.user_hash <> 0 AND user_hash <> 0 AND user_hash = s.user_hash
     AND clicked_at <= s.occurred_at AND clicked_at > s.occurred_at - make_interval(days => $4) ORDER BY clicked_at DESC LIMIT 20)
) c ON true
ORDER BY s.occurred_at DESC, s.id`

// tried is a sale with the clicks that may have led to it.
type tried struct {
	id            int64
	event         string
	sold          time.Time
	amount        int64
	currency      string
	kinds, values []string
	kind, value   string // of the click that decides now
	candidates    []attribution.Click
}

// triedSums is a trial in the making.
type triedSums struct {
	Trial
	gained, lost, moved figure
}

// Try finds clicks of a site's sales since a time anew, with another look-back. Nothing is kept.
func Try(ctx context.Context, q Querier, site int64, since time.Time, lookbackDays int) (*Trial, error) {
	rows, err := q.Query(ctx, selectTried, site, since, mostTried+1, lookbackDays)
	if err != nil {
		return nil, fmt.Errorf("try attribution: %w", err)
	}
	sums := &triedSums{Trial: Trial{Examples: []Example{}}}
	var r, last tried
	var click, rule *int64
	var kind, value *string
	var at *time.Time
	_, err = pgx.ForEachRow(rows, []any{&r.id, &r.event, &r.sold, &r.amount, &r.currency, &r.kinds, &r.values, &r.kind, &r.value, &click, &kind, &value, &at, &rule}, func() error {
		if r.id != last.id {
			sums.add(last)
			last = r
			last.candidates = nil
		}
		if click != nil {
			last.candidates = append(last.candidates, attribution.Click{ID: *click, Kind: *kind, Value: *value, At: at.UTC(), Rule: attribution.Rule(*rule)})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("try attribution: %w", err)
	}
	sums.add(last)
	sums.Gained, sums.Lost, sums.Moved = sums.gained.view(), sums.lost.view(), sums.moved.view()
	return &sums.Trial, nil
}

// add compares what decides a sale with what would.
func (s *triedSums) add(t tried) {
	switch {
	case t.id == 0:
		return
	case s.Looked >= mostTried:
		s.Cut = true
		return
	}
	s.Looked++
	var own []attribution.Click
	for i := range t.kinds {
		own = append(own, attribution.Click{Kind: t.kinds[i], Value: t.values[i]})
	}
	to := attribution.Choose(own, t.candidates).Google
	if to.Kind == t.kind && to.Value == t.value {
		return
	}
	s.Changed++
	into := &s.moved
	switch {
	case t.kind == "":
		into = &s.gained
	case to.Kind == "":
		into = &s.lost
	}
	into.add(1, t.currency, strconv.FormatInt(t.amount, 10))
	if len(s.Examples) < mostExamples {
		s.Examples = append(s.Examples, Example{t.event, t.sold.UTC(), *money(&t.amount), t.currency, t.kind, Mask(t.value), to.Kind, Mask(to.Value)})
	}
}
