package conversions

import (
	"context"
	"errors"
	"fmt"
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

// unit is a number of sales that went the same way.
type unit struct {
	Day          time.Time
	SiteID       int64
	Campaign     string
	Mapping      int64 // 0: no conversion
	State        string
	Reason       string
	Clicked      bool
	Tried        bool
	Currency     string
	GoogleWas    string
	Count        int64
	Amount       string
	GoogleAmount string
}

// unitsSQL adds up sales with their conversions. A sale without one is there, too.
const unitsSQL = `SELECT %s AS day, %s AS site_id, %s AS campaign, coalesce(c.mapping_id, 0) AS mapping, coalesce(c.state, '') AS state,
  CASE WHEN c.id IS NOT NULL THEN c.reason WHEN s.decide_at IS NOT NULL THEN 'undecided' ELSE 'no_action' END AS reason,
  coalesce(c.click_kind, s.google_kind) IS NOT NULL AS clicked, coalesce(c.attempts > 0, false) AS tried,
  CASE WHEN s.goal_id = 0 THEN s.currency ELSE coalesce(c.currency, '') END AS currency, coalesce(c.google_currency, '') AS google_was,
  count(*) AS count, sum(CASE WHEN s.goal_id = 0 THEN s.amount ELSE coalesce(c.value, 0) END)::text AS amount, coalesce(sum(c.google_value), 0)::text AS google_amount
FROM sales s LEFT JOIN conversions c ON c.sale_id = s.id
WHERE %s
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`

// Reconcile adds up. What it returns closes: each level is the sum of what ended there and the levels after it.
func Reconcile(ctx context.Context, q Querier, ask Ask) (*Reconciliation, error) {
	choices, err := choicesOf(ctx, q, ask.Scope.Workspace)
	if err != nil {
		return nil, err
	}
	sums := newSums(ask.By, choices)
	for _, zone := range sortedKeys(ask.Zones) {
		units, err := unitsOf(ctx, q, ask, zone)
		if err != nil {
			return nil, err
		}
		for _, u := range units {
			sums.add(u)
		}
		if len(sums.groups) > mostGroups {
			return nil, ErrTooMany
		}
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

func sortedKeys(zones map[string][]int64) (names []string) {
	for zone := range zones {
		names = append(names, zone)
	}
	slices.Sort(names)
	return names
}

// bounds are the moments at which a range of local days begins and ends.
func (a Ask) bounds(zone string) (from, to time.Time, err error) {
	at, err := time.LoadLocation(zone)
	if err != nil {
		return from, to, fmt.Errorf("reconcile: %w", err)
	}
	day := func(t time.Time, more int) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day()+more, 0, 0, 0, 0, at)
	}
	return day(a.From, 0), day(a.To, 1), nil
}

func unitsOf(ctx context.Context, q Querier, ask Ask, zone string) ([]unit, error) {
	from, to, err := ask.bounds(zone)
	if err != nil {
		return nil, err
	}
	c := &clauses{}
	if sites := ask.Zones[zone]; len(sites) == 1 {
		c.and("s.site_id = %s", sites[0])
	} else {
		c.and("s.site_id = ANY(%s)", sites)
	}
	c.and("s.occurred_at >= %s AND s.occurred_at < %s", from, to)
	if ask.Campaign != "" {
		c.and("s.google_campaign = %s", ask.Campaign)
	}
	if ask.ActionID != "" {
		c.and("c.action_id = %s", ask.ActionID)
	}
	day, site, campaign := "'epoch'::date", "0::bigint", "''"
	if slices.Contains(ask.By, ByDay) {
		day = "(s.occurred_at AT TIME ZONE " + c.arg(zone) + ")::date"
	}
	if slices.Contains(ask.By, BySite) {
		site = "s.site_id"
	}
	if slices.Contains(ask.By, ByCampaign) {
		campaign = "s.google_campaign"
	}
	return collect[unit](ctx, q, "add up conversions", fmt.Sprintf(unitsSQL, day, site, campaign, c.where()), c.args...)
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
