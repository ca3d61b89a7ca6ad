package admin

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/report"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
	"noctra/schema"
)

// mostSites bounds how many sites a workspace has.
const mostSites = 1000

// InSite is the site that an address names.
type InSite struct {
	ID string `path:"id" doc:"A site's number or its public key." maxLength:"64" example:"3"`
}

type freshnessOutput struct{ Body report.Freshness }

type createSiteInput struct {
	Body struct {
		WorkspaceID  string   `json:"workspace_id,omitempty" doc:"Needed by members of several workspaces." example:"17"`
		Name         string   `json:"name" example:"Acme shop"`
		Hostnames    []string `json:"hostnames" maxItems:"100" doc:"shop.example, or *.shop.example for all below it." example:"[\"shop.acme.example\"]"`
		TimeZone     string   `json:"time_zone" doc:"IANA name; days of reports begin at its midnight." example:"Europe/Berlin"`
		Currency     string   `json:"currency" doc:"ISO 4217." example:"EUR"`
		IdentityMode string   `json:"identity_mode,omitempty" doc:"cookieless, consented or off; cookieless by default." example:"cookieless"`
		QueryParams  []string `json:"query_params,omitempty" maxItems:"100" doc:"Query parameters that stay in URLs, besides UTM and click ids." example:"[\"variant\"]"`
		InSiteRules
	}
}

// siteOf finds a site by its number or public key. One of another workspace is like one that does
// not exist, and so is a deleted one.
func (s *Service) siteOf(ctx context.Context, who caller, ref string) (schema.Site, error) {
	row, err := s.siteRow(ctx, who, ref)
	return toSchema(row), err
}

func (s *Service) siteRow(ctx context.Context, who caller, ref string) (store.Site, error) {
	number, key := siteRef(ref)
	var row store.Site
	err := pgx.ErrNoRows
	switch {
	case number > 0:
		row, err = store.On(ctx, s.pool).SiteByID(ctx, store.SiteByIDParams{ID: number, Workspaces: who.workspaces})
	case key != "":
		row, err = store.On(ctx, s.pool).SiteByKey(ctx, store.SiteByKeyParams{PublicKey: key, Workspaces: who.workspaces})
	}
	if err == nil && !who.reads(row.ID) {
		err = pgx.ErrNoRows
	}
	if errors.Is(err, pgx.ErrNoRows) && len(who.barred) > 0 {
		if _, err := s.siteRow(ctx, caller{workspaces: who.barred}, ref); err == nil {
			return store.Site{}, withoutFactor()
		}
	}
	return row, notYours(err)
}

// siteRef reads how an address names a site: by its number, or by its public key. Neither is none.
func siteRef(ref string) (number int64, key string) {
	switch n, err := strconv.ParseInt(ref, 10, 64); {
	case err == nil && n > 0 && ref[0] != '+':
		return n, ""
	case strings.HasPrefix(ref, token.Site) && schema.ValidID(ref):
		return 0, ref
	}
	return 0, ""
}

func notYours(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return refuse(notFound, "There is no such site, or it is not yours.")
	}
	if err != nil {
		return fmt.Errorf("look up site: %w", err)
	}
	return nil
}

func toSchema(row store.Site) schema.Site {
	return schema.Site{
		ID: schema.SiteID(row.ID), Workspace: schema.WorkspaceID(row.WorkspaceID), PublicKey: row.PublicKey, Name: row.Name, Hostnames: row.Hostnames,
		TimeZone: row.TimeZone, Currency: row.Currency, IdentityMode: schema.IdentityMode(row.IdentityMode), QueryParams: row.QueryParams,
	}
}

func (s *Service) sitesOf(ctx context.Context, who caller) ([]SiteView, error) {
	rows, err := s.store.SitesOf(ctx, who.workspaces)
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	views := make([]SiteView, len(rows))
	for i, row := range rows {
		views[i] = s.view(row)
	}
	return views, nil
}

// snippet is the line for the pages of a site.
func (s *Service) snippet(publicKey string) string {
	return fmt.Sprintf(`<script defer src="%s/n.js" data-site="%s"></script>`, html.EscapeString(s.config.collectorURL()), html.EscapeString(publicKey))
}

func (s *Service) freshness(ctx context.Context, in *InSite) (*freshnessOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.QueryTimeout)
	defer cancel()
	fresh, err := s.reports.Freshness(ctx, site)
	if err != nil {
		return nil, ofReport(err)
	}
	return &freshnessOutput{Body: fresh}, nil
}

func (s *Service) createSite(ctx context.Context, in *createSiteInput) (*siteSettingsOutput, error) {
	b, who := in.Body, callerOf(ctx)
	if err := who.reach(b.WorkspaceID); err != nil {
		return nil, err
	}
	form := siteForm{Name: b.Name, Hostnames: b.Hostnames, TimeZone: b.TimeZone, Currency: b.Currency, IdentityMode: b.IdentityMode, QueryParams: b.QueryParams}
	b.applyTo(&form.siteRules)
	problems := form.check()
	workspace, problem := workspaceOf(who, b.WorkspaceID)
	if problem != nil {
		problems = append(problems, *problem)
	}
	if len(problems) > 0 {
		return nil, &fault{kind: invalidRequest, detail: "The site is not as it has to be; errors says where.", problems: problems}
	}
	var row store.Site
	err := store.Transact(ctx, s.pool, func(q *store.Queries) (err error) {
		row, err = s.makeSite(ctx, q, workspace, form)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.settings(row, nil)
}

func (s *Service) makeSite(ctx context.Context, q *store.Queries, workspace int64, form siteForm) (store.Site, error) {
	count, err := q.CountSites(ctx, workspace)
	if err != nil {
		return store.Site{}, fmt.Errorf("count sites: %w", err)
	}
	if count >= mostSites {
		return store.Site{}, refuse(conflict, fmt.Sprintf("A workspace has at most %d sites.", mostSites))
	}
	made, err := addSite(ctx, q, workspace, form, s.now())
	if err != nil {
		return store.Site{}, err
	}
	row, err := q.SiteByID(ctx, store.SiteByIDParams{ID: made.id, Workspaces: []int64{workspace}})
	if err != nil {
		return row, fmt.Errorf("read new site: %w", err)
	}
	e := callerOf(ctx).entry(workspace, "site.created")
	e.After = siteState(row)
	return row, audit.Add(ctx, q, s.now(), e)
}

// workspaceOf reads the workspace of a request; the caller's only one needs no saying.
func workspaceOf(who caller, asked string) (int64, *FieldProblem) {
	if asked == "" {
		if len(who.workspaces) == 1 {
			return who.workspaces[0], nil
		}
		return 0, &FieldProblem{Path: "workspace_id", Message: "You are in several workspaces; say which one is meant."}
	}
	for _, id := range who.workspaces {
		if strconv.FormatInt(id, 10) == asked {
			return id, nil
		}
	}
	return 0, &FieldProblem{Path: "workspace_id", Message: "There is no such workspace, or it is not yours."}
}

// newSite is what a site got when it was made.
type newSite struct {
	id  int64
	key string
}

// addSite inserts a site from a form that was checked.
func addSite(ctx context.Context, q *store.Queries, workspace int64, form siteForm, now time.Time) (newSite, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: the program ends instead
	made := newSite{key: token.NewSite()}
	rules, err := json.Marshal(form.BotRules)
	if err != nil {
		return newSite{}, fmt.Errorf("add site: %w", err)
	}
	made.id, err = q.AddSite(ctx, store.AddSiteParams{
		WorkspaceID: workspace, PublicKey: made.key, Name: form.Name, Hostnames: form.Hostnames, TimeZone: form.TimeZone, Currency: form.Currency,
		IdentityMode: form.IdentityMode, IdentityKey: secret, QueryParams: form.QueryParams, ConsentMode: form.ConsentMode, LookbackDays: *form.LookbackDays,
		RetentionRawDays: form.RetentionRaw, RetentionAggregatesDays: form.RetentionAggregates, BotRules: rules,
		ExcludedAddresses: form.ExcludedAddresses, ExcludedPaths: form.ExcludedPaths, SalesFromBrowsers: form.SalesFromBrowsers, Now: now,
	})
	if err != nil {
		return newSite{}, fmt.Errorf("add site: %w", err)
	}
	return made, nil
}
