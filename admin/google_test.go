package admin

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/testenv"
)

// connecter connects the demo's workspace to Google as its owner.
type connecter struct {
	*rig
	owner *http.Client
	base  string // of the workspace, under /api/v1
}

func TestGoogle(t *testing.T) {
	r := start(t, withGoogle(t))
	for _, c := range []struct {
		name string
		test func(connecter)
	}{
		{"connect", connects}, {"wrong ways back", wrongWaysBack}, {"what is wrong is said", saysWhatIsWrong}, {"reconnect", reconnects},
		{"managers and owners", findsOwners}, {"disconnect", disconnects}, {"goals are sent", goalsAreSent}, {"hold", holds}, {"another transport", speaksAnew}, {"file", servesFiles},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.sql(`DELETE FROM google_connections; DELETE FROM oauth_flows; DELETE FROM goals`)
			own := *r
			own.t = t
			c.test(connecter{&own, r.signedIn(), "/api/v1/workspaces/" + r.demo().WorkspaceID})
		})
	}
	for _, secret := range []string{r.grant().Access, r.grant().Refresh} {
		for _, leak := range testenv.Leaks([]byte(r.log.String()), secret) {
			t.Errorf("the log has a token: %s", leak)
		}
	}
}

func (c connecter) do(method, path, body string, headers ...string) reply {
	c.t.Helper()
	return c.ask(c.owner, method, c.base+path, body, headers...)
}

// consent begins, answers Google's page, and comes back: where the browser ends.
func (c connecter) consent(body, person string, scopes ...string) (to *url.URL) {
	c.t.Helper()
	var begun GoogleConsentView
	decode(c.t, c.do("POST", "/google/consent", body), 200, &begun)
	return c.back(c.owner, consentAs(c.t, begun.URL, person, scopes...))
}

func (c connecter) back(browser *http.Client, address string) *url.URL {
	c.t.Helper()
	callback, err := url.Parse(address)
	if err != nil {
		c.t.Fatal(err)
	}
	a := c.ask(browser, "GET", callback.RequestURI(), "")
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.status != http.StatusSeeOther {
		c.t.Fatalf("callback: %d %s, %v", a.status, a.body, err)
	}
	return to
}

// connected makes a connection, and chooses an account where one is named.
func (c connecter) connected(person, customer string) (v GoogleConnectionView) {
	c.t.Helper()
	to := c.consent(`{}`, person)
	if to.Path != "/workspaces/"+c.demo().WorkspaceID+"/google" || to.Query().Get("result") != "connected" {
		c.t.Fatalf("back at %s", to)
	}
	path := "/google/connections/" + to.Query().Get("connection")
	if customer != "" {
		decode(c.t, c.do("PATCH", path, `{"customer_id": "`+customer+`"}`, "If-Match", "*"), 200, &v)
	} else {
		decode(c.t, c.do("GET", path, ""), 200, &v)
	}
	return v
}

func (c connecter) action(body string) (v ConversionActionView) {
	c.t.Helper()
	decode(c.t, c.do("POST", "/conversion-actions", body), 201, &v)
	return v
}

// audited wants actions of the audit since an entry, in order.
func (c connecter) audited(since int64, want ...string) {
	c.t.Helper()
	rows, err := c.pool.Query(c.t.Context(), `SELECT action FROM audit WHERE action ~ '^(google|conversion_action|uploads)\.' AND seq > $1 AND workspace_id = $2::text::bigint ORDER BY seq`, since, c.demo().WorkspaceID)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var action string
		if err := rows.Scan(&action); err != nil {
			c.t.Fatal(err)
		}
		got = append(got, action)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("audit: %s", diff)
	}
}

func (c connecter) lastAudit() int64 {
	return definer{c.rig, c.owner, ""}.audits()
}

// One way through: consent, account, action, test, change, removal; each step is in the audit, each
// access to Google is counted.
func connects(c connecter) {
	since := c.lastAudit()
	v := c.connected("ads@shop.noctra.example", "")
	if v.State != "choosing" || v.Customer != nil {
		c.t.Errorf("connected: %+v", v)
	}
	path := "/google/connections/" + v.ID
	var accounts struct{ Accounts []GoogleAccountView }
	decode(c.t, c.do("GET", path+"/accounts", ""), 200, &accounts)
	var got []string
	for _, a := range accounts.Accounts {
		got = append(got, strings.Join([]string{a.ID, a.LoginID, a.Name}, " "))
	}
	if diff := cmp.Diff([]string{"1000000001  Demo agency", "2000000002  Demo shop", "2000000003 1000000001 Second shop"}, got); diff != "" {
		c.t.Errorf("accounts: %s", diff)
	}
	c.wants("no account yet", c.do("GET", path+"/actions", ""), 409, "conflict")
	seen := c.do("GET", path, "")
	a := c.do("PATCH", path, `{"customer_id": "200-000-0002"}`, "If-Match", seen.header.Get("ETag"))
	decode(c.t, a, 200, &v)
	if v.State != "active" || v.Transport != "data_manager" || v.Problem != nil || v.Customer == nil || *v.Customer != (GoogleCustomerView{"2000000002", "", "Demo shop", "EUR", "Europe/Berlin"}) {
		c.t.Errorf("chosen: %s", a.body)
	}
	var can []string
	for _, one := range v.Abilities {
		can = append(can, strings.Join([]string{one.Name, map[bool]string{true: "can", false: "cannot"}[one.Can], one.Code}, " "))
	}
	if diff := cmp.Diff([]string{"data_manager can ", "google_ads cannot CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", "retraction cannot CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"}, can); diff != "" {
		c.t.Errorf("abilities: %s", diff)
	}
	c.wants("another state", c.do("PATCH", path, `{"customer_id": "2000000002"}`, "If-Match", seen.header.Get("ETag")), 412, "changed_meanwhile")
	c.wants("a transport that cannot be used", c.do("PATCH", path, `{"transport": "google_ads"}`, "If-Match", "*"), 422, "invalid_request")
	var actions struct{ Actions []GoogleActionView }
	decode(c.t, c.do("GET", path+"/actions", ""), 200, &actions)
	if len(actions.Actions) != 4 || actions.Actions[0].ID != "900000022" || !actions.Actions[0].OnePerClick || actions.Actions[0].LookbackDays != 30 || actions.Actions[1].Enabled {
		c.t.Errorf("actions: %+v", actions.Actions)
	}

	sale := c.action(`{"site_id": "` + c.demo().SiteID + `", "connection_id": "` + v.ID + `", "action_id": "900000021"}`)
	if sale.ActionName != "Sale" || sale.ValueRule != "event" || sale.WindowDays != 90 || sale.GoalID != "" || sale.NotBefore != nil || time.Since(sale.Since).Abs() > 10*time.Minute {
		c.t.Errorf("made %+v", sale)
	}
	mapping := "/conversion-actions/" + sale.ID
	c.wants("twice", c.do("POST", "/conversion-actions", `{"site_id": "`+c.demo().SiteID+`", "connection_id": "`+v.ID+`", "action_id": "900000021"}`), 409, "conflict")
	var test TestView
	decode(c.t, c.do("POST", mapping+"/test", ""), 200, &test)
	if !test.Taken || test.Transport != "data_manager" {
		c.t.Errorf("test: %+v", test)
	}
	c.wants("another account, with actions", c.do("PATCH", path, `{"customer_id": "1000000001"}`, "If-Match", "*"), 409, "conflict")
	c.wants("change without a condition", c.do("PATCH", mapping, `{"paused": true}`), 428, "precondition_required")
	decode(c.t, c.do("PATCH", mapping, `{"paused": true, "delay_minutes": 30, "value_rule": "fixed", "fixed_value": "12.50", "currency": "eur"}`, "If-Match", "*"), 200, &sale)
	if !sale.Paused || sale.DelayMinutes != 30 || sale.FixedValue != "12.50" || sale.Currency != "EUR" {
		c.t.Errorf("changed: %+v", sale)
	}
	c.wants("removed", c.do("DELETE", mapping, "", "If-Match", "*"), 204, "")
	c.wants("gone", c.do("GET", mapping, ""), 404, "not_found")
	c.audited(since, "google.connected", "google.account_chosen", "conversion_action.created", "conversion_action.changed", "conversion_action.removed")

	var accesses struct{ Accesses []GoogleAccessView }
	decode(c.t, c.do("GET", path+"/accesses", ""), 200, &accesses)
	counted := map[string]int32{}
	for _, one := range accesses.Accesses {
		counted[one.Purpose] += one.Calls
	}
	if counted["connect"] != 1 || counted["list_accounts"] != 1 || counted["list_actions"] < 2 || counted["probe"] < 2 {
		c.t.Errorf("accesses: %v", counted)
	}
}

// A consent is good once, for ten minutes, for the sign-in that began it, and only as a whole.
func wrongWaysBack(c connecter) {
	begin := func() string {
		var begun GoogleConsentView
		decode(c.t, c.do("POST", "/google/consent", `{}`), 200, &begun)
		return begun.URL
	}
	answered := consentAs(c.t, begin(), "ads@shop.noctra.example")
	if to := c.back(c.signedIn(), answered); to.String() != "/?google=other_session" {
		c.t.Errorf("another sign-in: %s", to)
	}
	if to := c.back(c.owner, answered); to.String() != "/?google=expired" {
		c.t.Errorf("a state that was used up: %s", to)
	}
	if to := c.back(c.browser(), consentAs(c.t, begin(), "ads@shop.noctra.example")); to.String() != "/?google=other_session" {
		c.t.Errorf("signed out: %s", to)
	}
	if to := c.back(c.owner, "/google/callback?state=x&code=y"); to.String() != "/?google=expired" {
		c.t.Errorf("a state that was never given: %s", to)
	}
	late := consentAs(c.t, begin(), "ads@shop.noctra.example")
	c.offset.move(consentLife)
	if to := c.back(c.owner, late); to.Query().Get("result") != "expired" {
		c.t.Errorf("after ten minutes: %s", to)
	}
	c.offset.move(-consentLife)
	if to := c.consent(`{}`, ""); to.Query().Get("result") != "denied" {
		c.t.Errorf("denied: %s", to)
	}
	if to := c.consent(`{}`, "ads@shop.noctra.example", "https://www.googleapis.com/auth/adwords"); to.Query().Get("result") != "missing_scopes" || to.Query().Get("missing") != "datamanager" {
		c.t.Errorf("a scope unticked: %s", to)
	}
	wrong, err := url.Parse(consentAs(c.t, begin(), "ads@shop.noctra.example"))
	if err != nil {
		c.t.Fatal(err)
	}
	query := wrong.Query()
	query.Set("code", "4/0Aanother")
	if to := c.back(c.owner, "/google/callback?"+query.Encode()); to.Query().Get("result") != "refused" {
		c.t.Errorf("another code: %s", to)
	}
	var n int
	if err := c.pool.QueryRow(c.t.Context(), `SELECT count(*) FROM google_connections`).Scan(&n); err != nil || n != 0 {
		c.t.Errorf("%d connections were made, %v", n, err)
	}
}

// Bad input names field, value and rule, all at once.
func saysWhatIsWrong(c connecter) {
	v := c.connected("ads@shop.noctra.example", "2000000002")
	path := "/google/connections/" + v.ID
	for _, one := range []struct {
		method, path, body string
		want               []string // field and a word of the message
	}{
		{"PATCH", path, `{"customer_id": "20-0000-0002", "login_id": "x"}`, []string{"customer_id", "20-0000-0002", "login_id", "ten digits"}},
		{"PATCH", path, `{"login_id": "1000000001"}`, []string{"login_id", "send both"}},
		{"POST", "/google/consent", `{"connection_id": "x"}`, []string{"connection_id", `"x" is no connection`}},
		{"POST", "/google/connections", `{"name": " "}`, []string{"name", "needed"}},
		{"POST", "/conversion-actions", `{"site_id": "999999", "connection_id": "x", "action_id": "1"}`, []string{"site_id", "999999", "connection_id", `"x"`}},
		{"POST", "/conversion-actions", `{"site_id": "` + c.demo().SiteID + `", "connection_id": "` + v.ID + `", "action_id": "900000024"}`, []string{"action_id", "900000024"}},
		{"POST", "/conversion-actions", `{"site_id": "` + c.demo().SiteID + `", "connection_id": "` + v.ID + `", "action_id": "900000021", "value_rule": "fixed", "fixed_value": "-1", "currency": "XYZ", "without_click": true, "delay_minutes": 10081, "since": "2020-01-01T00:00:00Z"}`,
			[]string{"fixed_value", `-1`, "currency", "XYZ", "without_click", "delay_minutes", "10081", "since"}},
		{"POST", "/conversion-actions", `{"site_id": "` + c.demo().SiteID + `", "connection_id": "` + v.ID + `", "action_id": "900000021", "goal_id": "77"}`, []string{"goal_id", "77"}},
	} {
		a := c.do(one.method, one.path, one.body, "If-Match", "*")
		c.wants(one.body, a, 422, "invalid_request")
		if problem, err := json.Marshal(a.problem(c.t).Errors); err == nil {
			text := strings.ReplaceAll(string(problem), `\"`, `"`)
			for _, want := range one.want {
				if !strings.Contains(text, want) {
					c.t.Errorf("%s: nothing of %q in %s", one.body, want, text)
				}
			}
		}
	}
	c.wants("an account that is not reached", c.do("PATCH", path, `{"customer_id": "2000000004"}`, "If-Match", "*"), 409, "google_refused")
	c.wants("another workspace's connection", c.do("GET", "/google/connections/999999", ""), 404, "not_found")
}

// Reconnecting keeps row, account and actions; a consent that was revoked is said and mended.
func reconnects(c connecter) {
	v := c.connected("ads@shop.noctra.example", "2000000002")
	c.action(`{"site_id": "` + c.demo().SiteID + `", "connection_id": "` + v.ID + `", "action_id": "900000021"}`)
	var sealed []byte
	if err := c.pool.QueryRow(c.t.Context(), `SELECT refresh_token FROM google_connections WHERE id = $1::text::bigint`, v.ID).Scan(&sealed); err != nil {
		c.t.Fatal(err)
	}
	id, _ := siteNumber(v.ID)
	refresh, err := c.google.tokens.Refresher(sealed, id)
	if err == nil {
		err = c.google.client.Revoke(c.t.Context(), refresh)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	path := "/google/connections/" + v.ID
	c.wants("revoked", c.do("GET", path+"/accounts", ""), 409, "google_refused")
	decode(c.t, c.do("GET", path, ""), 200, &v)
	if v.State != "needs_reconnecting" || v.Problem == nil || v.Problem.Code != "INVALID_GRANT" {
		c.t.Errorf("revoked: %+v", v)
	}
	if to := c.consent(`{"connection_id": "`+v.ID+`"}`, "agency@noctra.example"); to.Query().Get("result") != "reconnected" || to.Query().Get("connection") != v.ID {
		c.t.Errorf("back at %s", to)
	}
	var other GoogleConnectionView
	decode(c.t, c.do("GET", path, ""), 200, &other)
	if other.State != "active" || other.Problem == nil || other.Problem.Code != "USER_PERMISSION_DENIED" {
		c.t.Errorf("by somebody who does not reach the account: %+v", other.Problem)
	}
	c.consent(`{"connection_id": "`+v.ID+`"}`, "ads@shop.noctra.example")
	var again GoogleConnectionView
	decode(c.t, c.do("GET", path, ""), 200, &again)
	if again.State != "active" || again.Problem != nil || again.Customer == nil || again.Customer.ID != "2000000002" || again.ID != v.ID {
		c.t.Errorf("connected again: %+v", again)
	}
	var kept struct {
		Actions []ConversionActionView `json:"conversion_actions"`
	}
	decode(c.t, c.do("GET", "/conversion-actions", ""), 200, &kept)
	if len(kept.Actions) != 1 || kept.Actions[0].ConnectionID != v.ID {
		c.t.Errorf("conversion actions: %+v", kept)
	}
}

// An account whose conversions a manager owns leads to the manager; what keeps uploads from working is
// said at once, and the better API is taken.
func findsOwners(c connecter) {
	v := c.connected("ads@shop.noctra.example", "")
	decode(c.t, c.do("PATCH", "/google/connections/"+v.ID, `{"customer_id": "2000000003", "login_id": "1000000001"}`, "If-Match", "*"), 200, &v)
	if v.Customer == nil || v.Customer.ID != "1000000001" || v.Customer.LoginID != "" || v.Customer.Name != "Demo agency" {
		c.t.Errorf("owner: %+v", v.Customer)
	}
	terms := c.connected("agency@noctra.example", "2000000004")
	if terms.Problem == nil || terms.Transport != "google_ads" && terms.Problem.Code != "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITED" {
		c.t.Errorf("without data terms: %+v", terms)
	}
	both := c.connected("agency@noctra.example", "2000000006")
	if both.Transport != "data_manager" || len(both.Abilities) != 3 || !both.Abilities[1].Can || !both.Abilities[2].Can {
		c.t.Errorf("with both: %+v", both)
	}
	decode(c.t, c.do("PATCH", "/google/connections/"+both.ID, `{"transport": "google_ads"}`, "If-Match", "*"), 200, &both)
	if both.Transport != "google_ads" {
		c.t.Errorf("transport %s", both.Transport)
	}
	fresh := c.action(`{"site_id": "` + c.demo().SiteID + `", "connection_id": "` + both.ID + `", "action_id": "900000064"}`)
	if fresh.NotBefore == nil || time.Until(*fresh.NotBefore) < 5*time.Hour {
		c.t.Errorf("an action made today: not before %v", fresh.NotBefore)
	}
	var test TestView
	decode(c.t, c.do("POST", "/conversion-actions/"+fresh.ID+"/test", ""), 200, &test)
	if test.Taken || test.Code != "TOO_RECENT_CONVERSION_ACTION" || test.Reason == "" {
		c.t.Errorf("test: %+v", test)
	}
	decode(c.t, c.do("POST", "/google/connections/"+both.ID+"/probe", ""), 200, &both)
	if both.Transport != "google_ads" {
		c.t.Errorf("probed again, the transport is %s", both.Transport)
	}
	c.wants("suspended", c.do("PATCH", "/google/connections/"+v.ID, `{"customer_id": "2000000005", "login_id": "1000000001"}`, "If-Match", "*"), 409, "google_refused")
}

// The end of a connection is revoked at Google, and what came from there is gone, with evidence.
func disconnects(c connecter) {
	v := c.connected("ads@shop.noctra.example", "2000000002")
	a := c.action(`{"site_id": "` + c.demo().SiteID + `", "connection_id": "` + v.ID + `", "action_id": "900000021"}`)
	var sealed []byte
	if err := c.pool.QueryRow(c.t.Context(), `SELECT refresh_token FROM google_connections WHERE id = $1::text::bigint`, v.ID).Scan(&sealed); err != nil {
		c.t.Fatal(err)
	}
	id, _ := siteNumber(v.ID)
	refresh, err := c.google.tokens.Refresher(sealed, id)
	if err != nil {
		c.t.Fatal(err)
	}
	since := c.lastAudit()
	var ended GoogleConnectionView
	decode(c.t, c.do("DELETE", "/google/connections/"+v.ID, "", "If-Match", "*"), 200, &ended)
	if ended.State != "disconnected" || ended.PurgedAt == nil || ended.DisconnectedAt == nil || ended.Customer == nil || ended.Customer.Name != "" || len(ended.Abilities) != 0 {
		c.t.Errorf("ended: %+v", ended)
	}
	if _, err := c.google.client.Refresh(c.t.Context(), refresh); err == nil {
		c.t.Error("Google still takes the token")
	}
	var left string
	if err := c.pool.QueryRow(c.t.Context(), `SELECT concat(c.refresh_token::text, c.access_token::text, c.customer_name, c.customer_currency, c.customer_zone, c.scopes::text) || m.action_name || (m.removed_at IS NOT NULL)
		FROM google_connections c JOIN conversion_actions m ON m.connection_id = c.id WHERE m.id = $1::text::bigint`, a.ID).Scan(&left); err != nil || left != "{}action 900000021true" {
		c.t.Errorf("left: %q, %v", left, err)
	}
	c.audited(since, "google.disconnected", "google.purged")
	c.wants("reconnected", c.do("POST", "/google/consent", `{"connection_id": "`+v.ID+`"}`), 409, "conflict")
	decode(c.t, c.do("DELETE", "/google/connections/"+v.ID, "", "If-Match", "*"), 200, &ended)
}

// A goal is sent with a value that was agreed, and not deleted meanwhile.
func goalsAreSent(c connecter) {
	v := c.connected("ads@shop.noctra.example", "2000000002")
	site := "/api/v1/sites/" + c.demo().SiteID
	var goal GoalView
	decode(c.t, c.ask(c.owner, "POST", site+"/goals", `{"name": "Newsletter", "match": {"kind": "event", "event_type": "goal", "name": "newsletter"}}`), 201, &goal)
	c.wants("value of a goal", c.do("POST", "/conversion-actions", `{"site_id": "`+c.demo().SiteID+`", "connection_id": "`+v.ID+`", "action_id": "900000022", "goal_id": "`+goal.ID+`", "value_rule": "event"}`), 422, "invalid_request")
	a := c.action(`{"site_id": "` + c.demo().SiteID + `", "connection_id": "` + v.ID + `", "action_id": "900000022", "goal_id": "` + goal.ID + `"}`)
	if a.ValueRule != "none" || !a.OnePerClick || a.WindowDays != 30 || a.GoalID != goal.ID {
		c.t.Errorf("made %+v", a)
	}
	c.wants("deleted meanwhile", c.ask(c.owner, "DELETE", site+"/goals/"+goal.ID, "", "If-Match", "*"), 409, "conflict")
	c.wants("removed", c.do("DELETE", "/conversion-actions/"+a.ID, "", "If-Match", "*"), 204, "")
	c.wants("deleted", c.ask(c.owner, "DELETE", site+"/goals/"+goal.ID, "", "If-Match", "*"), 204, "")
}

// Uploads of a workspace are held and released; what was not sent is decided again, each time once.
func holds(c connecter) {
	v := c.connected("ads@shop.noctra.example", "2000000002")
	a := c.action(`{"site_id": "` + c.demo().SiteID + `", "connection_id": "` + v.ID + `", "action_id": "900000021"}`)
	c.sql(`WITH s AS (INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
				email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal)
			SELECT workspace_id, site_id, 'hold-1', 'A-1', now(), 1000000, 'EUR', 0, 0, '', 1, '{}', '{}', '{}', '', '', 0, 0, 0 FROM conversion_actions WHERE id = $1::text::bigint RETURNING *)
		INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, state, reason)
		SELECT m.workspace_id, s.site_id, s.id, m.id, m.action_id, 'o-A-1', s.occurred_at, 'held', 'no_click' FROM s, conversion_actions m WHERE m.id = $1::text::bigint`, a.ID)
	c.sql(`UPDATE sales SET decide_at = NULL`)
	due := func() (n int) {
		if err := c.pool.QueryRow(c.t.Context(), `SELECT count(*) FROM sales WHERE decide_at IS NOT NULL`).Scan(&n); err != nil {
			c.t.Fatal(err)
		}
		c.sql(`UPDATE sales SET decide_at = NULL`)
		return n
	}
	since := c.lastAudit()
	var u UploadsView
	for range 2 {
		decode(c.t, c.do("POST", "/uploads/hold", ""), 200, &u)
	}
	if !u.Held || u.HeldAt == nil || due() != 1 {
		c.t.Errorf("held: %+v", u)
	}
	for range 2 {
		decode(c.t, c.do("POST", "/uploads/release", ""), 200, &u)
	}
	if u.Held || due() != 1 {
		c.t.Errorf("released: %+v", u)
	}
	u = UploadsView{Held: true}
	decode(c.t, c.do("GET", "/uploads", ""), 200, &u)
	if u.Held {
		c.t.Error("still held")
	}
	c.audited(since, "uploads.held", "uploads.released")
	c.wants("removed", c.do("DELETE", "/conversion-actions/"+a.ID, "", "If-Match", "*"), 204, "")
	if due() != 1 {
		c.t.Error("what the removed action had not sent is not decided again")
	}
}

// What one transport could not say is decided again when there is another.
func speaksAnew(c connecter) {
	v := c.connected("agency@noctra.example", "2000000006")
	a := c.action(`{"site_id": "` + c.demo().SiteID + `", "connection_id": "` + v.ID + `", "action_id": "900000061"}`)
	c.sql(`WITH s AS (INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
				email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal)
			SELECT workspace_id, site_id, 'anew-1', 'N-1', now(), 1000000, 'EUR', 0, 0, '', 1, '{}', '{}', '{}', '', '', 0, 0, 0 FROM conversion_actions WHERE id = $1::text::bigint RETURNING *),
		n AS (INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, state)
			SELECT m.workspace_id, s.site_id, s.id, m.id, m.action_id, 'o-N-1', s.occurred_at, 'ready' FROM s, conversion_actions m WHERE m.id = $1::text::bigint RETURNING *)
		INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, state, reason) SELECT id, mapping_id, 1, 'retraction', now(), 'held', 'cannot_retract' FROM n`, a.ID)
	c.sql(`UPDATE sales SET decide_at = NULL`)
	decode(c.t, c.do("PATCH", "/google/connections/"+v.ID, `{"transport": "google_ads"}`, "If-Match", "*"), 200, &v)
	var due int
	if err := c.pool.QueryRow(c.t.Context(), `SELECT count(*) FROM sales WHERE decide_at IS NOT NULL`).Scan(&due); err != nil || due != 1 || v.Transport != "google_ads" {
		c.t.Errorf("%d sales are decided again, %v; %+v", due, err, v)
	}
	c.sql(`DELETE FROM sales`)
	c.wants("removed", c.do("DELETE", "/conversion-actions/"+a.ID, "", "If-Match", "*"), 204, "")
}

// A file is served to whoever has its user and secret; what was served to its end is fetched, and only the
// new secret is good once there is one.
func servesFiles(c connecter) {
	c.offset.stop() // so that only what follows lets seconds go by
	var made, other NewFileView
	decode(c.t, c.do("POST", "/google/connections", `{"name": "Shop without an API"}`), 201, &made)
	if made.Secret == "" || made.File == nil || made.State != "active" || made.Transport != "file" {
		c.t.Fatalf("made %+v", made)
	}
	a := c.action(`{"site_id": "` + c.demo().SiteID + `", "connection_id": "` + made.ID + `", "action_name": "Sale, by file"}`)
	c.sql(`WITH s AS (INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
				email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal)
			SELECT workspace_id, site_id, 'file-1', 'F-1', now(), 1000000, 'EUR', 0, 0, '', 1, '{}', '{}', '{}', '', '', 0, 0, 0 FROM conversion_actions WHERE id = $1::text::bigint RETURNING *),
		u AS (INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until) VALUES ($2::text::bigint, '1', 'file', 'conversion', 1, 'offered', now(), now()) RETURNING id),
		f AS (INSERT INTO import_files (attempt_id, connection_id, made_at) SELECT id, $2::text::bigint, now() FROM u)
		INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, click_kind, click_value, value, currency, attempt_id, state, reason)
		SELECT m.workspace_id, s.site_id, s.id, m.id, m.action_id, 'o-F-1', '2026-10-01T12:00:00Z', 'gclid', 'Cj0file', 19990000, 'EUR', u.id, 'waiting', 'in_file' FROM s, u, conversion_actions m WHERE m.id = $1::text::bigint`, a.ID, made.ID)
	fetch := func(user, secret string) reply {
		c.t.Helper()
		c.offset.move(time.Minute) // one a second
		headers := []string{"User-Agent", "Google-Ads"}
		if secret != "" {
			headers = append(headers, "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+secret)))
		}
		return c.ask(c.browser(), "GET", "/imports/google/"+made.File.User+".csv", "", headers...)
	}
	for what, a := range map[string]reply{"nobody": fetch("", ""), "another secret": fetch(made.File.User, "x"), "another user": fetch("x", made.Secret)} {
		if a.status != 401 || a.header.Get("WWW-Authenticate") == "" {
			c.t.Errorf("%s: %d", what, a.status)
		}
	}
	for range 2 { // again within a day is the same
		if a := fetch(made.File.User, made.Secret); a.status != 200 || !strings.HasSuffix(a.body, "Cj0file,,,\"Sale, by file\",2026-10-01 12:00:00,19.99,EUR,o-F-1,,\r\n") {
			c.t.Errorf("file: %d %q", a.status, a.body)
		}
	}
	var fetches struct{ Fetches []GoogleFetchView }
	decode(c.t, c.do("GET", "/google/connections/"+made.ID+"/fetches", ""), 200, &fetches)
	var fetched bool
	if err := c.pool.QueryRow(c.t.Context(), `SELECT bool_and(fetched_at IS NOT NULL) FROM import_files`).Scan(&fetched); err != nil || !fetched || len(fetches.Fetches) != 2 || fetches.Fetches[0].Rows != 1 || fetches.Fetches[0].Agent != "Google-Ads" {
		c.t.Errorf("fetched %v, %+v, %v", fetched, fetches, err)
	}
	c.do("POST", "/uploads/hold", "")
	c.wants("on hold", fetch(made.File.User, made.Secret), 503, "")
	c.do("POST", "/uploads/release", "")
	decode(c.t, c.do("POST", "/google/connections/"+made.ID+"/secret", ""), 200, &other)
	if a := fetch(made.File.User, made.Secret); a.status != 401 {
		c.t.Errorf("the old secret: %d", a.status)
	}
	c.wants("no API", c.do("GET", "/google/connections/"+made.ID+"/accounts", ""), 409, "conflict")
	for range 5 {
		if a := c.ask(c.browser(), "GET", "/imports/google/x.csv", ""); a.status == 429 && a.header.Get("Retry-After") != "" {
			return
		}
	}
	c.t.Error("guesses are not slowed down")
}

// Owners hear once of each problem of a connection, and once when it is over.
func TestGoogleMail(t *testing.T) {
	google := withGoogle(t)
	r, box := startWithMail(t, google)
	problem := func(code any) {
		r.sql(`UPDATE google_connections SET problem = $1, problem_at = CASE WHEN $1::text IS NOT NULL THEN now() + interval '10 minutes' END`, code) // by a clock that is ahead
		for range 2 {
			r.tellOwners(t.Context())
		}
	}
	problem("INVALID_GRANT")
	if m := box.next(demoEmail, "Conversions are not sent to Google Ads"); !strings.Contains(m.Text, "revoked or ran out") || !strings.Contains(m.Text, "/google") {
		t.Errorf("mail: %s", m.Text)
	}
	problem(nil)
	box.next(demoEmail, "Conversions are sent to Google Ads again")
	problem("CUSTOMER_NOT_ENABLED")
	box.next(demoEmail, "Conversions are not sent to Google Ads")
	var ordered int
	if err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM mail_outbox WHERE kind ~ '^google_'`).Scan(&ordered); err != nil || ordered != 3 {
		t.Errorf("%d mails were ordered, %v", ordered, err)
	}
}

// Tokens of Google are sealed anew under a new key, and open when the old one is gone.
func TestRotateGoogle(t *testing.T) {
	google := withGoogle(t)
	r, _ := startWithMail(t, google)
	if report, err := RotateKeys(t.Context(), r.config, Rotation{Apply: true}); err != nil || report.Google != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	age(t, r.config.MasterKeyFile, r.config.Google.KeyFile)
	if report, err := RotateKeys(t.Context(), r.config, Rotation{Retire: true, Apply: true}); err != nil || report.Google != 0 || report.Retired != 2 {
		t.Fatalf("%+v, %v", report, err)
	}
	var id int64
	if err := r.pool.QueryRow(t.Context(), `UPDATE google_connections SET access_token = NULL RETURNING id`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	if _, err := r.google.tokens.Token(t.Context(), id); err != nil {
		t.Error(err)
	}
}
