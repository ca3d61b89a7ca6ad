package admin

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/exports"
	"noctra/admin/internal/kept"
	"noctra/admin/internal/mailer"
	"noctra/admin/internal/report"
	"noctra/admin/internal/requests"
	"noctra/admin/internal/store"
	"noctra/admin/internal/workspaces"
)

// SiteRetentionView is how long a site keeps what.
type SiteRetentionView struct {
	SiteID                  string `json:"site_id" example:"3"`
	WorkspaceID             string `json:"workspace_id" example:"17"`
	Name                    string `json:"name" example:"Acme shop"`
	RetentionRawDays        *int32 `json:"retention_raw_days" doc:"Days that single events are kept; null: for ever." example:"395"`
	RetentionAggregatesDays *int32 `json:"retention_aggregates_days" doc:"Days that visits and sums are kept; null: for ever." example:"1825"`
}

type retentionInput struct {
	WorkspaceID string `query:"workspace_id" maxLength:"20" doc:"Sites of this workspace alone."`
	SiteID      string `query:"site_id" maxLength:"20" doc:"This site alone."`
}

type retentionOutput struct {
	Body struct {
		kept.Statement
		Sites []SiteRetentionView `json:"sites"`
		WithLeftOut
	}
}

// RetentionEntryView is a deletion of what was kept long enough.
type RetentionEntryView struct {
	ID        string     `json:"id" example:"12"`
	Table     string     `json:"table" example:"events"`
	Before    string     `json:"before" doc:"Local days before this one." example:"2025-03-01"`
	RowsFound int64      `json:"rows_found" example:"120431"`
	RowsLeft  *int64     `json:"rows_left" doc:"Counted again after the deletion; null while it is under way." example:"0"`
	BegunAt   time.Time  `json:"begun_at" example:"2026-03-01T03:00:00Z"`
	CheckedAt *time.Time `json:"checked_at" example:"2026-03-01T03:00:09Z"`
}

type retentionLogOutput struct {
	Body struct {
		Entries    []RetentionEntryView `json:"entries"`
		NextCursor string               `json:"next_cursor,omitempty" doc:"There are older ones; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

// terms are the lengths of time in force.
func (s *Service) terms() kept.Terms {
	of := accounts.Kept()
	return kept.Terms{
		SessionIdle: s.config.SessionIdle, SessionMax: s.config.SessionMax, Links: linkMemory, SignUp: of.SignUp, LinkMemory: of.LinkMemory,
		Ceremony: of.Ceremony, Device: of.Device, Attempts: of.Attempts, Deletion: of.Deletion, Mail: mailer.Kept, Answers: answersKept,
		Invitation: workspaces.InvitationLife, ExportFile: exports.FileLife, ExportLink: exports.LinkLife, ExportRow: exports.RowLife,
		Sightings: sightingsKept, Unconfirmed: requests.UnconfirmedLife, Closed: requests.ClosedLife,
	}
}

// statement reads what is kept.
func (s *Service) statement(ctx context.Context) (kept.Statement, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.QueryTimeout)
	defer cancel()
	statement, err := kept.Read(ctx, s.writer, s.terms(), s.now())
	if err != nil {
		return statement, ofReport(report.Classify(err))
	}
	return statement, nil
}

// retention answers what is kept and for how long.
func (s *Service) retention(ctx context.Context, in *retentionInput) (*retentionOutput, error) {
	who := callerOf(ctx)
	if err := who.reach(in.WorkspaceID); err != nil {
		return nil, err
	}
	statement, err := s.statement(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.SiteRetentions(ctx, who.workspaces)
	if err != nil {
		return nil, fmt.Errorf("list retention of sites: %w", err)
	}
	out := &retentionOutput{}
	out.Body.Statement, out.Body.Sites, out.Body.WithLeftOut = statement, []SiteRetentionView{}, who.leftOut()
	for _, r := range rows {
		v := SiteRetentionView{strconv.FormatInt(r.ID, 10), strconv.FormatInt(r.WorkspaceID, 10), r.Name, r.RetentionRawDays, r.RetentionAggregatesDays}
		if (in.SiteID == "" || in.SiteID == v.SiteID) && (in.WorkspaceID == "" || in.WorkspaceID == v.WorkspaceID) {
			out.Body.Sites = append(out.Body.Sites, v)
		}
	}
	if len(out.Body.Sites) == 0 && in.SiteID+in.WorkspaceID != "" {
		return nil, refuse(notFound, "There is no such site or workspace, or it is not yours.")
	}
	return out, nil
}

// newestFirst reads a page of a list whose cursor goes down.
func (in InPage) newestFirst() (below int64, most int32, err error) {
	p, err := in.page()
	if p.After == 0 {
		p.After = math.MaxInt64
	}
	return p.After, int32(p.Most), err
}

// retentionLog answers what was deleted of a site.
func (s *Service) retentionLog(ctx context.Context, in *listOfSiteInput) (*retentionLogOutput, error) {
	below, most, err := in.newestFirst()
	if err != nil {
		return nil, err
	}
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.RetentionLog(ctx, store.RetentionLogParams{SiteID: int64(site.ID), Below: below, Most: most})
	if err != nil {
		return nil, fmt.Errorf("read log of retention: %w", err)
	}
	out := &retentionLogOutput{}
	rows, out.Body.NextCursor = cutPage(in.InPage, rows, func(r store.RetentionLogRow) int64 { return r.ID })
	out.Body.Entries = make([]RetentionEntryView, len(rows))
	for i, r := range rows {
		out.Body.Entries[i] = RetentionEntryView{strconv.FormatInt(r.ID, 10), r.TableName, r.Before.Time.Format(time.DateOnly), r.RowsFound, r.RowsLeft, r.BegunAt.UTC(), utc(r.CheckedAt)}
	}
	return out, nil
}
