package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/conversions"
	"noctra/admin/internal/store"
)

// conversionRoutes lists what shows conversions, and what people say about them.
func (s *Service) conversionRoutes() []route {
	return []route{
		{readConversions, http.MethodGet, "/api/v1/conversions", "list-conversions", "Sales and goals on their way to Google, the newest sale first; as JSON or CSV", 200, handle(s, s.listConversions)},
		{readConversions, http.MethodGet, "/api/v1/conversions/counts", "count-conversions", "How many conversions the list's filter chooses, in parts, each up to 1,000", 200, handle(s, s.countConversions)},
		{readConversions, http.MethodGet, "/api/v1/conversions/destinations", "conversion-destinations", "Which accounts of Google Ads conversions go to, and whether anything keeps them from it", 200, handle(s, s.destinations)},
		{readConversions, http.MethodGet, "/api/v1/conversions/{conversion_id}", "conversion", "One conversion with its whole way: click, sale, gates, moves, uploads, adjustments", 200, handle(s, s.conversion)},
		{readConversions, http.MethodPost, "/api/v1/conversions/preview", "preview-conversions", "Exactly what would be sent of conversions, with identifiers masked", 200, handle(s, s.previewConversions)},
		{manageUploads, http.MethodPost, "/api/v1/conversions/approve", "approve-conversions", "Let conversions go that wait for a person", 200, handle(s, s.say(conversions.Approve))},
		{manageUploads, http.MethodPost, "/api/v1/conversions/decline", "decline-conversions", "Keep conversions from being sent", 200, handle(s, s.say(conversions.Decline))},
		{manageUploads, http.MethodPost, "/api/v1/conversions/retry", "retry-conversions", "Send conversions again that Google rejected or said nothing final about, or their last adjustments", 200, handle(s, s.say(conversions.Retry))},
		{readConversions, http.MethodGet, "/api/v1/sales/{sale_id}", "sale", "One sale or goal with its way: click, consent, refunds, the conversions made of it, or why there are none", 200, handle(s, s.sale)},
		{readConversions, http.MethodGet, "/api/v1/reconciliation", "reconciliation", "What became of all sales: tracked, attributed, eligible, sent, received, accepted, and where the others are", 200, handle(s, s.reconciliation)},
	}
}

// InOwner says whose conversions are asked for.
type InOwner struct {
	SiteID      string `query:"site_id" maxLength:"64" doc:"This site alone: its number or its public key."`
	WorkspaceID string `query:"workspace_id" maxLength:"20" doc:"All sites of this workspace; needed by members of several workspaces who name no site."`
}

// scope is what the request is about, within what the caller may see.
func (s *Service) scope(ctx context.Context, in InOwner) (conversions.Scope, error) {
	who := callerOf(ctx)
	if in.SiteID != "" {
		site, err := s.siteOf(ctx, who, in.SiteID)
		if err == nil && in.WorkspaceID != "" && in.WorkspaceID != strconv.FormatInt(int64(site.Workspace), 10) {
			err = refuse(notFound, "There is no such site, or it is not yours.")
		}
		return conversions.Scope{Workspace: int64(site.Workspace), Sites: []int64{int64(site.ID)}}, err
	}
	scope := conversions.Scope{Sites: who.sites}
	if len(who.sites) == 0 {
		scope.Sites = nil
	}
	switch {
	case in.WorkspaceID != "":
		if err := who.reach(in.WorkspaceID); err != nil {
			return scope, err
		}
		id, err := strconv.ParseInt(in.WorkspaceID, 10, 64)
		if err != nil || !slices.Contains(who.workspaces, id) {
			return scope, refuse(notFound, "There is no such workspace, or it is not yours.")
		}
		scope.Workspace = id
	case len(who.workspaces) == 1:
		scope.Workspace = who.workspaces[0]
	case len(who.workspaces) > 1:
		const why = "You belong to several workspaces; name one of them, or a site."
		return scope, &fault{kind: invalidRequest, detail: why, problems: []FieldProblem{{"query.workspace_id", why}}}
	}
	return scope, nil
}

type destinationsOutput struct{ Body *conversions.Destinations }

func (s *Service) destinations(ctx context.Context, in *InOwner) (*destinationsOutput, error) {
	scope, err := s.scope(ctx, *in)
	if err != nil {
		return nil, err
	}
	d, err := conversions.DestinationsOf(ctx, s.pool, scope)
	return &destinationsOutput{d}, err
}

// InConversion is the conversion that an address names.
type InConversion struct {
	ConversionID int64 `path:"conversion_id" minimum:"1" example:"17"`
}

type conversionOutput struct{ Body *conversions.Way }

// ofConversions gives refusals of package conversions their public answers.
func ofConversions(err error) error {
	switch {
	case errors.Is(err, conversions.ErrUnknown):
		return refuse(notFound, "There is no such conversion, or it is not yours.")
	case errors.Is(err, conversions.ErrUnknownSale):
		return refuse(notFound, "There is no such sale, or it is not yours.")
	case errors.Is(err, conversions.ErrCursor):
		return &fault{kind: invalidRequest, detail: "This is no cursor of a list; begin without one.", problems: []FieldProblem{{"query.cursor", "This is no cursor."}}}
	case errors.Is(err, conversions.ErrTooMany):
		return &fault{kind: invalidRequest, detail: "These are too many groups; ask for fewer days, or group by less.", problems: []FieldProblem{{"query.group_by", "Too many groups."}}}
	}
	return err
}

// scopeOf is whose conversions are; all have to be of one workspace of the caller's.
func (s *Service) scopeOf(ctx context.Context, ids []int64) (conversions.Scope, error) {
	who := callerOf(ctx)
	workspace, sites, err := conversions.ScopeOf(ctx, s.pool, ids, who.workspaces)
	if errors.Is(err, conversions.ErrUnknown) && len(who.barred) > 0 {
		if _, _, barred := conversions.ScopeOf(ctx, s.pool, ids, who.barred); barred == nil {
			err = withoutFactor()
		}
	}
	for _, site := range sites {
		if !who.reads(site) {
			err = conversions.ErrUnknown
		}
	}
	return conversions.Scope{Workspace: workspace}, ofConversions(err)
}

func (s *Service) conversion(ctx context.Context, in *InConversion) (*conversionOutput, error) {
	scope, err := s.scopeOf(ctx, []int64{in.ConversionID})
	if err != nil {
		return nil, err
	}
	d, err := conversions.Read(ctx, s.pool, scope, in.ConversionID)
	return &conversionOutput{d}, ofConversions(err)
}

// InSale is the sale that an address names.
type InSale struct {
	SaleID int64 `path:"sale_id" minimum:"1" example:"23"`
}

type saleOutput struct{ Body *conversions.SaleWay }

func (s *Service) sale(ctx context.Context, in *InSale) (*saleOutput, error) {
	who := callerOf(ctx)
	workspace, site, err := conversions.ScopeOfSale(ctx, s.pool, in.SaleID, who.workspaces)
	if err == nil && !who.reads(site) {
		err = conversions.ErrUnknownSale
	}
	if err != nil {
		return nil, ofConversions(err)
	}
	way, err := conversions.ReadSale(ctx, s.pool, workspace, in.SaleID)
	return &saleOutput{way}, ofConversions(err)
}

// InConversionIDs are conversions that a request is about.
type InConversionIDs struct {
	Body struct {
		ConversionIDs []string `json:"conversion_ids" minItems:"1" maxItems:"1000" doc:"Of one workspace." example:"[\"17\"]"`
	}
}

func (in InConversionIDs) numbers() ([]int64, error) {
	ids := make([]int64, len(in.Body.ConversionIDs))
	for i, text := range in.Body.ConversionIDs {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id <= 0 || strconv.FormatInt(id, 10) != text {
			const why = "This is no number of a conversion."
			return nil, &fault{kind: invalidRequest, detail: why, problems: []FieldProblem{{fmt.Sprintf("conversion_ids[%d]", i), why}}}
		}
		ids[i] = id
	}
	return ids, nil
}

type previewConversionsOutput struct {
	Body struct {
		Conversions []conversions.ConversionPreview `json:"conversions"`
	}
}

func (s *Service) previewConversions(ctx context.Context, in *InConversionIDs) (*previewConversionsOutput, error) {
	ids, err := in.numbers()
	if err != nil {
		return nil, err
	}
	if _, err := s.scopeOf(ctx, ids); err != nil {
		return nil, err
	}
	out := &previewConversionsOutput{}
	out.Body.Conversions, err = conversions.PreviewOf(ctx, s.pool, ids)
	return out, err
}

type sayOutput struct{ Body conversions.Said }

// saidActions are what the audit calls the words.
var saidActions = map[conversions.Word]string{conversions.Approve: "conversions.approved", conversions.Decline: "conversions.declined", conversions.Retry: "conversions.sent_again"}

// say returns the handler of a word. A word that is said again changes nothing more.
func (s *Service) say(word conversions.Word) func(context.Context, *InConversionIDs) (*sayOutput, error) {
	return func(ctx context.Context, in *InConversionIDs) (*sayOutput, error) {
		ids, err := in.numbers()
		if err != nil {
			return nil, err
		}
		scope, err := s.scopeOf(ctx, ids)
		if err != nil {
			return nil, err
		}
		out := &sayOutput{}
		return out, pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			who := callerOf(ctx)
			out.Body, err = conversions.Say(ctx, tx, word, ids, who.account)
			if err != nil || out.Body.Changed == 0 {
				return err
			}
			e := who.entry(scope.Workspace, saidActions[word])
			e.Details = map[string]any{"conversion_ids": out.Body.IDs, "changed": out.Body.Changed}
			return audit.Add(ctx, store.New(tx), s.now(), e)
		})
	}
}
