package admin

import (
	"context"
	"slices"
	"strings"
	"time"

	"noctra/admin/internal/conversions"
	"noctra/admin/internal/google"
	"noctra/admin/internal/store"
	"noctra/schema/eligibility"
)

const (
	usualTrialDays = 30
	askForTrial    = 3 * time.Second // Google, about an action that is tried
)

// InTrial is over how many days rules are tried.
type InTrial struct {
	Days int `json:"days,omitempty" minimum:"1" maximum:"90" doc:"Sales of the last days; 30 by default." example:"30"`
}

func (in InTrial) since(now time.Time) time.Time {
	days := usualTrialDays
	if in.Days > 0 {
		days = in.Days
	}
	return now.AddDate(0, 0, -days)
}

type tryActionInput struct {
	InMapping
	Body struct {
		InActionRules
		InTrial
	}
}

type tryNewActionInput struct {
	InWorkspace
	Body struct {
		InNewAction
		InTrial
	}
}

type trySiteInput struct {
	InSite
	Body struct {
		LookbackDays int `json:"lookback_days" minimum:"1" maximum:"540" doc:"How long before a sale a click may lie." example:"30"`
		InTrial
	}
}

type trialOutput struct{ Body *conversions.Trial }

// tryAction says what a change of an action would make of past sales.
func (s *Service) tryAction(ctx context.Context, in *tryActionInput) (*trialOutput, error) {
	now := s.now()
	a, err := s.mappingOf(ctx, in.InMapping)
	if err != nil {
		return nil, err
	}
	if err := in.Body.applyTo(&a, now); err != nil {
		return nil, err
	}
	trial, err := conversions.Try(ctx, s.pool, conversions.Rules{Site: a.SiteID, Since: in.Body.since(now), Now: now, Mapping: a.ID, Change: func(to *eligibility.Action) { rulesInto(to, a) }})
	return &trialOutput{trial}, err
}

// tryNewAction says what would become of past sales by an action that is not there.
func (s *Service) tryNewAction(ctx context.Context, in *tryNewActionInput) (*trialOutput, error) {
	now := s.now()
	made := store.ConversionAction{WorkspaceID: in.number(), ValueRule: "event", Since: in.Body.since(now), WindowDays: usualWindow}
	row, err := s.readAction(ctx, &createActionInput{InWorkspace: in.InWorkspace, Body: in.Body.InNewAction}, &made)
	if err != nil {
		return nil, err
	}
	if err := in.Body.applyTo(&made, now); err != nil {
		return nil, err
	}
	a := &eligibility.Action{SiteID: made.SiteID, ActionID: in.Body.ActionID, Transport: transportOf(row), WindowDays: usualWindow}
	s.windowInto(ctx, a, row, in.Body.ActionName)
	if made.GoalID != nil {
		a.GoalID = *made.GoalID
	}
	rulesInto(a, made)
	trial, err := conversions.Try(ctx, s.pool, conversions.Rules{Site: made.SiteID, Since: in.Body.since(now), Now: now, New: a})
	if err == nil {
		trial.WindowDays = a.WindowDays
	}
	return &trialOutput{trial}, err
}

// windowInto takes an action's window, and how it counts, from Google. Where Google does not say within seconds they stay
// as most actions have them: the trial is answered all the same, and whoever saves the action hears what is wrong.
func (s *Service) windowInto(ctx context.Context, a *eligibility.Action, row store.GoogleConnection, name string) {
	if a.Transport == google.File {
		a.ActionID = fileActionID(strings.TrimSpace(name))
		return
	}
	within, cancel := context.WithTimeout(ctx, askForTrial)
	defer cancel()
	actions, err := s.actionsAt(within, row)
	if err != nil {
		return
	}
	if i := slices.IndexFunc(actions, func(one google.Action) bool { return one.ID == a.ActionID }); i >= 0 {
		a.WindowDays, a.OnePerClick = actions[i].LookbackDays, actions[i].OnePerClick
	}
}

// rulesInto writes what a person may say of an action into the rules that judge sales.
func rulesInto(to *eligibility.Action, a store.ConversionAction) {
	to.ValueRule, to.FixedValue, to.Currency, to.Review, to.Enhanced, to.WithoutClick = a.ValueRule, a.FixedValue, a.Currency, a.Review, a.Enhanced, a.WithoutClick
	to.DelayMinutes, to.Since, to.Paused = int(a.DelayMinutes), a.Since, a.Paused
}

// trySite says what another look-back would make of past sales.
func (s *Service) trySite(ctx context.Context, in *trySiteInput) (*trialOutput, error) {
	now := s.now()
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	trial, err := conversions.Try(ctx, s.pool, conversions.Rules{Site: int64(site.ID), Since: in.Body.since(now), Now: now, Lookback: in.Body.LookbackDays})
	return &trialOutput{trial}, err
}
