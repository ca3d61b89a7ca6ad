package owner

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"noctra/internal/tlsconf"
)

// Branch is a second site of the demo's workspace.
type Branch struct {
	Site      string `json:"site_id"`
	SiteKey   string `json:"site_key"`
	ServerKey string `json:"server_key"`
	Hostname  string `json:"hostname"`
}

const (
	branchName = "Demo shop US"
	branchHost = "us.shop.noctra.example"
)

// OpenBranch makes the site of a shop in another country: sales of browsers are held until its back end confirms
// them, orders are looked at by a person before they go to Google, and they go to an account that another person
// connects.
func (o *Owner) OpenBranch(ctx context.Context, now time.Time) (Branch, error) {
	b := Branch{Hostname: branchHost}
	if err := o.branchSite(ctx, &b); err != nil {
		return b, err
	}
	var key struct{ Key string }
	if err := o.call(ctx, http.MethodPost, "/sites/"+b.Site+"/server-keys", map[string]any{"name": "Shop back end"}, &key); err != nil {
		return b, err
	}
	b.ServerKey = key.Key
	id, err := o.connectionTo(ctx, branchCustomer)
	if err == nil && id == "" {
		id, err = o.connect(ctx)
	}
	if err != nil {
		return b, err
	}
	return b, o.action(ctx, map[string]any{"site_id": b.Site, "connection_id": id, "action_id": branchAction, "review": true, "since": now.Add(-sentBack)})
}

// branchSite finds the site, or makes it.
func (o *Owner) branchSite(ctx context.Context, b *Branch) error {
	type site struct {
		ID, Name  string
		PublicKey string `json:"public_key"`
		Workspace string `json:"workspace_id"`
	}
	var list struct{ Sites []site }
	if err := o.call(ctx, http.MethodGet, "/sites", nil, &list); err != nil {
		return err
	}
	var found site
	for _, s := range list.Sites {
		if s.Name == branchName && s.Workspace == o.workspace {
			found = s
		}
	}
	if found.ID == "" {
		err := o.call(ctx, http.MethodPost, "/sites", map[string]any{
			"workspace_id": o.workspace, "name": branchName, "hostnames": []string{branchHost}, "time_zone": "America/New_York", "currency": "USD", "sales_from_browsers": "hold",
		}, &found)
		if err != nil {
			return err
		}
	}
	b.Site, b.SiteKey = found.ID, found.PublicKey
	return nil
}

// connect consents at Google as the person who looks after the branch's adverts, and chooses its account.
func (o *Owner) connect(ctx context.Context) (id string, err error) {
	var begun struct{ URL string }
	if err := o.call(ctx, http.MethodPost, o.ofWorkspace("/google/consent"), map[string]any{}, &begun); err != nil {
		return "", err
	}
	back, err := o.consent(ctx, begun.URL)
	if err != nil {
		return "", err
	}
	came, err := o.ask(ctx, http.MethodGet, back, nil, nil)
	if err != nil {
		return "", fmt.Errorf("come back from google: %w", err)
	}
	to, err := url.Parse(came.location)
	if err != nil || to.Query().Get("connection") == "" {
		return "", &Refused{"come back from google", came.status, came.location}
	}
	id = to.Query().Get("connection")
	return id, o.call(ctx, http.MethodPatch, o.ofWorkspace("/google/connections/"+url.PathEscape(id)), map[string]any{"customer_id": branchCustomer, "transport": "google_ads"}, nil)
}

// consent answers the consent page of a Google of this machine, and returns where that sends the browser.
func (o *Owner) consent(ctx context.Context, page string) (back string, err error) {
	u, err := url.Parse(page)
	if err != nil || tlsconf.Elsewhere(u.Hostname()) {
		return "", &Refused{"consent at google", 0, "this is no stand-in"}
	}
	form := url.Values{"query": {u.RawQuery}, "user": {branchPerson}, "answer": {"allow"}, "scope": strings.Fields(u.Query().Get("scope"))}
	u.RawQuery = ""
	a, err := o.ask(ctx, http.MethodPost, u.String(), []byte(form.Encode()), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
	if err != nil {
		return "", fmt.Errorf("consent at google: %w", err)
	}
	if !strings.HasPrefix(a.location, o.admin+"/") {
		return "", &Refused{"consent at google", a.status, string(a.body)}
	}
	return a.location, nil
}
