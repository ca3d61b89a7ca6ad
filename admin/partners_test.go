package admin

import (
	"testing"
)

// testPartners makes, changes and deletes a partner, and looks at what collectors load.
func testPartners(t *testing.T, s *shop) {
	path := "/api/v1/sites/" + s.site + "/partners"
	send := func(method, path, body string, headers ...string) reply {
		return s.ask(s.browser(), method, path, body, append([]string{"Cookie", s.owner.cookie}, headers...)...)
	}
	var made PartnerView
	a := send("POST", path, `{"name": "awin", "parameters": {"transaction_id": "tid", "amount": "sum", "status": "st"}}`)
	decode(t, a, 201, &made)
	if made.Statuses["approved"] != "sale" || made.Address != "https://collect.noctra.example/v1/postback?key={key}&partner=awin&tid={transaction_id}&st={status}&sum={amount}" {
		t.Errorf("%+v", made)
	}
	if again := send("POST", path, `{"name": "awin", "parameters": {"transaction_id": "x"}}`); again.status != 409 {
		t.Errorf("the same name again: %d", again.status)
	}
	for body, field := range map[string]string{
		`{"name": "A b", "parameters": {"transaction_id": "x"}}`: "name", `{"name": "b", "parameters": {}}`: "parameters.transaction_id", `{"name": "b", "parameters": {"transaction_id": "x", "colour": "y"}}`: "parameters",
		`{"name": "b", "parameters": {"transaction_id": "x", "amount": "x"}}`: "", `{"name": "b", "parameters": {"transaction_id": "key"}}`: "parameters.transaction_id", `{"name": "b", "parameters": {"transaction_id": "x"}, "statuses": {"a": "b"}}`: "statuses",
	} {
		refused := send("POST", path, body)
		if p := refused.problem(t); refused.status != 422 || field != "" && p.Errors[0].Path != field {
			t.Errorf("%s: %d %s", body, refused.status, refused.body)
		}
	}
	one := path + "/" + made.ID
	if lost := send("PATCH", one, `{"plain_ok": true}`, "If-Match", `"0.0"`); lost.status != 412 {
		t.Errorf("of another state: %d", lost.status)
	}
	decode(t, send("PATCH", one, `{"plain_ok": true}`, "If-Match", a.header.Get("ETag")), 200, &made)
	if !made.PlainOK || made.Version != 2 || len(made.Parameters) != 3 {
		t.Errorf("%+v", made)
	}
	var key ServerKeyView
	var fresh NewKey
	decode(t, send("POST", "/api/v1/sites/"+s.site+"/server-keys", `{"name": "partners", "scope": "postback"}`), 201, &fresh)
	if decode(t, send("GET", "/api/v1/sites/"+s.site+"/server-keys/"+fresh.ID, ""), 200, &key); key.Scope != "postback" {
		t.Errorf("%+v", key)
	}
	if gone := send("DELETE", one, "", "If-Match", "*"); gone.status != 204 {
		t.Errorf("delete: %d", gone.status)
	}
	if gone := send("GET", one, ""); gone.status != 404 {
		t.Errorf("deleted: %d", gone.status)
	}
}
