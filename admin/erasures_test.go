package admin

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Erasures are asked for and followed over the API, and nothing of it names the person.
func TestErasures(t *testing.T) {
	r := start(t, nil)
	own := r.scene("OWN")
	owner, admin, foreign := r.walker(own.workspace, "owner"), r.walker(own.workspace, "admin"), r.walker(r.scene("FOREIGN").workspace, "owner")
	ask := func(who walker, method, path, body string) reply {
		t.Helper()
		return r.ask(r.browser(), method, path, body, "Cookie", who.cookie, "Idempotency-Key", "one"+body)
	}
	for _, c := range []struct {
		who        walker
		body, code string
	}{
		{owner, `{"site_id":"` + own.site + `","subject":{}}`, "invalid_request"},
		{owner, `{"site_id":"` + own.site + `","subject":{"user_id":"u","order_id":"o"}}`, "invalid_request"},
		{owner, `{"site_id":"` + own.site + `","subject":{"name":"u"}}`, "invalid_request"},
		{owner, `{"site_id":"` + own.site + `"}`, "invalid_request"}, // a site as a whole needs its name
		{owner, `{"workspace_id":"` + own.workspace + `","confirm":"another"}`, "invalid_request"},
		{admin, `{"workspace_id":"` + own.workspace + `","confirm":"OWN"}`, "forbidden"},
		{foreign, `{"site_id":"` + own.site + `","subject":{"user_id":"u"}}`, "not_found"},
	} {
		if a := ask(c.who, "POST", "/api/v1/erasures", c.body); a.code() != c.code {
			t.Errorf("%s: %d %s", c.body, a.status, a.body)
		}
	}
	r.previewsErasure(own, func(body string) reply { return ask(admin, "POST", "/api/v1/erasures/preview", body) })
	if a := ask(foreign, "POST", "/api/v1/erasures/preview", `{"site_id":"`+own.site+`","subject":{"user_id":"u"}}`); a.code() != "not_found" {
		t.Errorf("%d %s", a.status, a.body)
	}
	body := `{"site_id":"` + own.site + `","subject":{"user_id":"jane-doe"}}`
	var made, again ErasureView
	for _, to := range []*ErasureView{&made, &again} {
		a := ask(admin, "POST", "/api/v1/erasures", body)
		if err := json.Unmarshal([]byte(a.body), to); err != nil || a.status != 201 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if made.ID != again.ID || made.Scope != "visitor" || made.SubjectKind != "user_id" || len(made.SiteIDs) != 1 || len(made.Receipt.Subject) != 1 {
		t.Errorf("made %+v, again %+v", made, again)
	}
	if a := ask(owner, "GET", "/api/v1/erasures/"+made.ID, ""); a.status != 200 || !strings.Contains(a.body, `"state":"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := ask(owner, "GET", "/api/v1/erasures", ""); strings.Count(a.body, `"scope"`) != 2 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := ask(foreign, "GET", "/api/v1/erasures/"+made.ID, ""); a.code() != "not_found" {
		t.Errorf("somebody else: %d %s", a.status, a.body)
	}
	var blocks, entries, named int
	if err := r.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM erasure_blocks WHERE named AND erasure_id = $1::text::bigint),
		(SELECT count(*) FROM audit WHERE action = 'erasure.requested' AND workspace_id = $2::text::bigint), (SELECT count(*) FROM audit LEFT JOIN audit_private v USING (chain, seq) WHERE concat(audit, v) LIKE '%jane-doe%')`,
		made.ID, own.workspace).Scan(&blocks, &entries, &named); err != nil {
		t.Fatal(err)
	}
	if blocks != 1 || entries != 1 || named != 0 {
		t.Errorf("%d people are kept out, %d entries in the audit, %d of them with a name", blocks, entries, named)
	}
}

// previewsErasure looks for what an erasure would find, and sees that nothing was asked for by that.
func (r *rig) previewsErasure(own scene, ask func(body string) reply) {
	r.t.Helper()
	r.exec(fmt.Sprintf(`INSERT INTO events (site_id, workspace_id, event_id, kind, occurred_at, received_at, hostname, path, order_id, amount, currency)
		SELECT %s, %s, concat('preview-', toString(number)), 'sale', now64(3), now64(3), 'walk.example', '/', concat('preview-', toString(number %% 2)), 1000000, 'EUR' FROM numbers(4)`, own.site, own.workspace))
	r.sql(`INSERT INTO held_sales (site_id, order_id, event_id, occurred_at, visitor_id, user_hash, country, bot_reasons, click_kinds, click_values, consent_analytics, consent_user_data, consent_personal)
		VALUES ($1::text::bigint, 'preview-1', 'preview-3', now(), 0, 0, '', '{}', '{}', '{}', 0, 0, 0)`, own.site)
	for body, want := range map[string]string{
		`{"site_id":"` + own.site + `","subject":{"order_id":"preview-1"}}`:           "visitor: clickhouse events 2; postgres held_sales 1;",
		`{"workspace_id":"` + own.workspace + `","subject":{"order_id":"preview-9"}}`: "visitor:",
	} {
		var view ErasurePreviewView
		decode(r.t, ask(body), 200, &view)
		got := view.Scope + ":"
		for _, f := range view.Found {
			got += fmt.Sprintf(" %s %s %d;", f.Store, f.Table, f.Rows)
		}
		if got != want {
			r.t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	for _, body := range []string{`{"site_id":"` + own.site + `","subject":{}}`, `{"site_id":"` + own.site + `","subject":{"email":"nobody"}}`} {
		if a := ask(body); a.code() != "invalid_request" {
			r.t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	var asked int
	r.scan(`SELECT count(*) FROM audit WHERE action = 'erasure.requested'`, nil, &asked)
	if asked != 0 {
		r.t.Errorf("%d erasures were asked for by looking", asked)
	}
}
