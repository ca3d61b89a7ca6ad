package conversions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema/eligibility"
)

// Trial is what other rules would make of past sales, as of now. A hold of the workspace is left out: it would
// hide what the rules do.
type Trial struct {
	From       time.Time `json:"from" doc:"Sales from then on were tried." example:"2026-02-01T00:00:00Z"`
	Cut        bool      `json:"cut" doc:"There are more sales in these days than are tried at once: the newest ones were, those from on." example:"false"`
	Looked     int64     `json:"looked" doc:"Conversions that were tried: a sale once for each action that takes it." example:"1200"`
	Changed    int64     `json:"changed" doc:"Those that would be other ones, and can be." example:"14"`
	Changes    []Change  `json:"changes" doc:"Of those, most first."`
	AtGoogle   int64     `json:"at_google" doc:"Those that would be other ones, and were sent already." example:"800"`
	Sent       []Change  `json:"sent" doc:"Of those, most first; then says what becomes of them."`
	Examples   []Example `json:"examples" doc:"At most 20, of each group the newest."`
	WindowDays int       `json:"window_days,omitempty" doc:"Of an action that is not chosen yet: Google's window from click to conversion with which it was tried, 90 where Google did not say." example:"30"`
	Clicks     *Clicks   `json:"clicks,omitempty" doc:"Of another look-back: what becomes of the sales' clicks."`
}

// Change is what several conversions would become.
type Change struct {
	Before       Standing          `json:"before"`
	After        Standing          `json:"after"`
	Differs      []string          `json:"differs" enum:"state,time,value,click,identifiers" doc:"In what they would be other ones." example:"[\"value\"]"`
	Then         string            `json:"then,omitempty" enum:"stays,restated,enhanced,restated_and_enhanced,resumed" doc:"Of those that were sent. stays: as it is at Google. restated: Google is told the new value. enhanced: Google is told the hashed identifiers. resumed: it was stopped as consent was denied, and is sent again." example:"stays"`
	Count        int64             `json:"count" example:"14"`
	ValuesBefore map[string]string `json:"values_before" doc:"By currency; of those that were sent, what Google has." example:"{\"EUR\": \"698.60\"}"`
	ValuesAfter  map[string]string `json:"values_after" doc:"By currency." example:"{\"EUR\": \"70.00\"}"`
}

// Standing is where a conversion is or would be.
type Standing struct {
	State  string `json:"state" enum:"none,waiting,ready,sending,received,accepted,rejected,unknown,held" doc:"none: there is no conversion." example:"waiting"`
	Reason string `json:"reason,omitempty" example:"delay"`
	Words  string `json:"words,omitempty" doc:"Of the reason." example:"It waits as long as the action's delay says"`
}

// Example is one conversion that would be another one.
type Example struct {
	ConversionID string    `json:"conversion_id,omitempty" doc:"None where there is none yet." example:"17"`
	EventID      string    `json:"event_id" example:"0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11"`
	OrderID      string    `json:"order_id,omitempty" example:"A-1001"`
	SoldAt       time.Time `json:"sold_at" example:"2026-03-01T09:30:00Z"`
	AtGoogle     bool      `json:"at_google" example:"false"`
	Then         string    `json:"then,omitempty" enum:"stays,restated,enhanced,restated_and_enhanced,resumed" example:"stays"`
	Before       Would     `json:"before"`
	After        Would     `json:"after"`
}

// Would is what is or would be sent.
type Would struct {
	Standing
	Value       *string `json:"value,omitempty" example:"49.90"`
	Currency    string  `json:"currency,omitempty" example:"EUR"`
	ClickKind   string  `json:"click_kind,omitempty" example:"gclid"`
	ClickID     string  `json:"click_id,omitempty" doc:"Masked." example:"CjwK…x3Qw"`
	Identifiers bool    `json:"identifiers" doc:"Hashed e-mail or phone go with it." example:"false"`
}

// Clicks is what becomes of the clicks of sales.
type Clicks struct {
	Looked  int64     `json:"looked" doc:"Sales that were tried." example:"1200"`
	Changed int64     `json:"changed" doc:"Sales that another click would decide, or one at all, or none." example:"14"`
	Gained  Figure    `json:"gained" doc:"Sales that would have a click and have none."`
	Lost    Figure    `json:"lost" doc:"Sales that would have none and have one."`
	Moved   Figure    `json:"moved" doc:"Sales that another click would decide."`
	Known   time.Time `json:"known" doc:"Older clicks are no longer kept, and cannot be found." example:"2025-11-01T00:00:00Z"`
}

// Rules are those that are tried over the sales of a site.
type Rules struct {
	Site     int64
	Since    time.Time
	Now      time.Time
	Lookback int                       // days; 0: clicks stay as they are
	Mapping  int64                     // the action that changes; 0: none
	Change   func(*eligibility.Action) // makes the action what is tried
	New      *eligibility.Action       // one that is not chosen yet; nil: none
}

// Bounds of a trial. Parts grow, so that a site whose sales are slow to judge is answered in time as well; the
// first is judged whatever it takes.
const (
	firstTried   = 250
	triedAtOnce  = 2000
	mostTried    = 20_000
	tryFor       = 1200 * time.Millisecond // after which no other part is begun
	tryAtMost    = 1800 * time.Millisecond // after which a part that was begun is left out
	mostExamples = 20
)

// pair is an action as it is and as it would be.
type pair struct {
	before *eligibility.Action // nil: it is not there
	after  *eligibility.Action
}

// mapping is how conversions know the action.
func (p pair) mapping() int64 { return p.after.ID }

// Try judges past sales by rules as they are and as they would be. Nothing is kept.
func Try(ctx context.Context, q Querier, rules Rules) (*Trial, error) {
	pairs, err := pairsOf(ctx, q, rules)
	if err != nil {
		return nil, err
	}
	t := &trying{Rules: rules, pairs: pairs, began: time.Now(), sums: newTriedSums(), trial: &Trial{From: rules.Now}}
	if rules.Lookback > 0 {
		if err := t.knownSince(ctx, q); err != nil {
			return nil, err
		}
	}
	before, n := Place{SoldAt: rules.Now.AddDate(1, 0, 0)}, firstTried
	for {
		sales, err := t.part(ctx, q, before, n)
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			t.trial.Cut = true
			break
		}
		if err != nil {
			return nil, err
		}
		for _, s := range sales {
			t.judge(s)
		}
		if len(sales) < n {
			break
		}
		last := sales[len(sales)-1].before
		before = Place{SoldAt: last.At, ID: last.ID}
		if t.tried += len(sales); t.tried >= mostTried || time.Since(t.began) > tryFor {
			t.trial.Cut = true
			break
		}
		n = min(2*n, triedAtOnce, mostTried-t.tried)
	}
	return t.view(), nil
}

// trying is a trial in the making.
type trying struct {
	Rules
	pairs  []pair
	began  time.Time
	tried  int
	sums   *triedSums
	clicks *clickSums
	trial  *Trial
}

// part reads the next sales before a place with everything that they are judged by.
func (t *trying) part(ctx context.Context, q Querier, before Place, n int) ([]*triedSale, error) {
	if t.tried > 0 {
		within, cancel := context.WithDeadline(ctx, t.began.Add(tryAtMost))
		defer cancel()
		ctx = within
	}
	sales, err := readTried(ctx, q, t.Rules, goalsOf(t.pairs), before, n)
	if err != nil || len(sales) == 0 {
		return sales, err
	}
	byID := make(map[int64]*triedSale, len(sales))
	for _, s := range sales {
		byID[s.before.ID] = s
	}
	if err := readStandings(ctx, q, byID, t.pairs); err != nil {
		return nil, err
	}
	if err := readBack(ctx, q, byID); err != nil {
		return nil, err
	}
	if err := readSpoken(ctx, q, byID, t.pairs); err != nil {
		return nil, err
	}
	for _, s := range sales {
		s.after = s.before
	}
	if t.Lookback > 0 {
		err = findAgain(ctx, q, byID, t.Lookback)
	}
	return sales, err
}

func goalsOf(pairs []pair) []int64 {
	goals := []int64{0}
	for _, p := range pairs {
		if !slices.Contains(goals, p.after.GoalID) {
			goals = append(goals, p.after.GoalID)
		}
	}
	return goals
}

// pairsOf returns the actions that are looked at: the one that changes, or all that clicks matter to.
func pairsOf(ctx context.Context, q Querier, rules Rules) (pairs []pair, err error) {
	rows, err := q.Query(ctx, eligibility.SelectActions, []int64{rules.Site})
	if err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[eligibility.Action])
	if err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	for _, a := range all {
		a.WorkspaceHeld = false
	}
	if rules.New != nil {
		return pairsOfNew(ctx, q, rules.New, all)
	}
	for _, a := range all {
		if a.Removed || rules.Mapping != 0 && a.ID != rules.Mapping {
			continue
		}
		after := *a
		if rules.Change != nil {
			rules.Change(&after)
		}
		pairs = append(pairs, pair{a, &after})
	}
	return pairs, nil
}

// pairsOfNew are an action that is not chosen yet, and those that were chosen for the same and removed: what they sent goes
// on by its connection.
func pairsOfNew(ctx context.Context, q Querier, made *eligibility.Action, all []*eligibility.Action) ([]pair, error) {
	rows, err := q.Query(ctx, `SELECT coalesce((SELECT site_id <> $2 FROM conversion_actions WHERE action_id = $1 ORDER BY id LIMIT 1), false)`, made.ActionID, made.SiteID)
	if err != nil {
		return nil, fmt.Errorf("look for other sites of an action: %w", err)
	}
	if made.Later, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[bool]); err != nil {
		return nil, fmt.Errorf("look for other sites of an action: %w", err)
	}
	pairs := []pair{{nil, made}}
	for _, a := range all {
		if after := a.StandIn([]*eligibility.Action{made}); after != a {
			pairs = append(pairs, pair{a, after})
		}
	}
	return pairs, nil
}
