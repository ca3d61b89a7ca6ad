package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"noctra/admin/internal/store"
	"noctra/schema"
)

// SiteView is a site as lists show it, to everybody who may read its reports.
type SiteView struct {
	ID           string     `json:"id" doc:"Its number, as a string." example:"3"`
	WorkspaceID  string     `json:"workspace_id" example:"17"`
	PublicKey    string     `json:"public_key" doc:"Stands in pages; no secret." example:"nst_4fJq8ZkP0sXbV2mTnC7y"`
	Name         string     `json:"name" example:"Acme shop"`
	Hostname     string     `json:"hostname" doc:"The first of hostnames." example:"shop.acme.example"`
	Hostnames    []string   `json:"hostnames" example:"[\"shop.acme.example\"]"`
	TimeZone     string     `json:"time_zone" example:"Europe/Berlin"`
	Currency     string     `json:"currency" example:"EUR"`
	IdentityMode string     `json:"identity_mode" enum:"cookieless,consented,off" example:"cookieless"`
	QueryParams  []string   `json:"query_params" example:"[\"variant\"]"`
	Snippet      string     `json:"snippet" doc:"The line that goes into the pages of the site." example:"<script defer src='https://collect.acme.example/n.js' data-site='nst_4fJq8ZkP0sXbV2mTnC7y'></script>"`
	State        string     `json:"state" enum:"active,archived,deleted" example:"active"`
	ArchivedAt   *time.Time `json:"archived_at,omitempty" doc:"Since when it takes no events." example:"2026-03-01T09:30:00Z"`
	EraseAfter   *time.Time `json:"erase_after,omitempty" doc:"Of a deleted site: until then it can be taken back." example:"2026-03-08T09:30:00Z"`
	CreatedAt    time.Time  `json:"created_at" example:"2026-03-01T09:30:00Z"`
}

// SiteSettingsView is a site with all its settings, for those who manage it.
type SiteSettingsView struct {
	SiteView
	ConsentMode             string           `json:"consent_mode" enum:"unset_allows,unset_denies,required" doc:"What an event without consent means: unset_allows, as identity_mode says; unset_denies, denied; required: each answer has to be granted." example:"unset_allows"`
	LookbackDays            int32            `json:"lookback_days" doc:"How long before a sale a click may lie." example:"90"`
	RetentionRawDays        *int32           `json:"retention_raw_days" doc:"How long single events are kept; null: for ever." example:"395"`
	RetentionAggregatesDays *int32           `json:"retention_aggregates_days" doc:"How long sums are kept; null: for ever." example:"1095"`
	BotRules                []BotRuleView    `json:"bot_rules" doc:"The first that fits decides; where none does, what Noctra knows of bots."`
	ExcludedAddresses       []string         `json:"excluded_addresses" doc:"CIDR prefixes; events from there are not stored." example:"[\"203.0.113.0/24\"]"`
	ExcludedPaths           []string         `json:"excluded_paths" doc:"Globs; events of such pages are not stored." example:"[\"/admin/**\"]"`
	SalesFromBrowsers       string           `json:"sales_from_browsers" enum:"accept,hold,refuse" example:"accept"`
	Changes                 []SiteChangeView `json:"changes" doc:"After which reports over earlier days are not what they were; the newest first."`
}

// BotRuleView is a site's own word about who is a bot.
type BotRuleView struct {
	Kind   string `json:"kind" doc:"user_agent_contains, address (CIDR), referrer_host, hostname or path (a glob)." example:"user_agent_contains"`
	Value  string `json:"value" maxLength:"1000" example:"AcmeMonitor/"`
	Action string `json:"action" doc:"mark: a bot's, with the reason site_rule; allow: nobody's, whatever else speaks for it." example:"mark"`
}

// SiteChangeView is a change that reports name.
type SiteChangeView struct {
	Field     string    `json:"field" enum:"time_zone,currency" example:"time_zone"`
	Before    string    `json:"before" example:"UTC"`
	After     string    `json:"after" example:"Europe/Berlin"`
	ChangedAt time.Time `json:"changed_at" example:"2026-03-01T09:30:00Z"`
}

type sitesInput struct {
	InPage
	State string `query:"state" enum:"active,archived,deleted" default:"active" doc:"deleted: those that can be taken back, for who manages sites." example:"active"`
}

type sitesOutput struct {
	Body struct {
		Sites      []SiteView `json:"sites"`
		NextCursor string     `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
		WithLeftOut
	}
}

type siteSettingsOutput struct {
	ETag string `header:"ETag"`
	Body SiteSettingsView
}

func (s *Service) view(row store.Site) SiteView {
	return SiteView{
		ID: strconv.FormatInt(row.ID, 10), WorkspaceID: strconv.FormatInt(row.WorkspaceID, 10), PublicKey: row.PublicKey, Name: row.Name,
		Hostname: row.Hostnames[0], Hostnames: row.Hostnames, TimeZone: row.TimeZone, Currency: row.Currency,
		IdentityMode: row.IdentityMode, QueryParams: row.QueryParams, Snippet: s.snippet(row.PublicKey),
		State: row.State, ArchivedAt: utc(row.ArchivedAt), EraseAfter: utc(row.EraseAfter), CreatedAt: row.CreatedAt.UTC(),
	}
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// settings is the answer that shows a site to those who manage it.
func (s *Service) settings(row store.Site, changes []store.SiteChangesRow) (*siteSettingsOutput, error) {
	rules, err := rulesOf(row)
	if err != nil {
		return nil, err
	}
	v := SiteSettingsView{
		SiteView: s.view(row), ConsentMode: row.ConsentMode, LookbackDays: row.LookbackDays,
		RetentionRawDays: row.RetentionRawDays, RetentionAggregatesDays: row.RetentionAggregatesDays,
		BotRules: make([]BotRuleView, len(rules)), ExcludedAddresses: row.ExcludedAddresses, ExcludedPaths: row.ExcludedPaths,
		SalesFromBrowsers: row.SalesFromBrowsers, Changes: make([]SiteChangeView, len(changes)),
	}
	for i, r := range rules {
		v.BotRules[i] = BotRuleView{string(r.Kind), r.Value, string(r.Action)}
	}
	for i, c := range changes {
		v.Changes[i] = SiteChangeView{c.Field, c.Before, c.After, c.ChangedAt.UTC()}
	}
	return &siteSettingsOutput{ETag: quoted(siteTag(row)), Body: v}, nil
}

func rulesOf(row store.Site) (rules []schema.BotRule, err error) {
	if err := json.Unmarshal(row.BotRules, &rules); err != nil {
		return nil, fmt.Errorf("read bot rules of site %d: %w", row.ID, err)
	}
	return rules, nil
}

// siteState is what the audit says of a site.
func siteState(row store.Site) map[string]any {
	state := map[string]any{
		"site_id": row.ID, "name": row.Name, "hostnames": row.Hostnames, "time_zone": row.TimeZone, "currency": row.Currency,
		"identity_mode": row.IdentityMode, "query_params": row.QueryParams, "consent_mode": row.ConsentMode, "lookback_days": row.LookbackDays,
		"retention_raw_days": row.RetentionRawDays, "retention_aggregates_days": row.RetentionAggregatesDays, "bot_rules": json.RawMessage(row.BotRules),
		"excluded_addresses": row.ExcludedAddresses, "excluded_paths": row.ExcludedPaths, "sales_from_browsers": row.SalesFromBrowsers, "state": row.State,
	}
	if row.EraseAfter != nil {
		state["erase_after"] = row.EraseAfter.UTC()
	}
	return state
}

// siteTag names a state of the site; another state has another tag.
func siteTag(row store.Site) string {
	raw, _ := json.Marshal(siteState(row)) // text, numbers and what was JSON before
	sum := sha256.Sum256(append(raw, row.PublicKey...))
	return hex.EncodeToString(sum[:8])
}

func (s *Service) listSites(ctx context.Context, in *sitesInput) (*sitesOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	who := callerOf(ctx)
	if in.State == siteDeleted {
		who = who.only(manageSites)
	}
	rows, err := s.store.SitePage(ctx, store.SitePageParams{Workspaces: who.workspaces, Among: orEmpty(who.sites), State: in.State, After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	out := &sitesOutput{}
	out.Body.WithLeftOut = who.leftOut()
	rows, out.Body.NextCursor = cutPage(in.InPage, rows, func(r store.Site) int64 { return r.ID })
	out.Body.Sites = viewsOf(rows, s.view)
	return out, nil
}

// only is the caller with those workspaces alone in which they have another permission, too.
func (c caller) only(need permission) caller {
	all := c.workspaces
	c.workspaces = nil
	for _, id := range all {
		if need.allows(c.roles[id]) {
			c.workspaces = append(c.workspaces, id)
		}
	}
	return c
}

func (s *Service) site(ctx context.Context, in *InSite) (*siteSettingsOutput, error) {
	row, err := s.siteRow(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	changes, err := s.store.SiteChanges(ctx, row.ID)
	if err != nil {
		return nil, fmt.Errorf("read changes of site: %w", err)
	}
	return s.settings(row, changes)
}
