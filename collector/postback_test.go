package collector

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"noctra/collector/internal/sites"
	"noctra/schema"
)

const postbackSecret = "nsk_of_partners_alone_0123456789a"

// withPartners gives the shop two partners, and a key for them.
func withPartners(t *testing.T) *rig {
	r := start(t, nil)
	known := knownSites()
	known.Sites[0].Postbacks = []schema.Postback{
		{Name: "awin", Parameters: map[string]string{"transaction_id": "tid", "amount": "sum", "currency": "cur", "order_id": "ref", "gclid": "sub1", "occurred_at": "when", "status": "st"},
			Statuses: map[string]string{"approved": "sale", "reversed": "refund"}},
		{Name: "plain", Parameters: map[string]string{"transaction_id": "id", "amount": "payout"}, PlainOK: true},
	}
	known.Keys = append(known.Keys, sites.ServerKey{ID: 3, Workspace: 1, Hash: sha256.Sum256([]byte(postbackSecret)), SiteIDs: []schema.SiteID{7}, Postback: true})
	r.sites.Restore(known)
	return r
}

func TestPostback(t *testing.T) {
	r := withPartners(t)
	at := fmt.Sprint(fixedNow.Unix() - 60)
	send := func(query string) string {
		t.Helper()
		a := r.call(t, "GET", "/v1/postback?key="+postbackSecret+"&"+query, "")
		if a.Status != 202 && a.Status != 200 {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
		return a.Body
	}
	send("partner=awin&tid=T-1&sum=19.99&cur=USD&ref=A-1&sub1=click-12345&st=approved&when=" + at)
	send("partner=awin&tid=T-1&sum=5.00&cur=USD&ref=A-1&st=reversed")
	if body := send("partner=awin&tid=T-2&sum=5&st=pending"); !strings.Contains(body, `"accepted":0`) {
		t.Errorf("a status that means nothing: %s", body)
	}
	if body := send("partner=plain&id=" + url.QueryEscape("a b/"+strings.Repeat("x", 80)) + "&payout=3"); body != "ok" {
		t.Errorf("plain: %q", body)
	}
	form := r.call(t, "POST", "/v1/postback?partner=plain", "id=form&payout=4", "Content-Type", "application/x-www-form-urlencoded", "Authorization", "Bearer "+postbackSecret)
	if form.Status != 200 {
		t.Errorf("form: %d %s", form.Status, form.Body)
	}
	var got []string
	for _, e := range r.sink.take(t) {
		click := ""
		for _, c := range e.ClickIDs {
			click += c.Kind + "=" + c.Value
		}
		got = append(got, fmt.Sprint(e.Kind, " ", e.ID, " ", e.OrderID, " ", e.Amount, " ", e.Currency, " ", e.Via, " ", click))
	}
	want := []string{
		"sale pb-awin-T-1 A-1 19.99 USD server gclid=click-12345", "refund pbr-awin-T-1 A-1 5.00 USD server ",
		"sale " + postbackID("plain", "sale", "a b/"+strings.Repeat("x", 80)) + " a b/" + strings.Repeat("x", 80) + " 3.00 EUR server ", "sale pb-plain-form form 4.00 EUR server ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r.conserved(t)
}

func TestPostbackRefused(t *testing.T) {
	r := withPartners(t)
	for query, want := range map[string]string{
		"partner=awin&tid=1&sum=1&st=approved":                                "401 key key_unknown",
		"key=nsk_wrong&partner=awin&tid=1&sum=1&st=approved":                  "401 site key_unknown",
		"key=" + serverKey + "&partner=awin&tid=1&sum=1&st=approved":          "403 key key_scope",
		"key=" + postbackSecret + "&tid=1":                                    "400 partner required",
		"key=" + postbackSecret + "&partner=nobody&tid=1":                     "400 partner partner_unknown",
		"key=" + postbackSecret + "&partner=awin&sum=1&st=approved":           "400 tid required",
		"key=" + postbackSecret + "&partner=awin&tid=1&sum=1":                 "400 st required",
		"key=" + postbackSecret + "&partner=awin&tid=1&st=approved":           "400 amount required",
		"key=" + postbackSecret + "&partner=awin&tid=1&sum=x&st=approved":     "400 amount amount_invalid",
		"key=" + postbackSecret + "&partner=awin&site=" + otherKey + "&tid=1": "403 site site_forbidden",
	} {
		a := r.call(t, "GET", "/v1/postback?"+query, "")
		if got := fmt.Sprint(a.Status, " ", a.Rejected[0].Field, " ", a.Rejected[0].Code); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
		if strings.Contains(a.Body, "nsk_") {
			t.Errorf("%s: the key comes back: %s", query, a.Body)
		}
	}
	event := `{"type":"sale","amount":"1","order_id":"x"}`
	if a := r.call(t, http.MethodPost, "/v1/events", event, "Authorization", "Bearer "+postbackSecret); a.Status != 403 || a.Rejected[0].Code != "key_scope" {
		t.Errorf("events with a key for postbacks: %d %s", a.Status, a.Body)
	}
	if got := r.sink.take(t); len(got) != 0 {
		t.Errorf("%d events", len(got))
	}
	r.conserved(t)
}
