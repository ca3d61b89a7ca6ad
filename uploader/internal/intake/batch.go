package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
)

// batch is what a range of places comes to.
type batch struct {
	clicks  []click
	sales   []*event
	refunds []*event
	held    []*event // sales of browsers that wait for a server's
	goals   []*event // that were reached
	pairs   []pair
}

// click is a click id of an event.
type click struct {
	schema.ClickID
	*event
}

type clickKey struct {
	site, visitor uint64
	kind, value   string
}

// batchOf sorts events. Of a click id that several events of a visitor carry the earliest counts. A
// sale's own click id is no click: nobody knows when that was.
func batchOf(events, reached []event, pairs []pair) batch {
	b := batch{pairs: pairs}
	for k := range reached {
		reached[k].Order = strings.TrimSpace(reached[k].Order)
		b.goals = append(b.goals, &reached[k])
	}
	seen := map[clickKey]int{}
	for k := range events {
		e := &events[k]
		e.Order = strings.TrimSpace(e.Order) // a refund finds its sale whoever of the two wrote blanks
		switch e.Kind {
		case "sale":
			b.sales = append(b.sales, e)
			continue
		case "refund":
			b.refunds = append(b.refunds, e)
			continue
		case "held_sale": // not counted until a server reports it
			if e.Order != "" {
				b.held = append(b.held, e)
			}
			continue
		}
		for _, id := range e.clickIDs() {
			key := clickKey{e.Site, e.Visitor, id.Kind, id.Value}
			at, found := seen[key]
			switch {
			case !found:
				seen[key] = len(b.clicks)
				b.clicks = append(b.clicks, click{id, e})
			case e.OccurredAt.Before(b.clicks[at].OccurredAt):
				b.clicks[at].event = e
			}
		}
	}
	return b
}

// write keeps the batch, finds clicks for its sales, and again for earlier sales that its clicks came before.
func (b *batch) write(ctx context.Context, tx pgx.Tx) error {
	joined, err := b.writePairs(ctx, tx)
	if err != nil {
		return err
	}
	late, err := b.writeClicks(ctx, tx)
	if err != nil {
		return err
	}
	sales, err := b.writeSales(ctx, tx)
	if err != nil {
		return err
	}
	borrowed, err := b.lend(ctx, tx)
	if err != nil {
		return err
	}
	if err := b.writeRefunds(ctx, tx); err != nil {
		return err
	}
	again, err := salesAfter(ctx, tx, append(late, joined...))
	if err != nil {
		return err
	}
	if err := wakeNamed(ctx, tx, late); err != nil {
		return err
	}
	return Attribute(ctx, tx, slices.Concat(sales, borrowed, again))
}

const insertClicks = `INSERT INTO clicks AS c (site_id, kind, value, visitor_id, user_hash, event_id, clicked_at, landing_url, source, medium, campaign, term, content, campaign_id,
  country, is_bot, consent_analytics, consent_user_data, consent_personal)
SELECT n.site_id, n.kind, n.value, n.visitor_id, coalesce(u.user_hash, 0), n.event_id, n.clicked_at, n.landing_url, n.source, n.medium, n.campaign, n.term, n.content, n.campaign_id,
  n.country, n.is_bot, n.analytics, n.user_data, n.personal
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
  $12::text[], $13::text[], $14::text[], $15::boolean[], $16::smallint[], $17::smallint[], $18::smallint[])
  AS n (site_id, kind, value, visitor_id, event_id, clicked_at, landing_url, source, medium, campaign, term, content, campaign_id, country, is_bot, analytics, user_data, personal)
JOIN sites s ON s.id = n.site_id
LEFT JOIN visitor_users u ON u.site_id = n.site_id AND u.visitor_id = n.visitor_id
ON CONFLICT (site_id, value, kind, visitor_id) DO UPDATE SET
  event_id = excluded.event_id, clicked_at = excluded.clicked_at, landing_url = excluded.landing_url, source = excluded.source, medium = excluded.medium, campaign = excluded.campaign,
  term = excluded.term, content = excluded.content, campaign_id = excluded.campaign_id, country = excluded.country, is_bot = excluded.is_bot,
  consent_analytics = excluded.consent_analytics, consent_user_data = excluded.consent_user_data, consent_personal = excluded.consent_personal
WHERE excluded.clicked_at < c.clicked_at
RETURNING c.id`

// writeClicks returns the clicks that are new or were earlier than known.
func (b *batch) writeClicks(ctx context.Context, tx pgx.Tx) ([]int64, error) {
	if len(b.clicks) == 0 {
		return nil, nil
	}
	var c columns
	for _, one := range b.clicks {
		c.ids(one.Site, one.Visitor)
		c.texts(one.ClickID.Kind, one.Value, one.ID, one.Landing, one.Country)
		c.texts6(one.Campaign)
		c.times = append(c.times, one.OccurredAt)
		c.flags = append(c.flags, len(one.BotReasons) > 0)
		c.consents(one.Consent)
	}
	return c.run(ctx, tx, "write clicks", insertClicks, c.n[0], c.s[0], c.s[1], c.n[1], c.s[2], c.times, c.s[3],
		c.u[0], c.u[1], c.u[2], c.u[3], c.u[4], c.u[5], c.s[4], c.flags, c.c[0], c.c[1], c.c[2])
}

// writePairs keeps as whom visitors signed in, and returns the clicks of theirs that it changed.
func (b *batch) writePairs(ctx context.Context, tx pgx.Tx) ([]int64, error) {
	if len(b.pairs) == 0 {
		return nil, nil
	}
	var c columns
	for _, p := range b.pairs {
		c.ids(p.Site, p.Visitor, p.User)
		c.times = append(c.times, p.KnownAt)
	}
	return c.run(ctx, tx, "write users of visitors", `WITH known AS (
  INSERT INTO visitor_users AS u (site_id, visitor_id, user_hash, known_at)
  SELECT n.site_id, n.visitor_id, n.user_hash, n.known_at
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[]) AS n (site_id, visitor_id, user_hash, known_at) JOIN sites s ON s.id = n.site_id
  ON CONFLICT (site_id, visitor_id) DO UPDATE SET read_at = now(), known_at = least(u.known_at, excluded.known_at),
    user_hash = CASE WHEN (excluded.known_at, excluded.user_hash) < (u.known_at, u.user_hash) THEN excluded.user_hash ELSE u.user_hash END
  RETURNING site_id, visitor_id, user_hash)
UPDATE clicks c SET user_hash = k.user_hash FROM known k
WHERE c.site_id = k.site_id AND c.visitor_id = k.visitor_id AND c.visitor_id <> 0 AND c.user_hash <> k.user_hash
RETURNING c.id`, c.n[0], c.n[1], c.n[2], c.times)
}

const insertRefunds = `WITH added AS (
  INSERT INTO refunds (site_id, event_id, order_id, occurred_at, amount, currency)
  SELECT n.* FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[]) AS n (site_id)
  WHERE EXISTS (SELECT FROM sites s WHERE s.id = n.site_id)
  ON CONFLICT (site_id, event_id) DO NOTHING
  RETURNING id)
SELECT id FROM added`

// linkRefunds gives refunds that wait their sale: of several with the same order the first.
const linkRefunds = `UPDATE refunds r SET sale_id = (SELECT min(s.id) FROM sales s WHERE s.site_id = r.site_id AND s.order_id = r.order_id AND s.goal_id = 0)
FROM unnest($1::bigint[], $2::text[]) AS o (site_id, order_id)
WHERE r.site_id = o.site_id AND r.order_id = o.order_id AND r.sale_id IS NULL AND EXISTS (SELECT FROM sales s WHERE s.site_id = r.site_id AND s.order_id = r.order_id AND s.goal_id = 0)
RETURNING r.id`

func (b *batch) writeRefunds(ctx context.Context, tx pgx.Tx) error {
	if len(b.refunds) > 0 {
		var c columns
		for _, r := range b.refunds {
			c.ids(r.Site)
			c.texts(r.ID, r.Order, r.Currency)
			c.times = append(c.times, r.OccurredAt)
			c.amounts = append(c.amounts, r.Amount)
		}
		if _, err := c.run(ctx, tx, "write refunds", insertRefunds, c.n[0], c.s[0], c.s[1], c.times, c.amounts, c.s[2]); err != nil {
			return err
		}
	}
	c := orders(b.sales, b.refunds)
	if len(c.n[0]) == 0 {
		return nil
	}
	_, err := c.run(ctx, tx, "find sales of refunds", linkRefunds, c.n[0], c.s[0])
	return err
}

// orders are the sites and order ids of events.
func orders(lists ...[]*event) (c columns) {
	for _, e := range slices.Concat(lists...) {
		if e.Order != "" {
			c.ids(e.Site)
			c.texts(e.Order)
		}
	}
	return c
}

// columns are the values of many rows, one list a column.
type columns struct {
	n       [3][]int64  // ids
	s       [5][]string // texts
	u       [6][]string // campaign
	c       [3][]int16  // consent
	times   []time.Time
	flags   []bool
	amounts []int64
}

func (c *columns) ids(values ...uint64) {
	for i, v := range values {
		c.n[i] = append(c.n[i], int64(v))
	}
}

func (c *columns) texts(values ...string) {
	for i, v := range values {
		c.s[i] = append(c.s[i], v)
	}
}

func (c *columns) texts6(values []string) {
	for i := range c.u {
		c.u[i] = append(c.u[i], values[i])
	}
}

func (c *columns) consents(values []int8) {
	for i := range c.c {
		c.c[i] = append(c.c[i], int16(values[i]))
	}
}

// run executes a statement that returns ids.
func (c *columns) run(ctx context.Context, tx pgx.Tx, what, sql string, args ...any) ([]int64, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return ids, nil
}
