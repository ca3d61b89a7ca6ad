package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/schema"
)

// partnerRoutes lists what is done with partners who report sales by postback.
func (s *Service) partnerRoutes() []route {
	return []route{
		{readConversions, http.MethodGet, "/api/v1/sites/{id}/partners", "list-partners", "Partners that report sales of a site by postback", 200, handle(s, s.listPartners)},
		{manageUploads, http.MethodPost, "/api/v1/sites/{id}/partners", "create-partner", "Say how a partner reports sales", 201, handle(s, s.createPartner)},
		{readConversions, http.MethodGet, "/api/v1/sites/{id}/partners/{partner_id}", "partner", "One partner", 200, handle(s, s.partner)},
		{manageUploads, http.MethodPatch, "/api/v1/sites/{id}/partners/{partner_id}", "change-partner", "Change how a partner reports sales; its name stays", 200, handle(s, s.changePartner)},
		{manageUploads, http.MethodDelete, "/api/v1/sites/{id}/partners/{partner_id}", "delete-partner", "Take no more postbacks of a partner; its sales stay", 204, handle(s, s.deletePartner)},
	}
}

// PartnerView is a partner that reports sales.
type PartnerView struct {
	ID         string            `json:"id" example:"4"`
	Name       string            `json:"name" doc:"Stands in addresses and in ids of its sales." example:"awin"`
	Parameters map[string]string `json:"parameters" doc:"What the partner calls each field." example:"{\"transaction_id\": \"tid\", \"amount\": \"sum\", \"gclid\": \"sub1\"}"`
	Statuses   map[string]string `json:"statuses" doc:"What a status of the partner means, sale or refund; others are left out. Of partners with a parameter for status." example:"{\"approved\": \"sale\", \"reversed\": \"refund\"}"`
	PlainOK    bool              `json:"plain_ok" doc:"The answer to what was taken is ok alone." example:"false"`
	Address    string            `json:"address" doc:"What the partner calls, with a server key of the scope postback and its own values in braces." example:"https://collect.acme.example/v1/postback?key={key}&partner=awin&tid={transaction_id}"`
	Version    int32             `json:"version" doc:"Grows by one with each change." example:"1"`
	CreatedAt  time.Time         `json:"created_at" example:"2026-03-01T09:30:00Z"`
	ChangedAt  time.Time         `json:"changed_at" example:"2026-03-01T09:30:00Z"`
}

// InPartner is the partner that an address names.
type InPartner struct {
	InSite
	PartnerID int64 `path:"partner_id" minimum:"1" example:"4"`
}

type partnersOutput struct {
	Body struct {
		Partners   []PartnerView `json:"partners"`
		NextCursor string        `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

type partnerOutput struct {
	ETag string `header:"ETag"`
	Body PartnerView
}

type createPartnerInput struct {
	InSite
	Body struct {
		Name       string            `json:"name" maxLength:"40" example:"awin"`
		Parameters map[string]string `json:"parameters" doc:"By field: transaction_id (needed), status, order_id, amount, currency, occurred_at, visitor_id, user_id and click ids." example:"{\"transaction_id\": \"tid\", \"amount\": \"sum\", \"status\": \"st\"}"`
		Statuses   map[string]string `json:"statuses,omitempty" doc:"approved: sale and reversed: refund by default." example:"{\"approved\": \"sale\", \"reversed\": \"refund\"}"`
		PlainOK    bool              `json:"plain_ok,omitempty" example:"false"`
	}
}

type changePartnerInput struct {
	InPartner
	InChange
	Body struct {
		Parameters map[string]string `json:"parameters,omitempty" doc:"As they are, if left out; replaced as a whole." example:"{\"transaction_id\": \"tid\", \"amount\": \"sum\"}"`
		Statuses   map[string]string `json:"statuses,omitempty" doc:"As they are, if left out; replaced as a whole." example:"{\"approved\": \"sale\"}"`
		PlainOK    *bool             `json:"plain_ok,omitempty" example:"true"`
	}
}

type deletePartnerInput struct {
	InPartner
	InChange
}

const (
	mostPartners  = 50
	mostStatuses  = 20
	longestStatus = 100
)

var (
	partnerName   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)
	parameterName = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,64}$`)
)

// checkPartner says what is wrong with a partner.
func checkPartner(p schema.Postback) error {
	var problems []FieldProblem
	wrong := func(path, why string) { problems = append(problems, FieldProblem{path, why}) }
	if !partnerName.MatchString(p.Name) {
		wrong("name", "A name has at most 40 characters a-z 0-9 _ -, and begins with a letter or digit.")
	}
	if p.Parameters[schema.PostbackID] == "" {
		wrong("parameters.transaction_id", "Name the parameter with the partner's own number of the transaction.")
	}
	used := map[string]bool{"key": true, "partner": true, "site": true}
	for field, name := range p.Parameters {
		switch {
		case !schema.IsPostbackField(field):
			wrong("parameters", "There is no field "+strconv.Quote(textual(field))+"; fields are "+strings.Join(schema.PostbackFields(), ", ")+".")
		case !parameterName.MatchString(name):
			wrong("parameters."+field, "A parameter has 1 to 64 characters A-Z a-z 0-9 _ . [ ] -.")
		case used[name]:
			wrong("parameters."+field, "This parameter has another meaning already.")
		}
		used[name] = true
	}
	if len(p.Statuses) > mostStatuses {
		wrong("statuses", fmt.Sprintf("At most %d statuses.", mostStatuses))
	}
	for status, kind := range p.Statuses {
		if kind != schema.PostbackSale && kind != schema.PostbackRefund || status == "" || len(status) > longestStatus || !printable(status) {
			wrong("statuses", "A status has 1 to 100 characters and means sale or refund.")
		}
	}
	if len(problems) == 0 {
		return nil
	}
	slices.SortFunc(problems, func(a, b FieldProblem) int { return strings.Compare(a.Path+a.Message, b.Path+b.Message) })
	return &fault{kind: invalidRequest, detail: "The partner is not as it has to be; errors says where.", problems: problems}
}

func (s *Service) viewPartner(row store.PostbackPartner) (PartnerView, error) {
	v := PartnerView{ID: strconv.FormatInt(row.ID, 10), Name: row.Name, PlainOK: row.PlainOk, Version: row.Version, CreatedAt: row.CreatedAt.UTC(), ChangedAt: row.ChangedAt.UTC()}
	if err := errors.Join(json.Unmarshal(row.Parameters, &v.Parameters), json.Unmarshal(row.Statuses, &v.Statuses)); err != nil {
		return v, fmt.Errorf("read partner %d: %w", row.ID, err)
	}
	v.Address = s.config.collectorURL() + "/v1/postback?key={key}&partner=" + row.Name
	for _, field := range schema.PostbackFields() {
		if name := v.Parameters[field]; name != "" {
			v.Address += "&" + url.QueryEscape(name) + "={" + field + "}"
		}
	}
	return v, nil
}

func (s *Service) onePartner(row store.PostbackPartner, err error) (*partnerOutput, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, refuse(notFound, "There is no such partner, or it is not yours.")
	}
	if err != nil {
		return nil, fmt.Errorf("read partner: %w", err)
	}
	v, err := s.viewPartner(row)
	return &partnerOutput{ETag: quoted(v.ID + "." + strconv.Itoa(int(v.Version))), Body: v}, err
}

func (s *Service) listPartners(ctx context.Context, in *listOfSiteInput) (*partnersOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.PartnersOf(ctx, store.PartnersOfParams{Site: int64(site.ID), After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list partners: %w", err)
	}
	out := &partnersOutput{}
	rows, out.Body.NextCursor = cutPage(in.InPage, rows, func(r store.PostbackPartner) int64 { return r.ID })
	out.Body.Partners = make([]PartnerView, len(rows))
	for i, row := range rows {
		if out.Body.Partners[i], err = s.viewPartner(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) partner(ctx context.Context, in *InPartner) (*partnerOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return s.onePartner(s.store.PartnerOf(ctx, store.PartnerOfParams{ID: in.PartnerID, Site: int64(site.ID)}))
}

// partnerState is what the audit says of a partner.
func partnerState(site schema.Site, v PartnerView) map[string]any {
	return map[string]any{"site_id": int64(site.ID), "partner_id": v.ID, "name": v.Name, "parameters": v.Parameters, "statuses": v.Statuses, "plain_ok": v.PlainOK}
}

// notePartner adds an entry to the audit.
func (s *Service) notePartner(ctx context.Context, q *store.Queries, site schema.Site, action string, before, after *partnerOutput) error {
	e := callerOf(ctx).entry(int64(site.Workspace), action)
	if before != nil {
		e.Before = partnerState(site, before.Body)
	}
	if after != nil {
		e.After = partnerState(site, after.Body)
	}
	return audit.Add(ctx, q, s.now(), e)
}
