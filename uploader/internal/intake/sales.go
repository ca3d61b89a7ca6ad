package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
	"noctra/schema/attribution"
)

// insertSales numbers sales in the order in which they are read: of several with one order the first counts.
const insertSales = `INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
  email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal, goal_id, partner)
SELECT s.workspace_id, n.site_id, n.event_id, n.order_id, n.occurred_at, n.amount, n.currency, n.visitor_id, n.user_hash, n.country, n.via, n.bots::text[], n.kinds::text[], n.values::text[],
  n.email_hash, n.phone_hash, n.analytics, n.user_data, n.personal, n.goal,
  CASE WHEN n.via = 2 AND starts_with(n.event_id, 'pb-') THEN coalesce((SELECT p.name FROM postback_partners p WHERE p.site_id = n.site_id AND starts_with(n.event_id, 'pb-' || p.name || '-') ORDER BY length(p.name) DESC LIMIT 1), '') ELSE '' END
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[], $9::text[], $10::smallint[], $11::text[], $12::text[], $13::text[],
  $14::text[], $15::text[], $16::smallint[], $17::smallint[], $18::smallint[], $19::bigint[])
  WITH ORDINALITY AS n (site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bots, kinds, values, email_hash, phone_hash, analytics, user_data, personal, goal, place)
JOIN sites s ON s.id = n.site_id
ORDER BY n.place
ON CONFLICT (site_id, event_id, goal_id) DO NOTHING
RETURNING id`

// writeSales returns the sales and reached goals that are new. One of a site that is gone is left out.
func (b *batch) writeSales(ctx context.Context, tx pgx.Tx) ([]int64, error) {
	all := slices.Concat(b.sales, b.goals)
	if len(all) == 0 {
		return nil, nil
	}
	var c columns
	var lists [3][]string
	var emails, phones []string
	var vias []int16
	var goals []int64
	for _, s := range all {
		c.ids(s.Site, s.Visitor, s.User)
		c.texts(s.ID, s.Order, s.Currency, s.Country)
		c.times, c.amounts = append(c.times, s.OccurredAt), append(c.amounts, s.Amount)
		c.consents(s.Consent)
		emails, phones, vias = append(emails, s.EmailHash), append(phones, s.PhoneHash), append(vias, viaNumber(s.Via))
		goals = append(goals, s.Goal)
		for i, list := range [][]string{s.BotReasons, s.ClickKinds, s.ClickValues} {
			lists[i] = append(lists[i], literal(list))
		}
	}
	return c.run(ctx, tx, "write sales", insertSales, c.n[0], c.s[0], c.s[1], c.times, c.amounts, c.s[2], c.n[1], c.n[2], c.s[3], vias, lists[0], lists[1], lists[2],
		emails, phones, c.c[0], c.c[1], c.c[2], goals)
}

func viaNumber(name string) int16 {
	switch name {
	case "browser":
		return int16(schema.ViaBrowser)
	case "server":
		return int16(schema.ViaServer)
	case "pixel":
		return int16(schema.ViaPixel)
	default:
		return int16(schema.ViaUnknown)
	}
}

// literal writes a list as Postgres reads an array: lists of different lengths cannot be one of two dimensions.
func literal(list []string) string {
	quoted := make([]string, len(list))
	for i, one := range list {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(one) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}

// salesAfter returns sales that clicks may have led to, and those that they were thought to have led to.
// By click id it adds nothing to times, as selectClicks does.
func salesAfter(ctx context.Context, tx pgx.Tx, clicks []int64) ([]int64, error) {
	if len(clicks) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT s.id
FROM clicks c
JOIN sites st ON st.id = c.site_id
JOIN LATERAL (
  SELECT id, occurred_at FROM sales WHERE site_id = c.site_id AND visitor_id <> 0 AND visitor_id = c.visitor_id
  UNION ALL SELECT id, occurred_at FROM sales WHERE site_id = c.site_id AND user_hash <> 0 AND user_hash = c.user_hash
  UNION ALL SELECT id, occurred_at + interval '0' FROM sales WHERE site_id = c.site_id AND click_values @> ARRAY[c.value]) s
  ON s.occurred_at >= c.clicked_at AND s.occurred_at < c.clicked_at + make_interval(days => st.lookback_days)
WHERE c.id = ANY($1)
UNION SELECT id FROM sales WHERE path && $1`, clicks)
	if err != nil {
		return nil, fmt.Errorf("find sales after clicks: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("find sales after clicks: %w", err)
	}
	return ids, nil
}

// wakeNamed has sales decided again that name a click of which the first event is later than they are, as where clocks
// differ: their click stays as it is, but whether consent was given is known by now.
func wakeNamed(ctx context.Context, tx pgx.Tx, clicks []int64) error {
	if len(clicks) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE sales s SET decide_at = now() FROM clicks c
WHERE c.id = ANY($1) AND s.site_id = c.site_id AND s.click_values @> ARRAY[c.value] AND s.occurred_at < c.clicked_at AND s.consent_user_data = 0`, clicks)
	if err != nil {
		return fmt.Errorf("wake sales that name a click: %w", err)
	}
	return nil
}

// selectClicks finds, for each sale and rule, the last clicks within the look-back. The first rule adds
// nothing to times, so that Postgres looks by click id alone: by age it would read the whole ledger.
const selectClicks = `SELECT s.id, s.click_kinds, s.click_values, c.id, c.kind, c.value, c.clicked_at, c.rule
FROM sales s
JOIN sites st ON st.id = s.site_id
LEFT JOIN LATERAL (
  (SELECT id, kind, value, clicked_at, 1 AS rule FROM clicks WHERE cardinality(s.click_values) > 0 AND site_id = s.site_id AND value = ANY(s.click_values)
     AND clicked_at + interval '0' <= s.occurred_at AND clicked_at + interval '0' > s.occurred_at - make_interval(days => st.lookback_days) ORDER BY clicked_at DESC LIMIT $2)
  UNION ALL
  (SELECT id, kind, value, clicked_at, 2 FROM clicks WHERE site_id = s.site_id AND s.visitor_id <> 0 AND visitor_id <> 0 AND visitor_id = s.visitor_id
     AND clicked_at <= s.occurred_at AND clicked_at > s.occurred_at - make_interval(days => st.lookback_days) ORDER BY clicked_at DESC LIMIT $2)
  UNION ALL
  (SELECT id, kind, value, clicked_at, 3 FROM clicks WHERE site_id = s.site_id AND s.user_hash <> 0 AND user_hash <> 0 AND user_hash = s.user_hash
     AND clicked_at <= s.occurred_at AND clicked_at > s.occurred_at - make_interval(days => st.lookback_days) ORDER BY clicked_at DESC LIMIT $2)
) c ON true
WHERE s.id = ANY($1)`

// found is a sale with the clicks that may have led to it.
type found struct {
	own, candidates []attribution.Click
}

// Attribute finds out anew which clicks came before sales, and keeps it with them.
func Attribute(ctx context.Context, tx pgx.Tx, sales []int64) error {
	if len(sales) == 0 {
		return nil
	}
	all, err := findClicks(ctx, tx, sales)
	if err != nil {
		return err
	}
	var ids, clicks []int64
	var paths []string
	var kinds, values, rules []*string
	var times []*time.Time
	for id, f := range all {
		choice := attribution.Choose(f.own, f.candidates)
		ids, paths = append(ids, id), append(paths, pathLiteral(choice.Path))
		google := choice.Google
		clicks = append(clicks, google.ID)
		if google.Rule == attribution.None {
			kinds, values, rules, times = append(kinds, nil), append(values, nil), append(rules, nil), append(times, nil)
			continue
		}
		rule := google.Rule.String()
		kinds, values, rules = append(kinds, &google.Kind), append(values, &google.Value), append(rules, &rule)
		if google.At.IsZero() {
			times = append(times, nil)
		} else {
			times = append(times, &google.At)
		}
	}
	_, err = tx.Exec(ctx, `UPDATE sales s SET path = n.path::bigint[], google_kind = n.kind, google_value = n.value, google_rule = n.rule, google_clicked_at = n.clicked_at,
  google_campaign = coalesce((SELECT coalesce(nullif(c.campaign, ''), c.campaign_id) FROM clicks c WHERE c.id = n.click), ''), attributed_at = now()
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[]) AS n (id, path, kind, value, rule, clicked_at, click)
WHERE s.id = n.id`, ids, paths, kinds, values, rules, times, clicks)
	if err != nil {
		return fmt.Errorf("keep clicks of sales: %w", err)
	}
	return nil
}

func findClicks(ctx context.Context, tx pgx.Tx, sales []int64) (map[int64]*found, error) {
	rows, err := tx.Query(ctx, selectClicks, sales, attribution.LongestPath)
	if err != nil {
		return nil, fmt.Errorf("find clicks of sales: %w", err)
	}
	all := map[int64]*found{}
	var id int64
	var kinds, values []string
	var click, rule *int64
	var kind, value *string
	var at *time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &kinds, &values, &click, &kind, &value, &at, &rule}, func() error {
		f := all[id]
		if f == nil {
			f = &found{}
			for i := range kinds {
				f.own = append(f.own, attribution.Click{Kind: kinds[i], Value: values[i]})
			}
			all[id] = f
		}
		if click != nil {
			f.candidates = append(f.candidates, attribution.Click{ID: *click, Kind: *kind, Value: *value, At: at.UTC(), Rule: attribution.Rule(*rule)})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find clicks of sales: %w", err)
	}
	return all, nil
}

// pathLiteral leaves out clicks that the ledger does not know.
func pathLiteral(path []attribution.Click) string {
	var ids []string
	for _, click := range path {
		if click.ID != 0 {
			ids = append(ids, fmt.Sprint(click.ID))
		}
	}
	return "{" + strings.Join(ids, ",") + "}"
}
