package admin

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"noctra/admin/internal/token"
	"noctra/admin/internal/workspaces"
)

// walk sends requests that are made of the description.
type walk struct {
	*rig
	schemas map[string]schemaOf
}

// example writes a value out of the examples of the description; ids are those of the scene.
func (w walk) example(op operation, name string, s schemaOf, at scene) any {
	if s.Ref != "" {
		s = w.schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	switch {
	case name == "workspace_id":
		return at.workspace
	case name == "site_id":
		return at.site
	case name == "site_ids":
		return []string{at.site}
	case name == "conversion_ids":
		return []string{at.conversion}
	case name == "url":
		return "https://walk.example/checkout"
	case name == "account_id":
		return at.member
	case name == "goal_id":
		return at.goal
	case name == "connection_id":
		return at.connection
	case name == "workspace_name":
		return at.mark
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Properties != nil:
		all := map[string]any{}
		for field, of := range s.Properties {
			if field != "$schema" {
				all[field] = w.example(op, field, of, at)
			}
		}
		return all
	case name == "token" || name == "ceremony":
		return token.New("")
	case name == "credential":
		return map[string]any{}
	}
	w.t.Errorf("%s: %s has no example", op.ID, name)
	return nil
}

// places are what stands in addresses: a place, and the id of the scene there.
func (at scene) places(op operation) []string {
	return []string{
		"{workspace_id}", at.workspace, "{id}", at.site, "{account_id}", at.member, "{invitation_id}", at.invitation,
		"{goal_id}", at.goal, "{funnel_id}", at.funnel, "{erasure_id}", at.erasure, "{export_id}", at.export, "{request_id}", at.request, "{event_id}", at.event, "{conversion_id}", at.conversion, "{sale_id}", at.sale, "{partner_id}", at.partner,
		"{connection_id}", at.connection, "{mapping_id}", at.mapping,
		"{session_id}", "1", "{passkey_id}", "1", "{key_id}", map[bool]string{true: at.apiKey, false: at.serverKey}[strings.Contains(op.path, "api-keys")],
	}
}

func (w walk) send(op operation, at scene, headers ...string) reply {
	path := strings.NewReplacer(at.places(op)...).Replace(op.path)
	if strings.Contains(path, "{") {
		w.t.Fatalf("%s: the walk does not know what stands in %s", op.ID, path)
	}
	if strings.Contains(path, at.event) {
		w.addEvent(at)
	}
	body := ""
	if op.RequestBody != nil {
		media := op.RequestBody.Content["application/json"]
		value := media.Example
		if fields, ok := value.(map[string]any); ok {
			fields["site_id"] = at.site
		} else {
			value = w.example(op, "", media.Schema, at)
		}
		raw, err := json.Marshal(value)
		if err != nil {
			w.t.Fatal(err)
		}
		body = string(raw)
	}
	method := op.method
	if op.ID == "live" {
		method = http.MethodHead // the stream would not end
	}
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return w.ask(client, method, path, body, append([]string{"If-Match", "*"}, headers...)...)
}

// code is the code of a problem, empty where the answer is none.
func (a reply) code() string {
	var p Problem
	if a.status < 400 || json.Unmarshal([]byte(a.body), &p) != nil {
		return ""
	}
	return p.Code
}

// markless are questions about a workspace whose answers have no name in them.
var markless = []string{"list-invitations", "list-exports", "google-accounts", "google-actions", "google-accesses", "google-fetches", "uploads"}

// Every operation of the description, with every role, in the person's own workspace, in one of
// somebody else and without any; with an API key, and without credentials. A route that is added is
// tried as well, and has to say who may call it.
func TestRoleWalk(t *testing.T) {
	r := start(t, withGoogle(t))
	operations, schemas := r.described()
	if len(operations) != len(r.routes()) {
		t.Errorf("%d operations are described, and there are %d routes", len(operations), len(r.routes()))
	}
	named := map[string]permission{}
	for p, g := range grants {
		named[g.name] = p
	}
	w := walk{rig: r, schemas: schemas}
	foreign := r.scene("FOREIGN")
	before := r.stateOf(foreign)
	apiKey := r.addKeyTo(r.scene("KEY"))
	for _, op := range operations {
		need := named[op.Permission]
		if need == 0 {
			t.Errorf("%s: no permission", op.ID)
		}
		if need == beforeSignIn {
			continue
		}
		if a := w.send(op, foreign); a.status != 401 {
			t.Errorf("%s, nobody: %d %s", op.ID, a.status, a.body)
		}
		if a := w.send(op, foreign, "Authorization", "Bearer "+apiKey); grants[need].keys && strings.Contains(a.body, foreign.mark) || !grants[need].keys && a.status != 403 {
			t.Errorf("%s, API key: %d %s", op.ID, a.status, a.body)
		}
		w.walkRoles(op, need, foreign)
	}
	if after := r.stateOf(foreign); after != before {
		t.Errorf("somebody else's workspace was\n%s\nand is\n%s", before, after)
	}
}

func (w walk) walkRoles(op operation, need permission, foreign scene) {
	if need == ownLogin {
		someone := w.walker("", "")
		if a := w.send(op, foreign, "Cookie", someone.cookie); a.status == 401 && a.code() == "signed_out" || a.code() == "forbidden" || strings.Contains(a.body, foreign.mark) {
			w.t.Errorf("%s, signed in: %d %s", op.ID, a.status, a.body)
		}
		return
	}
	noWorkspace := w.walker("", "")
	w.closed(op, "without a workspace", w.send(op, foreign, "Cookie", noWorkspace.cookie), foreign)
	for _, role := range workspaces.Roles() {
		own := w.scene("OWN")
		member := w.walker(own.workspace, role)
		w.closed(op, role+" of another workspace", w.send(op, foreign, "Cookie", member.cookie), foreign)
		if strings.Count(op.path, "{") > 1 { // the own workspace or site, and something of the other's in it
			mixed := foreign
			mixed.workspace, mixed.site = own.workspace, own.site
			if a := w.send(op, mixed, "Cookie", member.cookie); a.status != 404 && a.status != 403 {
				w.t.Errorf("%s, %s, own workspace and somebody else's thing: %d %s", op.ID, role, a.status, a.body)
			}
		}
		a := w.send(op, own, "Cookie", member.cookie)
		switch allowed := need.allows(role); {
		case allowed && (a.status == 401 || a.status == 403 || a.status == 404 || a.status == 422 || a.status >= 500 && a.code() != "mail_unavailable"):
			w.t.Errorf("%s, %s: %d %s, and may call it", op.ID, role, a.status, a.body)
		case allowed && op.method == "GET" && strings.Contains(op.path, "{workspace_id}") && need != readAudit && !strings.Contains(a.body, own.mark) && !slices.Contains(markless, op.ID):
			w.t.Errorf("%s, %s: %s, and nothing of the workspace in it", op.ID, role, a.body)
		case !allowed && grants[need].keys:
			w.closed(op, role, a, own)
		case !allowed && (a.status != 403 || a.code() != "forbidden"):
			w.t.Errorf("%s, %s: %d %s, and may not call it", op.ID, role, a.status, a.body)
		}
	}
}

// closed checks that an answer refuses, or shows nothing of the scene.
func (w walk) closed(op operation, who string, a reply, of scene) {
	w.t.Helper()
	names := strings.Contains(op.path, "{") || op.RequestBody != nil
	if strings.Contains(a.body, of.mark) || a.status >= 500 || names && a.status < 400 {
		w.t.Errorf("%s, %s: %d %s", op.ID, who, a.status, a.body)
	}
}
