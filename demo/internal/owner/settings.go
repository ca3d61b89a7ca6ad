package owner

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Accounts and actions at the Google that stands in.
const (
	mainCustomer   = "2000000002"
	quoteAction    = "900000025"
	branchPerson   = "agency@noctra.example"
	branchCustomer = "2000000006" // one that may still use the Google Ads API
	branchAction   = "900000061"
)

const sentBack = 30 * 24 * time.Hour // what was sold that long ago is sent, too

// MapQuotes makes a goal of what the site calls its requests for quotes, and has it sent to Google. What is there
// already stays.
func (o *Owner) MapQuotes(ctx context.Context, site, goal string, now time.Time) error {
	connection, err := o.connectionTo(ctx, mainCustomer)
	if err != nil || connection == "" {
		return err // without an account there is nothing to send to
	}
	id, err := o.goal(ctx, site, goal)
	if err != nil {
		return err
	}
	return o.action(ctx, map[string]any{
		"site_id": site, "connection_id": connection, "goal_id": id, "action_id": quoteAction,
		"value_rule": "fixed", "fixed_value": "25.00", "currency": "EUR", "since": now.Add(-sentBack),
	})
}

// goal returns the goal of that name, made where it is missing.
func (o *Owner) goal(ctx context.Context, site, name string) (id string, err error) {
	type goal struct{ ID, Name string }
	var list struct{ Goals []goal }
	path := "/sites/" + url.PathEscape(site) + "/goals"
	if err := o.call(ctx, http.MethodGet, path, nil, &list); err != nil {
		return "", err
	}
	for _, g := range list.Goals {
		if g.Name == name {
			return g.ID, nil
		}
	}
	var made goal
	err = o.call(ctx, http.MethodPost, path, map[string]any{"name": name, "match": map[string]string{"kind": "event", "event_type": "goal", "name": name}}, &made)
	return made.ID, err
}

// action chooses a conversion action, unless the site has it.
func (o *Owner) action(ctx context.Context, wanted map[string]any) error {
	var list struct {
		Actions []struct {
			Site   string `json:"site_id"`
			Action string `json:"action_id"`
		} `json:"conversion_actions"`
	}
	if err := o.call(ctx, http.MethodGet, o.ofWorkspace("/conversion-actions"), nil, &list); err != nil {
		return err
	}
	for _, a := range list.Actions {
		if a.Site == wanted["site_id"] && a.Action == wanted["action_id"] {
			return nil
		}
	}
	return o.call(ctx, http.MethodPost, o.ofWorkspace("/conversion-actions"), wanted, nil)
}

type connection struct {
	ID       string
	State    string
	Customer *struct{ ID string }
}

// connectionTo returns the connection to an account, empty for none.
func (o *Owner) connectionTo(ctx context.Context, customer string) (string, error) {
	var list struct{ Connections []connection }
	if err := o.call(ctx, http.MethodGet, o.ofWorkspace("/google/connections"), nil, &list); err != nil {
		return "", err
	}
	for _, c := range list.Connections {
		if c.State == "active" && c.Customer != nil && c.Customer.ID == customer {
			return c.ID, nil
		}
	}
	return "", nil
}

// Waiting returns what waits for a word and was sold before a time. An API key is enough to read it.
func Waiting(ctx context.Context, admin, key, site string, before time.Time) (ids []string, err error) {
	query := url.Values{"site_id": {site}, "state": {"waiting"}, "reason": {"review"}, "to": {before.UTC().Format(time.RFC3339)}, "limit": {"1000"}}
	var list struct{ Conversions []struct{ ID string } }
	reader := &Owner{admin: admin, key: key, client: newClient()}
	err = reader.call(ctx, http.MethodGet, "/conversions?"+query.Encode(), nil, &list)
	for _, c := range list.Conversions {
		ids = append(ids, c.ID)
	}
	return ids, err
}

// Approve lets conversions go.
func (o *Owner) Approve(ctx context.Context, ids []string) error {
	return o.call(ctx, http.MethodPost, "/conversions/approve", map[string]any{"conversion_ids": ids}, nil)
}
