package admin

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/google"
	"noctra/admin/internal/store"
	"noctra/internal/importcsv"
	"noctra/schema"
)

// InActionRules is what may be said, and changed, of what is sent.
type InActionRules struct {
	ValueRule    string     `json:"value_rule,omitempty" enum:"event,fixed,none" doc:"event: what the sale was worth, for sales alone and by default. fixed: fixed_value. none: no value, by default for goals." example:"fixed"`
	FixedValue   string     `json:"fixed_value,omitempty" maxLength:"40" doc:"Decimal, with value_rule fixed." example:"5.00"`
	Currency     string     `json:"currency,omitempty" maxLength:"3" doc:"ISO 4217, of fixed_value." example:"EUR"`
	Review       *bool      `json:"review,omitempty" doc:"A person approves each conversion before it is sent." example:"false"`
	Enhanced     *bool      `json:"enhanced,omitempty" doc:"Hashed e-mail and phone go with it where consent allows." example:"true"`
	WithoutClick *bool      `json:"without_click,omitempty" doc:"Sent by hashed identifiers alone where no click is known; needs enhanced." example:"true"`
	DelayMinutes *int32     `json:"delay_minutes,omitempty" doc:"0 to 10080, from the event until it is sent." example:"30"`
	Since        *time.Time `json:"since,omitempty" doc:"Events from then on are sent; from now on by default, 90 days back at most." example:"2026-11-20T00:00:00Z"`
	Paused       *bool      `json:"paused,omitempty" example:"false"`
}

// InNewAction says which events of which site go to which action, and how.
type InNewAction struct {
	SiteID       string `json:"site_id" maxLength:"20" example:"3"`
	ConnectionID string `json:"connection_id" maxLength:"20" example:"4"`
	GoalID       string `json:"goal_id,omitempty" maxLength:"20" doc:"A goal of the site; sales, if left out." example:"12"`
	ActionID     string `json:"action_id,omitempty" maxLength:"20" doc:"A conversion action of the connection's account that takes uploads." example:"900000021"`
	ActionName   string `json:"action_name,omitempty" maxLength:"200" doc:"For a file: the action's name, as it is written at Google." example:"Sale"`
	InActionRules
}

type createActionInput struct {
	InWorkspace
	Body InNewAction
}

const (
	mostDelay   = 7 * 24 * 60
	oldest      = 90 * 24 * time.Hour
	usualWindow = 90 // days from click to conversion
)

// applyTo writes what was said into a, and says everything that is wrong with it.
func (in InActionRules) applyTo(a *store.ConversionAction, now time.Time) error {
	var problems []FieldProblem
	note := func(path, message string) { problems = append(problems, FieldProblem{path, message}) }
	said(&a.Review, in.Review)
	said(&a.Enhanced, in.Enhanced)
	said(&a.WithoutClick, in.WithoutClick)
	said(&a.DelayMinutes, in.DelayMinutes)
	said(&a.Paused, in.Paused)
	said(&a.Since, in.Since)
	if in.ValueRule != "" {
		a.ValueRule = in.ValueRule
	}
	if a.ValueRule == "event" && a.GoalID != nil {
		note("value_rule", "A goal has no value of its own; take fixed or none.")
	}
	in.applyValue(a, note)
	if a.WithoutClick && !a.Enhanced {
		note("without_click", "Without a click there have to be hashed identifiers; set enhanced as well.")
	}
	if a.DelayMinutes < 0 || a.DelayMinutes > mostDelay {
		note("delay_minutes", fmt.Sprintf("%d is not between 0 and %d.", a.DelayMinutes, mostDelay))
	}
	if in.Since != nil && in.Since.Before(now.Add(-oldest)) {
		note("since", "Google takes no event that is older than 90 days.")
	}
	if len(problems) > 0 {
		return &fault{kind: invalidRequest, detail: "The conversion action is not as it has to be; errors says where.", problems: problems}
	}
	return nil
}

func (in InActionRules) applyValue(a *store.ConversionAction, note func(path, message string)) {
	if a.ValueRule != "fixed" {
		a.FixedValue, a.Currency = nil, nil
		if in.FixedValue != "" {
			note("fixed_value", "Only value_rule fixed has a fixed value.")
		}
		if in.Currency != "" {
			note("currency", "Only value_rule fixed has a currency of its own.")
		}
		return
	}
	if in.FixedValue != "" {
		value, err := schema.ParseMicros(in.FixedValue)
		if err != nil || value < 0 {
			note("fixed_value", fmt.Sprintf("%q is no amount of 0 or more with at most six decimals.", short(in.FixedValue)))
		}
		amount := int64(value)
		a.FixedValue = &amount
	}
	if in.Currency != "" {
		code := strings.ToUpper(in.Currency)
		if !schema.ValidCurrency(code) {
			note("currency", fmt.Sprintf("%q is no currency; take an ISO 4217 code such as EUR.", short(in.Currency)))
		}
		a.Currency = &code
	}
	if a.FixedValue == nil {
		note("fixed_value", "value_rule fixed needs a fixed value.")
	}
	if a.Currency == nil {
		note("currency", "A fixed value needs a currency.")
	}
}

// said puts what was said into a field, and leaves it where nothing was.
func said[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// createAction checks what was asked for, asks Google about the action, and keeps it.
func (s *Service) createAction(ctx context.Context, in *createActionInput) (*conversionActionOutput, error) {
	made := store.ConversionAction{WorkspaceID: in.number(), ValueRule: "event", Since: s.now(), WindowDays: usualWindow}
	row, err := s.readAction(ctx, in, &made)
	if err != nil {
		return nil, err
	}
	if err := in.Body.applyTo(&made, s.now()); err != nil {
		return nil, err
	}
	if err := s.knowAction(ctx, in, row, &made); err != nil {
		return nil, err
	}
	err = store.Transact(ctx, s.pool, func(q *store.Queries) error {
		if made, err = s.addAction(ctx, q, made); err != nil {
			return err
		}
		return s.noteAction(ctx, q, store.ConversionAction{}, made)
	})
	return oneMapping(made, err)
}

// readAction reads site, connection and goal, and says of each what is wrong with it.
func (s *Service) readAction(ctx context.Context, in *createActionInput, made *store.ConversionAction) (row store.GoogleConnection, err error) {
	var problems []FieldProblem
	note := func(path, message string) { problems = append(problems, FieldProblem{path, message}) }
	q := store.On(ctx, s.pool)
	id, ok := siteNumber(in.Body.SiteID)
	_, err = q.SiteByID(ctx, store.SiteByIDParams{ID: id, Workspaces: []int64{in.number()}})
	switch made.SiteID = id; {
	case !ok || errors.Is(err, pgx.ErrNoRows):
		note("site_id", fmt.Sprintf("There is no site %q in the workspace.", short(in.Body.SiteID)))
	case err != nil:
		return row, fmt.Errorf("look up site: %w", err)
	}
	id, ok = siteNumber(in.Body.ConnectionID)
	row, err = q.ConnectionOf(ctx, store.ConnectionOfParams{ID: id, WorkspaceID: in.number()})
	switch made.ConnectionID = id; {
	case !ok || errors.Is(err, pgx.ErrNoRows):
		note("connection_id", fmt.Sprintf("There is no connection %q in the workspace.", short(in.Body.ConnectionID)))
	case err != nil:
		return row, fmt.Errorf("look up connection: %w", err)
	case row.State == "disconnected" || row.State == "choosing":
		note("connection_id", "The connection has ended, or no account was chosen for it yet.")
	}
	if in.Body.GoalID != "" {
		id, ok := siteNumber(in.Body.GoalID)
		_, err = q.GoalOf(ctx, store.GoalOfParams{ID: id, Site: made.SiteID})
		if !ok || errors.Is(err, pgx.ErrNoRows) {
			note("goal_id", fmt.Sprintf("The site has no goal %q.", short(in.Body.GoalID)))
		} else if err != nil {
			return row, fmt.Errorf("look up goal: %w", err)
		}
		made.GoalID, made.ValueRule = &id, "none"
	}
	if len(problems) > 0 {
		return row, &fault{kind: invalidRequest, detail: "The conversion action is not as it has to be; errors says where.", problems: problems}
	}
	return row, nil
}

// knowAction takes name and rules of the action from Google; for a file, which Google is not asked
// about, they are as somebody said.
func (s *Service) knowAction(ctx context.Context, in *createActionInput, row store.GoogleConnection, made *store.ConversionAction) error {
	if transportOf(row) == google.File {
		made.ActionName = strings.TrimSpace(in.Body.ActionName)
		if why := checkName(made.ActionName); why != "" {
			return fieldFault("action_name", why)
		}
		if importcsv.CheckName(made.ActionName) != nil {
			return fieldFault("action_name", "A name in a file does not begin with one of = + - @; give the action another at Google.")
		}
		made.ActionID = fileActionID(made.ActionName)
		return nil
	}
	actions, err := s.actionsAt(ctx, row)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(actions, func(a google.Action) bool { return a.ID == in.Body.ActionID })
	if i < 0 || actions[i].Status != "ENABLED" {
		return fieldFault("action_id", fmt.Sprintf("The account has no enabled conversion action %q that takes uploads (type: import from clicks).", short(in.Body.ActionID)))
	}
	a := actions[i]
	made.ActionID, made.ActionName, made.WindowDays, made.OnePerClick = a.ID, a.Name, int32(a.LookbackDays), a.OnePerClick
	code, err := s.judgeAction(ctx, row, a.ID)
	if err != nil {
		return err
	}
	if code == "TOO_RECENT_CONVERSION_ACTION" {
		until := s.now().Add(newActionWait)
		made.NotBefore = &until
	}
	return nil
}

// fileActionID is the number of an action of which only the name is known.
func fileActionID(name string) string {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name))
	return strconv.FormatUint(hash.Sum64(), 10)
}

// addAction keeps one where the site takes it. Goals are not deleted meanwhile.
func (s *Service) addAction(ctx context.Context, q *store.Queries, a store.ConversionAction) (store.ConversionAction, error) {
	goal := int64(0)
	if _, err := q.LockSiteOf(ctx, store.LockSiteOfParams{Site: a.SiteID, Workspace: a.WorkspaceID}); err != nil {
		return a, notYours(err)
	}
	row, err := q.LockConnectionOf(ctx, store.LockConnectionOfParams{ID: a.ConnectionID, WorkspaceID: a.WorkspaceID})
	if err := noConnection(err); err != nil {
		return a, err
	}
	if row.State == "disconnected" {
		return a, refuse(conflict, "The connection has ended meanwhile.")
	}
	if a.GoalID != nil {
		goal = *a.GoalID
		if _, err := q.GoalOf(ctx, store.GoalOfParams{ID: goal, Site: a.SiteID}); err != nil {
			return a, refuse(conflict, "The goal was deleted meanwhile.")
		}
	}
	n, err := q.CountActions(ctx, a.WorkspaceID)
	if err != nil {
		return a, fmt.Errorf("count conversion actions: %w", err)
	}
	if n >= mostActions {
		return a, refuse(conflict, fmt.Sprintf("A workspace has at most %d conversion actions; remove one.", mostActions))
	}
	same, err := q.ActionsLike(ctx, store.ActionsLikeParams{SiteID: a.SiteID, ActionID: a.ActionID, Goal: goal})
	if err != nil {
		return a, fmt.Errorf("look for the same conversion action: %w", err)
	}
	if len(same) > 0 {
		return a, refuse(conflict, "These events of the site are sent to this action already.")
	}
	made, err := q.AddAction(ctx, store.AddActionParams{
		WorkspaceID: a.WorkspaceID, SiteID: a.SiteID, ConnectionID: a.ConnectionID, GoalID: a.GoalID, ActionID: a.ActionID, ActionName: a.ActionName, ValueRule: a.ValueRule,
		FixedValue: a.FixedValue, Currency: a.Currency, Review: a.Review, Enhanced: a.Enhanced, WithoutClick: a.WithoutClick, DelayMinutes: a.DelayMinutes, WindowDays: a.WindowDays,
		OnePerClick: a.OnePerClick, NotBefore: a.NotBefore, Since: a.Since, Paused: a.Paused, Now: s.now(),
	})
	if err != nil {
		return a, fmt.Errorf("add conversion action: %w", err)
	}
	return made, nil
}
