package erasure

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// sold is a sale, or with minus a refund, of an order in the tests of orders. Its place in the list is its event.
type sold struct {
	order, user string
	state       string // of its conversion: accepted and rejected ones were sent; empty for a refund
	reason      string
}

var soldOrders = []sold{
	0: {"open", "jane", "ready", ""}, {"open", "joe", "superseded", "order_repeated"}, {"open", "", "", ""},
	3: {"sent", "jane", "accepted", ""}, {"sent", "joe", "superseded", "order_repeated"}, {"sent", "", "", ""},
	6: {"refused", "jane", "rejected", "INVALID_GCLID"}, {"refused", "joe", "superseded", "order_repeated"},
	8: {"other-click", "jane", "accepted", "DUPLICATE_GCLID"}, {"other-click", "joe", "superseded", "order_repeated"},
	10: {"both-hers", "jane", "held", "bot"}, {"both-hers", "jane", "superseded", "order_repeated"}, {"both-hers", "", "superseded", "order_repeated"}, {"both-hers", "", "", ""},
	14: {"alone", "jane", "accepted", ""}, {"alone", "", "", ""},
	16: {"second", "joe", "ready", ""}, {"second", "jane", "superseded", "order_repeated"}, {"second", "", "", ""},
	19: {"her-refund", "jane", "ready", ""}, {"her-refund", "joe", "superseded", "order_repeated"}, {"her-refund", "jane", "", ""},
	22: {"", "jane", "ready", ""}, {"", "joe", "ready", ""},
}

// sell stores them, as the uploader has read and decided them.
func (r *rig) sell() {
	r.t.Helper()
	var facts []fact
	for i, s := range soldOrders {
		facts = append(facts, fact{user: s.user, order: s.order, back: s.state == "", ago: time.Duration(40-i) * time.Hour, path: "/"})
	}
	r.insert(r.site, 0, facts)
	r.sql(`WITH g AS (INSERT INTO google_connections (workspace_id, state, transport, refresh_token) VALUES ($1, 'active', 'data_manager', 'x') RETURNING id)
		INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since) SELECT $1, $2, id, '1', 'a', now() FROM g`, r.workspace, int64(r.site.ID))
	for i, s := range soldOrders {
		if s.state == "" {
			r.sql(`INSERT INTO refunds (site_id, event_id, order_id, occurred_at, amount, currency, sale_id) VALUES ($1, $2, $3, now(), 30000000, 'EUR', (SELECT min(id) FROM sales WHERE site_id = $1 AND order_id = $3))`,
				int64(r.site.ID), fmt.Sprint("e-", i), s.order)
			continue
		}
		r.sql(`INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
			email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal) VALUES ($1, $2, $3, $4, now(), 100000000, 'EUR', 0, 0, '', 1, '{}', '{}', '{}', '', '', 0, 0, 0)`,
			r.workspace, int64(r.site.ID), fmt.Sprint("e-", i), s.order)
		first := map[string]string{"accepted": "ready", "rejected": "ready"}[s.state]
		if first == "" {
			first = s.state
		}
		r.sql(`INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, state, reason)
			SELECT s.workspace_id, s.site_id, s.id, m.id, '1', CASE order_id WHEN '' THEN 'e-' || event_id ELSE 'o-' || order_id END, now(), $2, $3 FROM sales s, conversion_actions m WHERE s.event_id = $1`, fmt.Sprint("e-", i), first, s.reason)
		if first != s.state {
			r.sql(`WITH a AS (INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until)
				SELECT id, '1', 'data_manager', 'conversion', 1, 'final', now(), now() FROM google_connections RETURNING id)
				UPDATE conversions c SET state = 'sending', frozen_at = now(), attempt_id = a.id FROM a, sales s WHERE s.id = c.sale_id AND s.event_id = $1`, fmt.Sprint("e-", i))
			r.sql(`UPDATE conversions c SET state = $2, reason = $3 FROM sales s WHERE s.id = c.sale_id AND s.event_id = $1`, fmt.Sprint("e-", i), s.state, s.reason)
		}
	}
	r.sql(`UPDATE sales SET decide_at = NULL`)
}

func (r *rig) lines(sql string) []string {
	r.t.Helper()
	rows, err := r.pool.Query(r.t.Context(), sql)
	if err != nil {
		r.t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// TestOrders: of orders that somebody else has a sale of, that one gets the refunds and is decided again; what Google has of
// them is known afterwards by a hash that only the site's key makes. Refunds of a sale that goes alone wait. Somebody
// else's sale that names an erased click is decided without it.
func TestOrders(t *testing.T) {
	r := newRig(t)
	r.sell()
	r.sql(`INSERT INTO clicks (site_id, kind, value, visitor_id, user_hash, event_id, clicked_at, landing_url, source, medium, campaign, term, content, campaign_id, country, is_bot,
		consent_analytics, consent_user_data, consent_personal) VALUES ($1, 'gclid', 'hers', 0, 0, 'e-0', now(), '', '', '', '', '', '', '', '', false, 1, 1, 1)`, int64(r.site.ID))
	r.sql(`UPDATE sales SET click_kinds = '{gclid}', click_values = '{hers}', attributed_at = now() WHERE event_id = 'e-23'`)
	r.sql(`UPDATE sales SET decide_at = NULL`)
	r.finish(r.request(Request{Workspace: r.workspace, Site: int64(r.site.ID), Subject: &Subject{Kind: UserID, Value: "jane"}}))
	for _, c := range []struct {
		what, sql string
		want      []string
	}{
		{"sales that are left, in their order, and whether they are decided again", `SELECT concat_ws(' ', event_id, order_id, CASE WHEN decide_at IS NOT NULL THEN 'again' END) FROM sales ORDER BY id`,
			[]string{"e-1 open again", "e-4 sent again", "e-7 refused again", "e-9 other-click again", "e-12 both-hers again", "e-16 second again", "e-20 her-refund again", "e-23  again"}},
		{"refunds and their sales", `SELECT concat_ws(' ', r.event_id, r.order_id, s.event_id) FROM refunds r LEFT JOIN sales s ON s.id = r.sale_id ORDER BY r.id`,
			[]string{"e-2 open e-1", "e-5 sent e-4", "e-13 both-hers e-12", "e-15 alone", "e-18 second e-16"}},
		{"what Google has of erased sales", `SELECT o FROM unnest('{open,sent,refused,other-click,both-hers,alone,second,her-refund}'::text[]) o, sites t JOIN erased_transactions e ON e.site_id = t.id AND e.action_id = '1'
			WHERE e.hash = transaction_hash(t.identity_key, 'o-' || o) ORDER BY o`, []string{"alone", "sent"}},
		{"conversions", `SELECT concat_ws(' ', transaction_id, state) FROM conversions ORDER BY sale_id`,
			[]string{"o-open superseded", "o-sent superseded", "o-refused superseded", "o-other-click superseded", "o-both-hers superseded", "o-second ready", "o-her-refund superseded", "e-e-23 ready"}},
	} {
		if diff := cmp.Diff(c.want, r.lines(c.sql)); diff != "" {
			t.Errorf("%s, -want +got:\n%s", c.what, diff)
		}
	}
	var hashes int
	if r.scan(`SELECT count(*) FROM erased_transactions`, &hashes); hashes != 2 {
		t.Errorf("%d transactions are noted", hashes)
	}
}
