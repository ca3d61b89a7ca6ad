package admin

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/google"
	"noctra/admin/internal/store"
	"noctra/schema"
)

const (
	mostActions   = 1000          // of a workspace
	newActionWait = 6 * time.Hour // that Google takes nothing for a new action
)

// ConversionActionView says which events of a site become conversions of which action.
type ConversionActionView struct {
	ID           string     `json:"id" example:"8"`
	SiteID       string     `json:"site_id" example:"3"`
	ConnectionID string     `json:"connection_id" example:"4"`
	GoalID       string     `json:"goal_id,omitempty" doc:"The goal; empty: sales." example:"12"`
	ActionID     string     `json:"action_id" doc:"At Google." example:"900000021"`
	ActionName   string     `json:"action_name" doc:"At Google." example:"Sale"`
	ValueRule    string     `json:"value_rule" doc:"event: what the sale was worth. fixed: fixed_value. none: no value is sent." example:"event"`
	FixedValue   string     `json:"fixed_value,omitempty" example:"5.00"`
	Currency     string     `json:"currency,omitempty" doc:"Of fixed_value." example:"EUR"`
	Review       bool       `json:"review" doc:"A person approves each conversion before it is sent." example:"false"`
	Enhanced     bool       `json:"enhanced" doc:"Hashed e-mail and phone go with it where consent allows." example:"false"`
	WithoutClick bool       `json:"without_click" doc:"Sent by hashed identifiers alone where no click is known." example:"false"`
	DelayMinutes int32      `json:"delay_minutes" doc:"From the event until it is sent; a refund within it changes the sale before." example:"0"`
	WindowDays   int32      `json:"window_days" doc:"Google's window from click to conversion." example:"90"`
	OnePerClick  bool       `json:"one_per_click" doc:"Google counts one conversion for a click." example:"false"`
	NotBefore    *time.Time `json:"not_before,omitempty" doc:"The action is new; Google takes nothing before." example:"2026-03-01T15:30:00Z"`
	Since        time.Time  `json:"since" doc:"Events from then on are sent." example:"2026-03-01T09:30:00Z"`
	Paused       bool       `json:"paused" example:"false"`
	PausedUntil  *time.Time `json:"paused_until,omitempty" doc:"After failures nothing is sent before." example:"2026-03-01T09:45:00Z"`
	CreatedAt    time.Time  `json:"created_at" example:"2026-03-01T09:30:00Z"`
	ChangedAt    time.Time  `json:"changed_at" example:"2026-03-01T09:30:00Z"`
}

// InMapping is the one that an address names.
type InMapping struct {
	InWorkspace
	MappingID int64 `path:"mapping_id" example:"8"`
}

type conversionActionsOutput struct {
	Body struct {
		Actions    []ConversionActionView `json:"conversion_actions"`
		NextCursor string                 `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

type conversionActionOutput struct {
	ETag string `header:"ETag"`
	Body ConversionActionView
}

type changeActionInput struct {
	InMapping
	InChange
	Body InActionRules
}

type removeActionInput struct {
	InMapping
	InChange
}

func viewAction(a store.ConversionAction) ConversionActionView {
	v := ConversionActionView{
		ID: number(&a.ID), SiteID: number(&a.SiteID), ConnectionID: number(&a.ConnectionID), GoalID: number(a.GoalID), ActionID: a.ActionID, ActionName: a.ActionName,
		ValueRule: a.ValueRule, Review: a.Review, Enhanced: a.Enhanced, WithoutClick: a.WithoutClick, DelayMinutes: a.DelayMinutes, WindowDays: a.WindowDays, OnePerClick: a.OnePerClick,
		NotBefore: ofUTC(a.NotBefore), Since: a.Since.UTC(), Paused: a.Paused, PausedUntil: ofUTC(a.PausedUntil), CreatedAt: a.CreatedAt.UTC(), ChangedAt: a.ChangedAt.UTC(),
	}
	if a.FixedValue != nil {
		v.FixedValue = schema.Micros(*a.FixedValue).String()
	}
	if a.Currency != nil {
		v.Currency = *a.Currency
	}
	return v
}

func actionTag(a store.ConversionAction) string {
	return fmt.Sprintf("conversion-action-%d-%d", a.ID, a.Version)
}

func oneMapping(a store.ConversionAction, err error) (*conversionActionOutput, error) {
	if err != nil {
		return nil, err
	}
	return &conversionActionOutput{ETag: quoted(actionTag(a)), Body: viewAction(a)}, nil
}

// actionState is what the audit says of one.
func actionState(a store.ConversionAction) map[string]any {
	v := viewAction(a)
	return map[string]any{
		"conversion_action_id": a.ID, "site_id": a.SiteID, "connection_id": a.ConnectionID, "goal_id": a.GoalID, "action_id": a.ActionID, "value_rule": v.ValueRule, "fixed_value": v.FixedValue,
		"currency": v.Currency, "review": v.Review, "enhanced": v.Enhanced, "without_click": v.WithoutClick, "delay_minutes": v.DelayMinutes, "since": v.Since, "paused": v.Paused,
	}
}

func noAction(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return refuse(notFound, "There is no such conversion action, or it is not yours.")
	}
	if err != nil {
		return fmt.Errorf("look up conversion action: %w", err)
	}
	return nil
}

func (s *Service) mappingOf(ctx context.Context, in InMapping) (store.ConversionAction, error) {
	a, err := s.store.ActionOf(ctx, store.ActionOfParams{ID: in.MappingID, WorkspaceID: in.number()})
	return a, noAction(err)
}

func (s *Service) listActions(ctx context.Context, in *listOfWorkspaceInput) (*conversionActionsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.ActionsOf(ctx, store.ActionsOfParams{WorkspaceID: in.number(), After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list conversion actions: %w", err)
	}
	out := &conversionActionsOutput{}
	rows, out.Body.NextCursor = cutPage(in.InPage, rows, func(a store.ConversionAction) int64 { return a.ID })
	out.Body.Actions = viewsOf(rows, viewAction)
	return out, nil
}

func (s *Service) oneAction(ctx context.Context, in *InMapping) (*conversionActionOutput, error) {
	return oneMapping(s.mappingOf(ctx, *in))
}

// changeAction changes what is sent from now on. What was not sent yet is decided again.
func (s *Service) changeAction(ctx context.Context, in *changeActionInput) (*conversionActionOutput, error) {
	if err := in.needed(); err != nil {
		return nil, err
	}
	var changed store.ConversionAction
	err := store.Transact(ctx, s.pool, func(q *store.Queries) error {
		before, err := q.LockActionOf(ctx, store.LockActionOfParams{ID: in.MappingID, WorkspaceID: in.number()})
		if err := noAction(err); err != nil {
			return err
		}
		if err := (changeOf{before.ID, in.IfMatch}).seen(actionTag(before)); err != nil {
			return err
		}
		changed = before
		if err := in.Body.applyTo(&changed, s.now()); err != nil || reflect.DeepEqual(before, changed) {
			return err
		}
		changed, err = q.ChangeAction(ctx, store.ChangeActionParams{
			ID: before.ID, ValueRule: changed.ValueRule, FixedValue: changed.FixedValue, Currency: changed.Currency, Review: changed.Review, Enhanced: changed.Enhanced,
			WithoutClick: changed.WithoutClick, DelayMinutes: changed.DelayMinutes, Since: changed.Since, Paused: changed.Paused, Now: s.now(),
		})
		if err != nil {
			return fmt.Errorf("change conversion action: %w", err)
		}
		return s.noteAction(ctx, q, before, changed)
	})
	return oneMapping(changed, err)
}

// noteAction has the sales concerned decided again, and writes the change into the audit.
func (s *Service) noteAction(ctx context.Context, q *store.Queries, before, after store.ConversionAction) error {
	e := callerOf(ctx).entry(before.WorkspaceID+after.WorkspaceID, "conversion_action.created")
	id := after.ID
	switch {
	case after.ID == 0:
		e.Action, e.Before, e.Workspace, id = "conversion_action.removed", actionState(before), before.WorkspaceID, before.ID
	case before.ID == 0:
		e.After = actionState(after)
	default:
		e.Action, e.Before, e.After, e.Workspace = "conversion_action.changed", actionState(before), actionState(after), after.WorkspaceID
	}
	if err := holdDeciding(ctx, q, e.Workspace); err != nil {
		return err
	}
	now := s.now()
	if _, err := q.DecideSalesOfAction(ctx, store.DecideSalesOfActionParams{Now: &now, Action: id}); err != nil {
		return fmt.Errorf("decide sales again: %w", err)
	}
	return audit.Add(ctx, q, now, e)
}

// holdDeciding has to come before sales are set to be decided again.
func holdDeciding(ctx context.Context, q *store.Queries, workspace int64) error {
	if err := q.HoldDeciding(ctx, store.HoldDecidingParams{Lock: schema.DecideLock, Workspace: workspace}); err != nil {
		return fmt.Errorf("wait for sales that are decided: %w", err)
	}
	return nil
}

func (s *Service) removeAction(ctx context.Context, in *removeActionInput) (*struct{}, error) {
	return nil, store.Transact(ctx, s.pool, func(q *store.Queries) error {
		before, err := q.LockActionOf(ctx, store.LockActionOfParams{ID: in.MappingID, WorkspaceID: in.number()})
		if err := noAction(err); err != nil {
			return err
		}
		if err := (changeOf{before.ID, in.IfMatch}).seen(actionTag(before)); err != nil {
			return err
		}
		now := s.now()
		if err := q.RemoveAction(ctx, store.RemoveActionParams{ID: before.ID, Now: &now}); err != nil {
			return fmt.Errorf("remove conversion action: %w", err)
		}
		return s.noteAction(ctx, q, before, store.ConversionAction{})
	})
}

// TestView is how Google judged a made-up conversion.
type TestView struct {
	Taken     bool   `json:"taken" doc:"It would have been taken." example:"true"`
	Transport string `json:"transport" doc:"By which it was tried." example:"data_manager"`
	Code      string `json:"code,omitempty" doc:"Why not, as Google writes it." example:"INVALID_DESTINATION"`
	Reason    string `json:"reason,omitempty" example:"The conversion action is gone or disabled."`
}

type testOutput struct{ Body TestView }

// testAction has Google judge a made-up conversion that it does not keep.
func (s *Service) testAction(ctx context.Context, in *InMapping) (*testOutput, error) {
	a, err := s.mappingOf(ctx, *in)
	if err != nil {
		return nil, err
	}
	row, err := s.connectionOf(ctx, a.WorkspaceID, a.ConnectionID)
	if err != nil {
		return nil, err
	}
	code, err := s.judgeAction(ctx, row, a.ActionID)
	if err != nil {
		return nil, err
	}
	out := &testOutput{Body: TestView{Taken: code == "", Transport: transportOf(row), Code: code}}
	if code != "" {
		out.Body.Reason = sentence(code)
	}
	return out, nil
}

// judgeAction asks Google; the code is empty where a conversion would have been taken.
func (s *Service) judgeAction(ctx context.Context, row store.GoogleConnection, action string) (code string, err error) {
	at, err := chosen(row)
	if err != nil {
		return "", err
	}
	if err := s.googleOn(); err != nil {
		return "", err
	}
	transport := transportOf(row)
	if transport != google.GoogleAds {
		transport = google.DataManager
	}
	if code, err = s.google.ads.Check(ctx, transport, at, action); err != nil {
		return "", ofGoogle(err)
	}
	return code, s.noteAccess(ctx, row.ID, "probe")
}

// siteNumber reads a site's number out of a body.
func siteNumber(raw string) (int64, bool) {
	id, err := strconv.ParseInt(raw, 10, 64)
	return id, err == nil && id > 0
}
