package intake

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// Events that reach a goal are kept once for each goal that is a conversion, from when on it is one.
func TestGoals(t *testing.T) {
	r := open(t)
	i := r.intake()
	for name, definition := range map[string]string{
		"thanks": `{"kind": "page", "path": "/p"}`, "anything": `{"kind": "page", "path": "/*p*"}`, "elsewhere": `{"kind": "page", "path": "/q*"}`,
		"large": `{"kind": "sale", "min_amount": "0.000005"}`, "lead": `{"kind": "event", "event_type": "goal", "name": "it's a lead"}`, "not mapped": `{"kind": "page", "path": "/p"}`,
	} {
		r.exec(`INSERT INTO goals (site_id, name, definition, created_at, changed_at) VALUES ($1, $2, $3, now(), now())`, r.site, name, definition)
	}
	r.exec(`WITH g AS (INSERT INTO google_connections (workspace_id, state, transport, refresh_token) SELECT workspace_id, 'active', 'data_manager', 'x' FROM sites RETURNING id, workspace_id)
INSERT INTO conversion_actions (workspace_id, site_id, connection_id, goal_id, action_id, action_name, value_rule, since)
SELECT g.workspace_id, goals.site_id, g.id, goals.id, goals.id::text, 'a', 'none', $1 FROM g, goals WHERE goals.name <> 'not mapped'`, at(10))
	r.store(0, fact{id: "too early", kind: "pageview", at: at(9), visitor: 1}, fact{id: "page", kind: "pageview", at: at(10), visitor: 1, click: "gclid=one"},
		fact{id: "large sale", kind: "sale", at: at(11), visitor: 1, order: "A-1", amount: 5}, fact{id: "small sale", kind: "sale", at: at(12), visitor: 1, amount: 4},
		fact{id: "lead", kind: "goal", name: "it's a lead", at: at(13), visitor: 1}, fact{id: "other", kind: "goal", name: "other", at: at(13), visitor: 1})
	r.settleAll()
	r.step(i)
	rows, err := r.postgres.Query(t.Context(), `SELECT concat_ws(' ', s.event_id, coalesce(g.name, '-'), s.amount, nullif(s.currency, ''), nullif(s.order_id, ''), s.google_value)
FROM sales s LEFT JOIN goals g ON g.id = s.goal_id`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	want := []string{"large sale - 5 EUR A-1 one", "large sale large 0 A-1 one", "lead lead 0 one", "page anything 0 one", "page thanks 0 one", "small sale - 4 EUR one"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
