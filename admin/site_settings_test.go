package admin

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/report"
)

// siteTest is a site of the demo's workspace, and somebody who manages it.
type siteTest struct {
	team
	site, tag string
}

func startSite(t *testing.T) *siteTest {
	r := start(t, nil)
	m := &siteTest{team: team{rig: r, owner: r.signedIn()}}
	a := r.ask(m.owner, "POST", "/api/v1/sites", `{"name": "Shop", "hostnames": ["shop.example"], "time_zone": "UTC", "currency": "EUR"}`)
	var made SiteSettingsView
	decode(t, a, 201, &made)
	m.site, m.tag = "/api/v1/sites/"+made.ID, a.header.Get("ETag")
	return m
}

// change sends a PATCH on the state that was seen last.
func (m *siteTest) change(body string) reply {
	m.t.Helper()
	a := m.ask(m.owner, "PATCH", m.site, body, "If-Match", m.tag)
	if a.status == 200 {
		m.tag = a.header.Get("ETag")
	}
	return a
}

func (m *siteTest) get() SiteSettingsView {
	m.t.Helper()
	var v SiteSettingsView
	decode(m.t, m.ask(m.owner, "GET", m.site, ""), 200, &v)
	return v
}

func TestSiteSettings(t *testing.T) {
	m := startSite(t)
	made := m.get()
	if made.ConsentMode != "unset_allows" || made.LookbackDays != 90 || made.RetentionRawDays != nil || made.RetentionAggregatesDays != nil || made.SalesFromBrowsers != "accept" ||
		made.BotRules == nil || len(made.BotRules)+len(made.ExcludedAddresses)+len(made.ExcludedPaths) != 0 || made.State != "active" {
		t.Errorf("as it was made: %+v", made)
	}
	a := m.change(`{"name": " Shop 2 ", "hostnames": ["Bücher.example", "*.shop.example"], "identity_mode": "off", "query_params": ["color"], "consent_mode": "required",
		"lookback_days": 540, "retention_raw_days": 30, "retention_aggregates_days": 400, "sales_from_browsers": "hold",
		"bot_rules": [{"kind": "user_agent_contains", "value": "AcmeMonitor/", "action": "mark"}, {"kind": "address", "value": "2001:db8::1", "action": "allow"}, {"kind": "referrer_host", "value": "*.Spam.example", "action": "mark"}],
		"excluded_addresses": ["203.0.113.77/24", "198.51.100.7", "203.0.113.0/24"], "excluded_paths": ["/admin/**"]}`)
	var v SiteSettingsView
	decode(t, a, 200, &v)
	want := made
	want.Name, want.Hostname, want.Hostnames, want.IdentityMode, want.QueryParams = "Shop 2", "xn--bcher-kva.example", []string{"xn--bcher-kva.example", "*.shop.example"}, "off", []string{"color"}
	want.ConsentMode, want.LookbackDays, want.RetentionRawDays, want.RetentionAggregatesDays, want.SalesFromBrowsers = "required", 540, new(int32(30)), new(int32(400)), "hold"
	want.BotRules = []BotRuleView{{"user_agent_contains", "acmemonitor/", "mark"}, {"address", "2001:db8::1/128", "allow"}, {"referrer_host", "*.spam.example", "mark"}}
	want.ExcludedAddresses, want.ExcludedPaths = []string{"203.0.113.0/24", "198.51.100.7/32"}, []string{"/admin/**"}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("changed (-want +got): %s", diff)
	}
	if diff := cmp.Diff(want, m.get()); diff != "" {
		t.Errorf("read (-want +got): %s", diff)
	}
	m.wants("cleared", m.change(`{"retention_aggregates_days": null, "excluded_paths": [], "bot_rules": []}`), 200, "")
	if v := m.get(); v.RetentionAggregatesDays != nil || *v.RetentionRawDays != 30 || len(v.ExcludedPaths)+len(v.BotRules) != 0 || len(v.ExcludedAddresses) != 2 {
		t.Errorf("cleared: %+v", v)
	}
	m.wants("without", m.ask(m.owner, "PATCH", m.site, `{"name": "x"}`), 428, "precondition_required")
	m.wants("stale", m.ask(m.owner, "PATCH", m.site, `{"name": "x"}`, "If-Match", a.header.Get("ETag")), 412, "changed_meanwhile")
	tag := m.tag
	m.wants("nothing new", m.change(`{"name": "Shop 2"}`), 200, "")
	if m.tag != tag {
		t.Errorf("ETag %s after %s", m.tag, tag)
	}
}

func TestSiteSettingsRefused(t *testing.T) {
	m := startSite(t)
	many := `["` + strings.Repeat(`/a", "`, 100) + `/b"]`
	for body, want := range map[string]string{
		`{"name": "", "hostnames": []}`:                                             "hostnames name",
		`{"hostnames": ["a b"], "time_zone": "", "currency": "EURO"}`:               "currency hostnames time_zone",
		`{"identity_mode": "", "consent_mode": "maybe"}`:                            "consent_mode identity_mode",
		`{"lookback_days": 0}`:                                                      "lookback_days",
		`{"lookback_days": 541}`:                                                    "lookback_days",
		`{"lookback_days": "9"}`:                                                    "lookback_days",
		`{"retention_raw_days": 29}`:                                                "retention_raw_days",
		`{"retention_raw_days": "30"}`:                                              "retention_raw_days",
		`{"retention_aggregates_days": 3651}`:                                       "retention_aggregates_days",
		`{"retention_aggregates_days": 400}`:                                        "retention_aggregates_days",
		`{"retention_raw_days": 90, "retention_aggregates_days": 60}`:               "retention_aggregates_days",
		`{"excluded_addresses": ["10.0.0.0/33", "1.2.3.4", "a", "::/8"]}`:           "excluded_addresses[0] excluded_addresses[2] excluded_addresses[3]",
		`{"excluded_addresses": ["0.0.0.0/0", "fe80::1%eth0"]}`:                     "excluded_addresses[0] excluded_addresses[1]",
		`{"excluded_paths": ["admin", "/ok", "/` + strings.Repeat("x", 250) + `"]}`: "excluded_paths[0] excluded_paths[2]",
		`{"excluded_paths": ` + many + `}`:                                          "excluded_paths",
		`{"bot_rules": [{"kind": "weather", "value": "x", "action": "mark"}, {"kind": "path", "value": "/x", "action": "drop"}, {"kind": "user_agent_contains", "value": "x", "action": "mark"}, {"kind": "hostname", "value": "a b", "action": "mark"}]}`: "bot_rules[0] bot_rules[1] bot_rules[2] bot_rules[3]",
		`{"sales_from_browsers": "keep"}`: "sales_from_browsers",
		`{"owner": 1}`:                    "owner",
	} {
		a := m.change(body)
		var paths []string
		for _, e := range a.problem(t).Errors {
			paths = append(paths, e.Path)
		}
		if got := sortedWords(paths); a.status != 422 || got != want {
			t.Errorf("%s: %d, wrong are %s; want %s", body, a.status, got, want)
		}
	}
	if v := m.get(); v.Name != "Shop" || m.tag != m.ask(m.owner, "GET", m.site, "").header.Get("ETag") {
		t.Errorf("changed by what was refused: %+v", v)
	}
}

// Time zone and currency: what was reported changes only for somebody who said so.
func TestSiteChangesOfHistory(t *testing.T) {
	m := startSite(t)
	a := m.change(`{"time_zone": "Europe/Berlin", "currency": "CHF"}`)
	m.wants("unsaid", a, 409, "confirmation_needed")
	if p := a.problem(t).Errors; len(p) != 2 || p[0].Path != "rebuild" || !strings.Contains(p[0].Message, "Europe/Berlin") || p[1].Path != "leave_unconverted" || !strings.Contains(p[1].Message, "CHF") {
		t.Errorf("%+v", p)
	}
	m.wants("half", m.change(`{"time_zone": "Europe/Berlin", "currency": "CHF", "rebuild": true}`), 409, "confirmation_needed")
	m.wants("said", m.change(`{"time_zone": "Europe/Berlin", "rebuild": true}`), 200, "")
	m.wants("said", m.change(`{"currency": "CHF", "leave_unconverted": true}`), 200, "")
	v := m.get()
	if len(v.Changes) != 2 || v.Changes[0].Field != "currency" || v.Changes[1].Before != "UTC" || v.Changes[1].After != "Europe/Berlin" || v.TimeZone != "Europe/Berlin" || v.Currency != "CHF" {
		t.Errorf("%+v", v)
	}
	notices := func(dates string) (codes []string) {
		t.Helper()
		var answer report.Answer
		decode(t, m.ask(m.owner, "POST", "/api/v1/query", `{"site_id": "`+v.ID+`", "metrics": ["visitors"], "date_range": `+dates+`}`), 200, &answer)
		for _, n := range answer.Meta.Notices {
			codes = append(codes, n.Code+" "+n.Before+" "+n.After)
		}
		return codes
	}
	if diff := cmp.Diff([]string{"currency_changed EUR CHF", "time_zone_changed UTC Europe/Berlin"}, notices(`"7d"`)); diff != "" {
		t.Errorf("notices (-want +got): %s", diff)
	}
	if got := notices(`["` + m.now().AddDate(0, 0, 2).Format(time.DateOnly) + `", "` + m.now().AddDate(0, 0, 3).Format(time.DateOnly) + `"]`); len(got) != 0 {
		t.Errorf("notices of days after the change: %v", got)
	}
	m.wants("bounded", m.change(`{"retention_raw_days": 30}`), 200, "")
	m.wants("young", m.change(`{"time_zone": "UTC", "rebuild": true}`), 200, "")
	m.sql(`INSERT INTO retention_log (site_id, workspace_id, table_name, before, rows_found, begun_at) VALUES ($1::text::bigint, $2::text::bigint, 'events', '2026-01-01', 3, now())`, v.ID, v.WorkspaceID)
	m.wants("events were deleted", m.change(`{"time_zone": "Asia/Tokyo", "rebuild": true}`), 409, "conflict")
	m.sql(`DELETE FROM retention_log`)
	m.sql(`UPDATE sites SET created_at = now() - interval '31 days' WHERE id = $1::text::bigint`, v.ID)
	m.wants("events are gone", m.ask(m.owner, "PATCH", m.site, `{"time_zone": "Asia/Tokyo", "rebuild": true}`, "If-Match", "*"), 409, "conflict")
}

func TestSiteStates(t *testing.T) {
	m := startSite(t)
	id := m.get().ID
	post := func(what, code string, status int) {
		t.Helper()
		m.wants(what, m.ask(m.owner, "POST", m.site+"/"+what, ""), status, code)
	}
	lists := func(state string) bool {
		t.Helper()
		var out sitesOutput
		decode(t, m.ask(m.owner, "GET", "/api/v1/sites?state="+state, ""), 200, &out.Body)
		for _, s := range out.Body.Sites {
			if s.ID == id && s.State == state {
				return true
			}
		}
		return false
	}
	post("unarchive", "", 200) // it is not
	post("archive", "", 200)
	if lists("active") || !lists("archived") {
		t.Error("lists of an archived site")
	}
	m.wants("reports of an archived site", m.ask(m.owner, "POST", "/api/v1/query", pageviews(id)), 200, "")
	m.wants("stale", m.ask(m.owner, "DELETE", m.site, "", "If-Match", m.tag), 412, "changed_meanwhile")
	var gone SiteSettingsView
	decode(t, m.ask(m.owner, "DELETE", m.site, ""), 200, &gone)
	if gone.EraseAfter == nil || gone.EraseAfter.Sub(m.now()).Round(time.Minute) != siteGrace {
		t.Errorf("erased after %v", gone.EraseAfter)
	}
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		m.wants(method+" of a deleted site", m.ask(m.owner, method, m.site, map[bool]string{true: `{"name": "x"}`}[method == "PATCH"], "If-Match", "*"), 404, "not_found")
	}
	m.wants("reports of a deleted site", m.ask(m.owner, "POST", "/api/v1/query", pageviews(id)), 404, "not_found")
	post("archive", "not_found", 404)
	post("unarchive", "not_found", 404)
	if lists("active") || lists("archived") || !lists("deleted") {
		t.Error("lists of a deleted site")
	}
	m.offset.move(6 * 24 * time.Hour)
	post("restore", "", 200)
	if v := m.get(); v.State != "archived" || v.EraseAfter != nil {
		t.Errorf("taken back: %+v", v)
	}
	post("unarchive", "", 200)
	m.wants("delete", m.ask(m.owner, "DELETE", m.site, ""), 200, "")
	m.offset.move(siteGrace)
	m.owner = m.signedIn()
	post("restore", "conflict", 409)

	var actions []string
	var said string
	if err := m.pool.QueryRow(t.Context(), `SELECT array_agg(action ORDER BY seq), string_agg(before::text || '>' || after::text, ' ' ORDER BY seq) FILTER (WHERE action = 'site.archived')
		FROM audit WHERE action LIKE 'site.%'`).Scan(&actions, &said); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(actions, " "); got != "site.created site.archived site.deleted site.restored site.unarchived site.deleted" {
		t.Errorf("audit: %s", got)
	}
	var before map[string]any
	if from, _, _ := strings.Cut(said, ">"); json.Unmarshal([]byte(from), &before) != nil || len(before) != 2 || before["state"] != "active" {
		t.Errorf("audit of the archiving: %s", said)
	}
}

// What those see who only read reports.
func TestSiteSettingsAreForWhoManages(t *testing.T) {
	m := startSite(t)
	demo := m.demo()
	analyst := m.walker(demo.WorkspaceID, "analyst")
	as := func(method, path, body string) reply {
		return m.ask(&http.Client{}, method, path, body, "Cookie", analyst.cookie)
	}
	m.wants("settings", as("GET", m.site, ""), 403, "forbidden")
	m.wants("delete", m.ask(m.owner, "DELETE", m.site, ""), 200, "")
	if a := as("GET", "/api/v1/sites?state=deleted", ""); a.status != 200 || strings.Contains(a.body, "Shop") {
		t.Errorf("deleted sites for an analyst: %d %s", a.status, a.body)
	}
	if a := m.ask(&http.Client{}, "GET", "/api/v1/sites?state=deleted", "", "Authorization", "Bearer "+demo.APIKey); a.status != 200 || strings.Contains(a.body, "Shop") {
		t.Errorf("deleted sites for a key: %d %s", a.status, a.body)
	}
}

func sortedWords(words []string) string {
	slices.Sort(words)
	return strings.Join(words, " ")
}
