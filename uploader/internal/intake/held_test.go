package intake

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// A server's sale that knows no visitor is found by the browser's held sale of its order, whichever came first.
func TestHeldSalesLend(t *testing.T) {
	r := open(t)
	i := r.intake()
	browser := func(order string, visitor uint64, click string) fact {
		return fact{id: "held:" + order + click, kind: "held_sale", at: at(30), visitor: visitor, click: click, order: order, amount: 1, consent: 1}
	}
	server := func(order string, f fact) fact {
		f.id, f.kind, f.at, f.order, f.amount, f.via = order, "sale", at(31), order, 100, "server"
		return f
	}
	r.store(0, fact{id: "c", kind: "pageview", at: at(0), visitor: 1, click: "gclid=first"}, browser("held first", 1, ""), server("sale first", fact{}), server("own click", fact{click: "gclid=own"}),
		browser("own click", 1, ""), server("own consent", fact{consent: 2}), browser("own consent", 1, ""), server("own visitor", fact{visitor: 9}), browser("own visitor", 1, ""), browser("", 1, "gclid=x"))
	r.settleAll()
	r.step(i)
	r.store(1, server("held first", fact{}), browser("sale first", 2, "wbraid=named"), server("another's", fact{}), fact{id: "browser's own", kind: "sale", at: at(31), order: "held first", amount: 1})
	r.settleAll()
	r.step(i)
	want := map[string]string{"held first": "visitor gclid=first first", "sale first": "click_id wbraid=named unknown", "own click": "click_id gclid=own unknown", "own consent": "visitor gclid=first first",
		"own visitor": "none", "another's": "none", "browser's own": "none"}
	if diff := cmp.Diff(want, r.sales()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	r.store(2, browser("sale first", 1, ""), fact{id: "late", kind: "pageview", at: at(5), visitor: 1, click: "gclid=late"})
	r.settleAll()
	r.step(i)
	want["held first"], want["own consent"], want["sale first"] = "visitor gclid=late first late", "visitor gclid=late first late", "visitor gclid=late first late"
	if diff := cmp.Diff(want, r.sales()); diff != "" {
		t.Errorf("after a late click, -want +got\n%s", diff)
	}
	var borrowed string
	if err := r.postgres.QueryRow(t.Context(), `SELECT string_agg(event_id || ' ' || consent_user_data, ', ' ORDER BY event_id) FROM sales WHERE borrowed`).Scan(&borrowed); err != nil {
		t.Fatal(err)
	}
	if borrowed != "held first 1, own consent 2, sale first 1" {
		t.Errorf("borrowed: %s", borrowed)
	}
	r.exec(`UPDATE held_sales SET order_id = 'another''s' WHERE order_id = 'own click'`) // as a correction does
	r.exec(`UPDATE sales SET attributed_at = NULL, path = '{}', google_kind = NULL, google_value = NULL, google_rule = NULL`)
	r.step(i)
	want["another's"] = "visitor gclid=late first late"
	if diff := cmp.Diff(want, r.sales()); diff != "" {
		t.Errorf("looked at again, -want +got\n%s", diff)
	}
	if _, err := i.Forget(t.Context(), at(121*24*60)); err != nil {
		t.Fatal(err)
	}
	left := 0
	if err := r.postgres.QueryRow(t.Context(), `SELECT count(*) FROM held_sales`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d held sales are kept for ever, %v", left, err)
	}
}

// TestHeldSalesOfOneOrder: of several held sales of an order the earliest lends, in whichever order they come in, and
// with it everything that the server did not say.
func TestHeldSalesOfOneOrder(t *testing.T) {
	r := open(t)
	i := r.intake()
	server := func(order string) fact {
		return fact{id: "server:" + order, kind: "sale", at: at(31), order: order, amount: 100, via: "server"}
	}
	held := func(order, who string, minute int, visitor uint64, consent int) fact {
		return fact{id: who + ":" + order, kind: "held_sale", at: at(minute), visitor: visitor, click: "gclid=of-" + who, order: order, amount: 1, consent: consent}
	}
	facts := map[byte]func(string) fact{'s': server, 'a': func(o string) fact { return held(o, "a", 28, 1, 2) }, 'b': func(o string) fact { return held(o, "b", 29, 2, 1) }, 'c': func(o string) fact { return held(o, "c", 30, 3, 1) }}
	want := map[string]string{}
	for step := range 4 {
		var now []fact
		for _, order := range []string{"sabc", "scba", "cbas", "bsca", "csab", "acsb"} {
			now = append(now, facts[order[step]](order))
			want[order] = "a:" + order + " 1 2 {of-a}"
		}
		r.store(step%2, now...)
		r.settleAll()
		r.step(i)
	}
	rows, err := r.postgres.Query(t.Context(), `SELECT order_id, concat_ws(' ', borrowed_from, visitor_id, consent_user_data, click_values) FROM sales`)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	var order, line string
	if _, err := pgx.ForEachRow(rows, []any{&order, &line}, func() error { got[order] = line; return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
