package conversions

import (
	"context"
	"errors"
	"math/big"
	"slices"
	"strings"
	"time"

	"noctra/schema"
)

// Level is how far something has come from a sale to Google. Each includes those after it.
type Level int

// Levels.
const (
	Tracked    Level = iota // a sale, once for each action it may go to
	Attributed              // a click of Google's is known, or it goes without
	Eligible                // no gate keeps it
	Sent                    // Google was asked to take it at least once
	Answered                // Google has said something about it
	Accepted
)

var levelNames = [...]string{"tracked", "attributed", "eligible", "sent", "received", "accepted"}

// String returns the name that the API has.
func (l Level) String() string { return levelNames[l] }

// Ask is what is to be added up.
type Ask struct {
	Scope    Scope
	Zones    map[string][]int64 // sites by time zone
	From, To time.Time          // local days, both included
	By       []string           // day, site, campaign, action
	Campaign string
	ActionID string
}

// By what figures can be told apart.
const (
	ByDay      = "day"
	BySite     = "site"
	ByCampaign = "campaign"
	ByAction   = "action"
)

// mostGroups bounds an answer.
const mostGroups = 10_000

// ErrTooMany is when a reconciliation would have more groups than an answer may have.
var ErrTooMany = errors.New("too many groups")

// Reconcile adds up. What it returns closes: each level is the sum of what ended there and the levels after it.
// q reads one snapshot, as ask was read of, so that sums and what is marked since belong together.
func Reconcile(ctx context.Context, q Querier, ask Ask) (*Reconciliation, error) {
	choices, err := choicesOf(ctx, q, ask.Scope.Workspace)
	if err != nil {
		return nil, err
	}
	mappings := []int64{}
	for id, chosen := range choices {
		if chosen.ActionID == ask.ActionID {
			mappings = append(mappings, id)
		}
	}
	sums := newSums(ask.By, choices)
	err = unitsOf(ctx, q, ask, mappings, func(units []unit) error {
		for _, u := range units {
			sums.add(u)
		}
		if len(sums.groups) > mostGroups {
			return ErrTooMany
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sums.views(ask), nil
}

// Zones are the sites of a scope, by their zones.
func Zones(ctx context.Context, q Querier, scope Scope) (map[string][]int64, error) {
	type site struct {
		ID       int64
		TimeZone string
	}
	rows, err := collect[site](ctx, q, "list sites", `SELECT id, time_zone FROM sites WHERE workspace_id = $1 AND state <> 'deleted' ORDER BY id`, scope.Workspace)
	all := map[string][]int64{}
	for _, row := range rows {
		if scope.Sites == nil || slices.Contains(scope.Sites, row.ID) {
			all[row.TimeZone] = append(all[row.TimeZone], row.ID)
		}
	}
	return all, err
}

// choice is an action that was chosen for a site.
type choice struct {
	ID           int64
	ActionID     string
	ActionName   string
	WithoutClick bool
}

func choicesOf(ctx context.Context, q Querier, workspace int64) (map[int64]choice, error) {
	rows, err := collect[choice](ctx, q, "read actions", `SELECT id, action_id, action_name, without_click FROM conversion_actions WHERE workspace_id = $1`, workspace)
	all := make(map[int64]choice, len(rows))
	for _, r := range rows {
		all[r.ID] = r
	}
	return all, err
}

// level is how far a unit has come.
func (u unit) level(withoutClick bool) Level {
	switch schema.UploadState(u.State) {
	case schema.UploadAccepted:
		return Accepted
	case schema.UploadReceived, schema.UploadRejected, schema.UploadUnknown:
		return Answered
	case schema.UploadSending:
		return Sent
	}
	switch {
	case u.Tried:
		return Sent
	case u.State == string(schema.UploadReady):
		return Eligible
	case u.Reason == schema.ReasonNoClick || !u.Clicked && !withoutClick:
		return Tracked
	}
	return Attributed
}

// amounts are micros by currency.
type amounts map[string]*big.Int

func (a amounts) add(currency, micros string) {
	n, ok := new(big.Int).SetString(micros, 10)
	if !ok || n.Sign() == 0 && currency == "" {
		return
	}
	if a[currency] == nil {
		a[currency] = new(big.Int)
	}
	a[currency].Add(a[currency], n)
}

func (a amounts) view() map[string]string {
	v := make(map[string]string, len(a))
	for currency, micros := range a {
		v[currency] = decimal(micros)
	}
	return v
}

// decimal writes micros of any size as schema.Micros does.
func decimal(micros *big.Int) string {
	if micros.IsInt64() {
		return schema.Micros(micros.Int64()).String()
	}
	whole, rest := new(big.Int).QuoRem(micros, big.NewInt(schema.MicrosPerUnit), new(big.Int))
	_, fraction, _ := strings.Cut(schema.Micros(rest.Int64()).String(), ".")
	return whole.String() + "." + fraction
}
