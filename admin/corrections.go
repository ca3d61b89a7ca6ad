package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"noctra/admin/internal/corrections"
	"noctra/admin/internal/report"
	"noctra/admin/internal/store"
)

// CorrectionView is an event that was corrected.
type CorrectionView struct {
	ID         string          `json:"id" example:"5"`
	SiteID     string          `json:"site_id" example:"3"`
	EventID    string          `json:"event_id" example:"0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11"`
	OccurredAt time.Time       `json:"occurred_at" doc:"Of the event." example:"2026-02-28T11:00:00Z"`
	Reason     string          `json:"reason" example:"The shop sent the price without tax."`
	Before     json.RawMessage `json:"before" doc:"Columns as they were; amounts in millionths." example:"{\"amount\": 41930000}"`
	After      json.RawMessage `json:"after" doc:"Columns as they are now." example:"{\"amount\": 49900000}"`
	AccountID  string          `json:"account_id,omitempty" doc:"Who did it." example:"42"`
	State      string          `json:"state" enum:"applying,done" doc:"done: every report has it." example:"done"`
	CreatedAt  time.Time       `json:"created_at" example:"2026-03-01T09:30:00Z"`
	DoneAt     *time.Time      `json:"done_at,omitempty" example:"2026-03-01T09:30:02Z"`
}

// InEvent is the event that an address names.
type InEvent struct {
	InSite
	EventID string `path:"event_id" maxLength:"64" doc:"As it was sent." example:"0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11"`
}

type correctInput struct {
	InEvent
	Body struct {
		Reason string `json:"reason" maxLength:"2000" doc:"Why, at most 500 characters." example:"The shop sent the price without tax."`
		corrections.Values
	}
}

type correctionOutput struct{ Body CorrectionView }

type eventCorrectionsInput struct {
	InEvent
	InPage
}

type correctionsOutput struct {
	Body struct {
		Corrections []CorrectionView `json:"corrections"`
		NextCursor  string           `json:"next_cursor,omitempty" doc:"There are older ones; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

const longestReason = 500

func viewCorrection(c store.Correction) CorrectionView {
	v := CorrectionView{ID: strconv.FormatInt(c.ID, 10), SiteID: strconv.FormatInt(c.SiteID, 10), EventID: c.EventID, OccurredAt: c.OccurredAt.UTC(), Reason: c.Reason,
		Before: c.Before, After: c.After, State: "applying", CreatedAt: c.CreatedAt.UTC(), DoneAt: utc(c.DoneAt)}
	if c.DoneAt != nil {
		v.State = "done"
	}
	if c.AccountID != nil {
		v.AccountID = strconv.FormatInt(*c.AccountID, 10)
	}
	return v
}

// ofCorrections gives refusals of package corrections their public answers.
func ofCorrections(err error) error {
	var wrong corrections.Wrong
	switch {
	case errors.As(err, &wrong):
		f := &fault{kind: invalidRequest, detail: "The correction is not as it has to be; errors says where."}
		for _, p := range wrong {
			f.problems = append(f.problems, FieldProblem{p.Field, p.Message})
		}
		return f
	case errors.Is(err, corrections.ErrLook):
		return ofReport(report.Classify(err))
	case errors.Is(err, corrections.ErrUnknown):
		return refuse(notFound, "The site has no such event, or it was deleted.")
	case errors.Is(err, corrections.ErrOpen):
		return refuse(conflict, "A correction of this event is being applied; wait a moment.")
	case errors.Is(err, corrections.ErrSame):
		return refuse(conflict, "The event says that already.")
	}
	return err
}

// correctEvent writes a correction down; it is applied at once, in the background.
func (s *Service) correctEvent(ctx context.Context, in *correctInput) (*correctionOutput, error) {
	who := callerOf(ctx)
	site, err := s.siteOf(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	reason := strings.TrimSpace(in.Body.Reason)
	if n := utf8.RuneCountInString(reason); n == 0 || n > longestReason || !printable(reason) {
		why := fmt.Sprintf("A correction has a reason, one line of at most %d characters.", longestReason)
		return nil, &fault{kind: invalidRequest, detail: why, problems: []FieldProblem{{"reason", why}}}
	}
	asking, cancel := context.WithTimeout(ctx, s.config.QueryTimeout)
	defer cancel()
	made, err := s.corrections.Order(asking, corrections.Ask{Site: site, Event: in.EventID, Reason: reason, Values: in.Body.Values}, who.entry(int64(site.Workspace), "event.corrected"))
	if err != nil {
		return nil, ofCorrections(err)
	}
	return &correctionOutput{Body: viewCorrection(made)}, nil
}

func (s *Service) pageOfCorrections(ctx context.Context, in InEvent, page InPage) (*correctionsOutput, error) {
	below, most, err := page.newestFirst()
	if err != nil {
		return nil, err
	}
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	rows, err := s.corrections.Of(ctx, site.ID, in.EventID, below, most)
	if err != nil {
		return nil, ofCorrections(fmt.Errorf("list corrections: %w", err))
	}
	out := &correctionsOutput{}
	rows, out.Body.NextCursor = cutPage(page, rows, func(c store.Correction) int64 { return c.ID })
	out.Body.Corrections = viewsOf(rows, viewCorrection)
	return out, nil
}

func (s *Service) listEventCorrections(ctx context.Context, in *eventCorrectionsInput) (*correctionsOutput, error) {
	return s.pageOfCorrections(ctx, in.InEvent, in.InPage)
}

func (s *Service) listCorrections(ctx context.Context, in *listOfSiteInput) (*correctionsOutput, error) {
	return s.pageOfCorrections(ctx, InEvent{InSite: in.InSite}, in.InPage)
}
