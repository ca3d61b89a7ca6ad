package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/workspaces"
	"noctra/schema"
)

// Days is a number of days, null for ever, or not sent.
type Days struct {
	sent bool
	n    *int32
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *Days) UnmarshalJSON(b []byte) error {
	d.sent = true
	if bytes.Equal(b, []byte("null")) {
		d.n = nil
		return nil
	}
	return json.Unmarshal(b, &d.n)
}

// Schema implements huma.SchemaProvider.
func (Days) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: "integer", Format: "int32", Nullable: true, Minimum: new(float64(-1 << 31)), Maximum: new(float64(1<<31 - 1)), Examples: []any{400}}
}

// InSiteRules are settings as requests bring them. What is not sent stays, or is what it usually is.
type InSiteRules struct {
	ConsentMode             *string       `json:"consent_mode,omitempty" doc:"unset_allows, unset_denies or required." example:"unset_allows"`
	LookbackDays            *int32        `json:"lookback_days,omitempty" doc:"1 to 540; 90 by default." example:"90"`
	RetentionRawDays        Days          `json:"retention_raw_days,omitempty" doc:"30 to 3650; null, the default: for ever."`
	RetentionAggregatesDays Days          `json:"retention_aggregates_days,omitempty" doc:"Not less than retention_raw_days; null, the default: for ever."`
	BotRules                []BotRuleView `json:"bot_rules,omitempty" maxItems:"1000" doc:"At most 100; the first that fits decides." example:"[{\"kind\": \"user_agent_contains\", \"value\": \"AcmeMonitor/\", \"action\": \"mark\"}]"`
	ExcludedAddresses       []string      `json:"excluded_addresses,omitempty" maxItems:"1000" doc:"At most 100 addresses or CIDR prefixes; events from there are refused." example:"[\"203.0.113.0/24\"]"`
	ExcludedPaths           []string      `json:"excluded_paths,omitempty" maxItems:"1000" doc:"At most 100 globs, * within a part and ** over several; events of such pages are refused." example:"[\"/admin/**\"]"`
	SalesFromBrowsers       *string       `json:"sales_from_browsers,omitempty" doc:"accept; hold: kept, and counted only when a server reports the order; refuse." example:"accept"`
}

// applyTo sets what was sent.
func (in InSiteRules) applyTo(r *siteRules) {
	set(&r.ConsentMode, in.ConsentMode)
	set(&r.SalesFromBrowsers, in.SalesFromBrowsers)
	if in.LookbackDays != nil {
		r.LookbackDays = in.LookbackDays
	}
	if in.RetentionRawDays.sent {
		r.RetentionRaw = in.RetentionRawDays.n
	}
	if in.RetentionAggregatesDays.sent {
		r.RetentionAggregates = in.RetentionAggregatesDays.n
	}
	if in.BotRules != nil {
		r.BotRules = make([]schema.BotRule, len(in.BotRules))
		for i, v := range in.BotRules {
			r.BotRules[i] = schema.BotRule{Kind: schema.BotRuleKind(v.Kind), Value: v.Value, Action: schema.BotRuleAction(v.Action)}
		}
	}
	if in.ExcludedAddresses != nil {
		r.ExcludedAddresses = in.ExcludedAddresses
	}
	if in.ExcludedPaths != nil {
		r.ExcludedPaths = in.ExcludedPaths
	}
}

// set takes a value over; one that is sent empty is wrong, and not what it usually is.
func set(to *string, sent *string) {
	if sent == nil {
		return
	}
	if *to = *sent; *to == "" {
		*to = " "
	}
}

type changeSiteInput struct {
	InSite
	InChange
	Body struct {
		Name         *string  `json:"name,omitempty" maxLength:"400" example:"Acme shop"`
		Hostnames    []string `json:"hostnames,omitempty" maxItems:"1000" doc:"shop.example, or *.shop.example for all below it; at most 100." example:"[\"shop.acme.example\"]"`
		TimeZone     *string  `json:"time_zone,omitempty" maxLength:"400" doc:"IANA name. All days are cut anew, so a change needs rebuild." example:"Europe/Berlin"`
		Currency     *string  `json:"currency,omitempty" maxLength:"400" doc:"ISO 4217. Nothing is converted, so a change needs leave_unconverted." example:"EUR"`
		IdentityMode *string  `json:"identity_mode,omitempty" maxLength:"400" doc:"cookieless, consented or off." example:"cookieless"`
		QueryParams  []string `json:"query_params,omitempty" maxItems:"1000" doc:"At most 100." example:"[\"variant\"]"`
		InSiteRules
		Rebuild          bool `json:"rebuild,omitempty" doc:"Goes with a change of time_zone: days that were reported are made anew in the new zone." example:"true"`
		LeaveUnconverted bool `json:"leave_unconverted,omitempty" doc:"Goes with a change of currency: sales of before stay in the currency of before, beside the sums." example:"true"`
	}
}

// siteFormOf is the form that would make a site as it is.
func siteFormOf(row store.Site) (siteForm, error) {
	rules, err := rulesOf(row)
	return siteForm{
		Name: row.Name, Hostnames: row.Hostnames, TimeZone: row.TimeZone, Currency: row.Currency, IdentityMode: row.IdentityMode, QueryParams: row.QueryParams,
		siteRules: siteRules{
			ConsentMode: row.ConsentMode, LookbackDays: &row.LookbackDays, RetentionRaw: row.RetentionRawDays, RetentionAggregates: row.RetentionAggregatesDays,
			BotRules: rules, ExcludedAddresses: row.ExcludedAddresses, ExcludedPaths: row.ExcludedPaths, SalesFromBrowsers: row.SalesFromBrowsers,
		},
	}, err
}

// applyTo sets what was sent.
func (in *changeSiteInput) applyTo(f *siteForm) {
	b := in.Body
	set(&f.Name, b.Name)
	set(&f.TimeZone, b.TimeZone)
	set(&f.Currency, b.Currency)
	set(&f.IdentityMode, b.IdentityMode)
	if b.Hostnames != nil {
		f.Hostnames = b.Hostnames
	}
	if b.QueryParams != nil {
		f.QueryParams = b.QueryParams
	}
	b.applyTo(&f.siteRules)
}

func (s *Service) changeSite(ctx context.Context, in *changeSiteInput) (*siteSettingsOutput, error) {
	if err := in.needed(); err != nil {
		return nil, err
	}
	return s.onSite(ctx, in.InSite, in.InChange, func(q *store.Queries, row store.Site) (store.Site, error) {
		if row.State == siteDeleted {
			return row, refuse(notFound, "There is no such site, or it is not yours.")
		}
		form, err := siteFormOf(row)
		if err != nil {
			return row, err
		}
		in.applyTo(&form)
		if problems := form.check(); len(problems) > 0 {
			return row, &fault{kind: invalidRequest, detail: "The site is not as it has to be; errors says where.", problems: problems}
		}
		if err := s.rebuildable(ctx, q, row, form); err != nil {
			return row, err
		}
		if err := in.confirmed(row, form); err != nil {
			return row, err
		}
		return s.saveSite(ctx, q, row, form)
	})
}

// onSite runs change on a site that nobody else changes meanwhile, if it is as the caller saw it.
func (s *Service) onSite(ctx context.Context, in InSite, as InChange, change func(*store.Queries, store.Site) (store.Site, error)) (*siteSettingsOutput, error) {
	var row store.Site
	var changes []store.SiteChangesRow
	err := store.Transact(ctx, s.pool, func(q *store.Queries) (err error) {
		number, key := siteRef(in.ID)
		row, err = q.LockSite(ctx, store.LockSiteParams{ID: number, PublicKey: key, Workspaces: callerOf(ctx).workspaces})
		if err := notYours(err); err != nil {
			return err
		}
		if !as.matches(siteTag(row)) {
			return refuse(kind(workspaces.Changed), "Somebody changed this meanwhile; read it again.")
		}
		if row, err = change(q, row); err != nil {
			return err
		}
		changes, err = q.SiteChanges(ctx, row.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.settings(row, changes)
}

// matches compares with a tag; If-Match may list several, be "*", or not be sent.
func (in InChange) matches(tag string) bool {
	if in.IfMatch == "" || in.IfMatch == "*" {
		return true
	}
	for want := range strings.SplitSeq(in.IfMatch, ",") {
		if strings.Trim(strings.TrimSpace(want), `"`) == tag {
			return true
		}
	}
	return false
}

// saveSite writes what is other than it was, and notes it.
func (s *Service) saveSite(ctx context.Context, q *store.Queries, row store.Site, form siteForm) (store.Site, error) {
	rules, err := json.Marshal(form.BotRules)
	if err != nil {
		return row, fmt.Errorf("change site: %w", err)
	}
	now := s.now()
	was, err := siteFormOf(row)
	if err != nil || reflect.DeepEqual(was, form) {
		return row, err
	}
	changed, err := q.ChangeSite(ctx, store.ChangeSiteParams{
		ID: row.ID, Name: form.Name, Hostnames: form.Hostnames, TimeZone: form.TimeZone, Currency: form.Currency, IdentityMode: form.IdentityMode, QueryParams: form.QueryParams,
		ConsentMode: form.ConsentMode, LookbackDays: *form.LookbackDays, RetentionRawDays: form.RetentionRaw, RetentionAggregatesDays: form.RetentionAggregates,
		BotRules: rules, ExcludedAddresses: form.ExcludedAddresses, ExcludedPaths: form.ExcludedPaths, SalesFromBrowsers: form.SalesFromBrowsers, Now: now,
	})
	if err != nil {
		return row, fmt.Errorf("change site: %w", err)
	}
	for _, c := range []store.AddSiteChangeParams{
		{SiteID: row.ID, Field: "time_zone", Before: row.TimeZone, After: changed.TimeZone, ChangedAt: now},
		{SiteID: row.ID, Field: "currency", Before: row.Currency, After: changed.Currency, ChangedAt: now},
	} {
		if c.Before == c.After {
			continue
		}
		if err := q.AddSiteChange(ctx, c); err != nil {
			return row, fmt.Errorf("note change of %s: %w", c.Field, err)
		}
	}
	return changed, s.noteSite(ctx, q, "site.changed", row, changed)
}

// noteSite writes into the audit what became of a site.
func (s *Service) noteSite(ctx context.Context, q *store.Queries, action string, before, after store.Site) error {
	e := callerOf(ctx).entry(after.WorkspaceID, action)
	was, is := siteState(before), siteState(after)
	for field := range was { // what stayed says nothing
		if field != "site_id" && reflect.DeepEqual(was[field], is[field]) {
			delete(was, field)
			delete(is, field)
		}
	}
	e.Before, e.After = was, is
	return audit.Add(ctx, q, s.now(), e)
}
