package conversions

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
	"noctra/schema/attribution"
)

// keptLonger is for how many days beyond the look-back clicks are kept.
const keptLonger = 30

// findAgainSQL finds clicks as the uploader does (package intake), within another look-back.
const findAgainSQL = `SELECT s.id, c.id, c.kind, c.value, c.clicked_at, c.rule
FROM sales s CROSS JOIN LATERAL (
  (SELECT id, kind, value, clicked_at, 1 AS rule FROM clicks WHERE cardinality(s.click_values) > 0 AND site_id = s.site_id AND value = ANY(s.click_values)
     AND clicked_at + interval '0' <= s.occurred_at AND clicked_at + interval '0' > s.occurred_at - make_interval(days => $2) ORDER BY clicked_at DESC LIMIT $3)
  UNION ALL
  (SELECT id, kind, value, clicked_at, 2 FROM clicks WHERE site_id = s.site_id AND s.visitor_id <> 0 AND visitor_id <> 0 AND visitor_id = s.visitor_id
     AND clicked_at <= s.occurred_at AND clicked_at > s.occurred_at - make_interval(days => $2) ORDER BY clicked_at DESC LIMIT $3)
  UNION ALL
  (SELECT id, kind, value, clicked_at, 3 FROM clicks WHERE site_id = s.site_id AND s.user_hash <> 0 AND user_hash <> 0 AND user_hash = s.user_hash
     AND clicked_at <= s.occurred_at AND clicked_at > s.occurred_at - make_interval(days => $2) ORDER BY clicked_at DESC LIMIT $3)
) c
WHERE s.id = ANY($1)`

// findAgain finds out which clicks would decide sales with another look-back.
func findAgain(ctx context.Context, q Querier, sales map[int64]*triedSale, days int) error {
	rows, err := q.Query(ctx, findAgainSQL, keysOf(sales), days, attribution.LongestPath)
	if err != nil {
		return fmt.Errorf("find clicks again: %w", err)
	}
	var sale int64
	var c attribution.Click
	_, err = pgx.ForEachRow(rows, []any{&sale, &c.ID, &c.Kind, &c.Value, &c.At, &c.Rule}, func() error {
		one := c
		one.At = c.At.UTC()
		sales[sale].candidates = append(sales[sale].candidates, one)
		return nil
	})
	if err != nil {
		return fmt.Errorf("find clicks again: %w", err)
	}
	other := map[int64]*triedSale{}
	for id, s := range sales {
		if s.chooseAgain(days) {
			other[id] = s
		}
	}
	return readConsents(ctx, q, other)
}

// chooseAgain takes the click that would decide the sale, and says whether it is another one.
func (s *triedSale) chooseAgain(days int) (other bool) {
	var own []attribution.Click
	for i := range s.kinds {
		own = append(own, attribution.Click{Kind: s.kinds[i], Value: s.values[i]})
	}
	now := attribution.Click{Kind: s.before.ClickKind, Value: s.before.ClickValue, At: s.before.ClickedAt, Rule: ruleOf(s.rule)}
	listed := slices.ContainsFunc(s.candidates, func(c attribution.Click) bool { return c.Kind == now.Kind && c.Value == now.Value })
	if !listed && now.Kind != "" && now.At.After(s.before.At.AddDate(0, 0, -days)) { // the ledger has forgotten it
		s.candidates = append(s.candidates, now)
	}
	to := attribution.Choose(own, s.candidates).Google
	if to.Kind == now.Kind && to.Value == now.Value {
		s.after.ClickedAt = to.At // unknown, where the sale names a click that is older by now
		return false
	}
	s.after.ClickKind, s.after.ClickValue, s.after.ClickedAt = to.Kind, to.Value, to.At
	s.after.ClickData, s.after.ClickPersona = schema.ConsentUnset, schema.ConsentUnset
	return to.Kind != ""
}

func ruleOf(name string) attribution.Rule {
	for _, r := range []attribution.Rule{attribution.ByClickID, attribution.ByVisitor, attribution.ByUser} {
		if r.String() == name {
			return r
		}
	}
	return attribution.None
}

// readConsents reads what was consented to at other clicks, as the uploader does (package decide).
func readConsents(ctx context.Context, q Querier, sales map[int64]*triedSale) error {
	if len(sales) == 0 {
		return nil
	}
	ids := keysOf(sales)
	kinds, values := make([]string, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		kinds[i], values[i] = sales[id].after.ClickKind, sales[id].after.ClickValue
	}
	rows, err := q.Query(ctx, `SELECT s.id, c.consent_user_data, c.consent_personal FROM unnest($1::bigint[], $2::text[], $3::text[]) AS n (id, kind, value) JOIN sales s ON s.id = n.id
CROSS JOIN LATERAL (SELECT consent_user_data, consent_personal FROM clicks WHERE site_id = s.site_id AND value = n.value AND kind = n.kind
  ORDER BY visitor_id = s.visitor_id DESC, clicked_at DESC LIMIT 1) c`, ids, kinds, values)
	if err != nil {
		return fmt.Errorf("read consents of clicks: %w", err)
	}
	var id int64
	var data, personal schema.Consent
	_, err = pgx.ForEachRow(rows, []any{&id, &data, &personal}, func() error {
		sales[id].after.ClickData, sales[id].after.ClickPersona = data, personal
		return nil
	})
	if err != nil {
		return fmt.Errorf("read consents of clicks: %w", err)
	}
	return nil
}

// clickSums adds up what becomes of clicks.
type clickSums struct {
	Clicks
	gained, lost, moved figure
}

// knownSince finds out how far back the ledger goes.
func (t *trying) knownSince(ctx context.Context, q Querier) error {
	rows, err := q.Query(ctx, `SELECT lookback_days FROM sites WHERE id = $1`, t.Site)
	if err != nil {
		return fmt.Errorf("read look-back: %w", err)
	}
	days, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
	if err != nil {
		return fmt.Errorf("read look-back: %w", err)
	}
	t.clicks = &clickSums{Clicks: Clicks{Known: t.Now.AddDate(0, 0, -days-keptLonger).UTC().Truncate(24 * time.Hour)}}
	return nil
}

// add compares what decides a sale with what would.
func (s *clickSums) add(t *triedSale) {
	if s == nil || t.before.GoalID != 0 {
		return
	}
	s.Looked++
	if t.before.ClickKind == t.after.ClickKind && t.before.ClickValue == t.after.ClickValue {
		return
	}
	s.Changed++
	into := &s.moved
	switch {
	case t.before.ClickKind == "":
		into = &s.gained
	case t.after.ClickKind == "":
		into = &s.lost
	}
	into.add(1, t.before.Currency, strconv.FormatInt(t.before.Amount, 10))
}

func (s *clickSums) view() *Clicks {
	if s == nil {
		return nil
	}
	s.Gained, s.Lost, s.Moved = s.gained.view(), s.lost.view(), s.moved.view()
	return &s.Clicks
}
