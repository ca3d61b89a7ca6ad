package owner

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// product stands in for the admin service and for Google, as far as the owner sees them. It keeps what is made.
type product struct {
	*httptest.Server
	google      *httptest.Server
	t           *testing.T
	made        []string
	sites       []map[string]string
	goals       []map[string]string
	connections []map[string]any
	actions     []map[string]any
	waiting     []map[string]string
	fails       string // path that answers 503
}

func newProduct(t *testing.T) *product {
	p := &product{t: t, connections: []map[string]any{{"id": "4", "state": "active", "customer": map[string]string{"id": mainCustomer}}}}
	p.Server, p.google = httptest.NewServer(p), httptest.NewServer(p)
	t.Cleanup(p.Close)
	t.Cleanup(p.google.Close)
	return p
}

func (p *product) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v1")
	signedIn := strings.Contains(r.Header.Get("Cookie"), "session=good")
	var body map[string]any
	if r.Header.Get("Content-Type") == "application/json" {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			p.t.Error(err)
		}
	}
	if path == p.fails {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if r.Method != http.MethodGet {
		p.made = append(p.made, r.Method+" "+path)
	}
	switch {
	case path == "/sign-in" && r.URL.Query().Get("token") == "good":
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "good", Path: "/"})
		http.Redirect(w, r, "/", http.StatusSeeOther)
	case path == "/sign-in":
		http.Redirect(w, r, "/?sign_in=invalid", http.StatusSeeOther)
	case path == "/consent": // at Google, which knows nothing of the session
		if err := r.ParseForm(); err != nil || signedIn || r.PostForm.Get("user") != branchPerson || len(r.PostForm["scope"]) != 2 || r.PostForm.Get("query") == "" {
			p.t.Errorf("consent with %v, %v", r.PostForm, err)
		}
		http.Redirect(w, r, p.URL+"/google/callback?code=c", http.StatusSeeOther)
	case path == "/conversions" && r.Header.Get("Authorization") == "Bearer nak_read":
		p.read(w, path)
	case !signedIn:
		w.WriteHeader(http.StatusUnauthorized)
	case path == "/google/callback":
		p.connections = append(p.connections, map[string]any{"id": "9", "state": "active", "customer": map[string]string{"id": branchCustomer}})
		http.Redirect(w, r, "/workspaces/3/google?result=connected&connection=9", http.StatusSeeOther)
	case r.Method == http.MethodGet:
		p.read(w, path)
	default:
		p.make(w, r, path, body)
	}
}

func (p *product) read(w http.ResponseWriter, path string) {
	lists := map[string]any{
		"/sites": map[string]any{"sites": p.sites}, "/sites/7/goals": map[string]any{"goals": p.goals}, "/workspaces/3/google/connections": map[string]any{"connections": p.connections},
		"/workspaces/3/conversion-actions": map[string]any{"conversion_actions": p.actions}, "/conversions": map[string]any{"conversions": p.waiting},
	}
	if lists[path] == nil {
		p.t.Errorf("read %s", path)
	}
	_ = json.NewEncoder(w).Encode(lists[path])
}

func (p *product) make(w http.ResponseWriter, r *http.Request, path string, body map[string]any) {
	answer := map[string]any{}
	switch path {
	case "/sites":
		answer = map[string]any{"id": "8", "public_key": "nst_us", "name": body["name"], "workspace_id": "3"}
		p.sites = append(p.sites, map[string]string{"id": "8", "public_key": "nst_us", "name": fmt.Sprint(body["name"]), "workspace_id": "3"})
	case "/sites/8/server-keys":
		answer["key"] = "nsk_us"
	case "/sites/7/goals":
		answer["id"] = "12"
		p.goals = append(p.goals, map[string]string{"id": "12", "name": fmt.Sprint(body["name"])})
	case "/workspaces/3/google/consent":
		answer["url"] = p.google.URL + "/consent?" + url.Values{"scope": {"one two"}}.Encode()
	case "/workspaces/3/google/connections/9":
		if r.Header.Get("If-Match") == "" || body["transport"] != "google_ads" {
			p.t.Errorf("change of connection: %v", body)
		}
	case "/workspaces/3/conversion-actions":
		p.actions = append(p.actions, body)
	case "/conversions/approve", "/sign-out":
		answer["ids"] = body["conversion_ids"]
	default:
		p.t.Errorf("%s %s", r.Method, path)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestOwnerSetsUpOnce(t *testing.T) {
	p := newProduct(t)
	want := Branch{Site: "8", SiteKey: "nst_us", ServerKey: "nsk_us", Hostname: branchHost}
	for range 2 {
		o, err := Enter(t.Context(), p.URL+"/sign-in?token=good", "3")
		if err != nil {
			t.Fatal(err)
		}
		if err := o.MapQuotes(t.Context(), "7", "Quote request", now); err != nil {
			t.Fatal(err)
		}
		got, err := o.OpenBranch(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if err := o.Leave(t.Context()); err != nil {
			t.Error(err)
		}
	}
	once := []string{
		"POST /sites/7/goals", "POST /workspaces/3/conversion-actions", "POST /sites", "POST /sites/8/server-keys", "POST /workspaces/3/google/consent", "POST /consent",
		"PATCH /workspaces/3/google/connections/9", "POST /workspaces/3/conversion-actions", "POST /sign-out",
	}
	if diff := cmp.Diff(append(once, "POST /sites/8/server-keys", "POST /sign-out"), p.made); diff != "" {
		t.Error(diff)
	}
}

func TestOwnerLetsReviewedOrdersGo(t *testing.T) {
	p := newProduct(t)
	o, err := Enter(t.Context(), p.URL+"/sign-in?token=good", "3")
	if err != nil {
		t.Fatal(err)
	}
	p.waiting = []map[string]string{{"id": "17"}, {"id": "18"}}
	ids, err := Waiting(t.Context(), p.URL, "nak_read", "8", now)
	if diff := cmp.Diff([]string{"17", "18"}, ids); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := o.Approve(t.Context(), ids); err != nil {
		t.Error(err)
	}
	if _, err := Waiting(t.Context(), p.URL, "nak_other", "8", now); !Final(err) {
		t.Errorf("with another key: %v", err)
	}
	if diff := cmp.Diff([]string{"POST /conversions/approve"}, p.made); diff != "" {
		t.Error(diff)
	}
}

// What may be another answer later is tried again; what may not is final.
func TestAnswersThatAreFinal(t *testing.T) {
	p := newProduct(t)
	for _, link := range []string{"x", p.URL + "/sign-in?token=bad"} {
		if _, err := Enter(t.Context(), link, "3"); !Final(err) {
			t.Errorf("%s: %v", link, err)
		}
	}
	o, err := Enter(t.Context(), p.URL+"/sign-in?token=good", "3")
	if err != nil {
		t.Fatal(err)
	}
	p.fails = "/sites"
	if _, err := o.OpenBranch(t.Context(), now); err == nil || Final(err) {
		t.Errorf("while it is away: %v", err)
	}
	o.session = nil
	if err := o.MapQuotes(t.Context(), "7", "Quote request", now); !Final(err) {
		t.Errorf("signed out: %v", err)
	}
	if _, err := o.consent(t.Context(), "https://accounts.google.com/o/oauth2/v2/auth?scope=x"); !Final(err) {
		t.Errorf("the real one: %v", err)
	}
}
