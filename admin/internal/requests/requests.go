// Package requests keeps what people in the data ask for: tickets with a state, a date by which they
// are due, and a history. Whoever asks without an account confirms their address by a mailed link
// first; until then nobody is told.
//
// It answers nothing itself: whoever handles a request exports, corrects or erases elsewhere.
package requests

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
	"noctra/schema"
)

// How long what takes.
const (
	UnconfirmedLife = 7 * 24 * time.Hour       // the link, and a request that nobody confirmed
	DueAfter        = 30 * 24 * time.Hour      // from when it was confirmed
	ClosedLife      = 3 * 365 * 24 * time.Hour // of a request that was closed, as evidence
)

// Bounds of requests without an account, in a day.
const (
	mostOfAddress = 3
	mostOfAll     = 1000
)

// Kinds of requests.
func Kinds() []string { return []string{"access", "correction", "erasure", "objection", "other"} }

// Errors that have an answer of their own.
var (
	ErrMailOff = errors.New("there is no mail, so addresses cannot be confirmed")
	ErrLink    = errors.New("the link is unknown or has expired")
	ErrUnknown = errors.New("there is no such request")
	ErrChanged = errors.New("the request was changed meanwhile")
)

// Orders takes mail into a transaction.
type Orders interface {
	Add(ctx context.Context, q *store.Queries, order mailer.Order) (messageID string, err error)
	Nudge()
}

// Deps are what the service works with.
type Deps struct {
	Pool    *pgxpool.Pool
	Orders  Orders // nil: no mail
	URL     *url.URL
	Support string // address that hears of every request; empty for none
	Now     func() time.Time
}

// Service keeps requests.
type Service struct {
	deps Deps
	q    *store.Queries
}

// New makes the service.
func New(deps Deps) *Service { return &Service{deps: deps, q: store.New(deps.Pool)} }

// Ask is what somebody asks for. What is read from outside is checked already.
type Ask struct {
	Kind, Hostname, Email, Text string
	Account                     int64 // 0: nobody who is signed in
}

// Make keeps a request. One without an account is told to nobody before its address is confirmed, and
// whether it was kept at all is not shown: of too many from one address only the first are.
func (s *Service) Make(ctx context.Context, a Ask) (made store.PrivacyRequest, err error) {
	if a.Account == 0 && s.deps.Orders == nil {
		return made, ErrMailOff
	}
	err = store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
		p, err := s.params(ctx, q, a)
		if err != nil {
			return err
		}
		if a.Account != 0 {
			now := s.deps.Now()
			p.AccountID, p.VerifiedAt, p.DueAt = &a.Account, &now, ptr(now.Add(DueAfter))
			if made, err = q.AddRequest(ctx, p); err != nil {
				return fmt.Errorf("add request: %w", err)
			}
			return s.opened(ctx, q, made)
		}
		return s.addUnconfirmed(ctx, q, p)
	})
	s.nudge(err)
	return made, err
}

// params are the row of a request; it belongs to the workspace of the site that has the host.
func (s *Service) params(ctx context.Context, q *store.Queries, a Ask) (store.AddRequestParams, error) {
	p := store.AddRequestParams{Kind: a.Kind, Hostname: a.Hostname, Email: a.Email, Body: a.Text, CreatedAt: s.deps.Now()}
	if a.Hostname == "" {
		return p, nil
	}
	sites, err := q.SitesByHost(ctx, a.Hostname)
	if err != nil {
		return p, fmt.Errorf("look up host: %w", err)
	}
	for _, r := range sites {
		site := schema.Site{Hostnames: r.Hostnames}
		if site.AllowsHost(a.Hostname) {
			p.WorkspaceID, p.SiteID = &r.WorkspaceID, &r.ID
			break
		}
	}
	return p, nil
}

// addUnconfirmed keeps a request and sends its link, unless there are too many.
func (s *Service) addUnconfirmed(ctx context.Context, q *store.Queries, p store.AddRequestParams) error {
	n, err := q.RequestsFrom(ctx, store.RequestsFromParams{Email: p.Email, Since: p.CreatedAt.Add(-24 * time.Hour)})
	if err != nil {
		return fmt.Errorf("count requests: %w", err)
	}
	if n.Own >= mostOfAddress || n.Everybodys >= mostOfAll {
		return nil
	}
	secret := token.New("")
	p.TokenHash = token.Hash(secret)
	if _, err := q.AddRequest(ctx, p); err != nil {
		return fmt.Errorf("add request: %w", err)
	}
	u := s.deps.URL.JoinPath("/privacy/confirm")
	u.Fragment = "token=" + secret
	_, err = s.deps.Orders.Add(ctx, q, mailer.Order{Kind: "request_confirm", To: p.Email, Content: &mailer.Content{
		Template: "request_confirm", Values: map[string]string{"Kind": words(p.Kind), "Link": u.String(), "Life": "seven days", "Button": "Confirm the request"},
	}})
	return err
}

// Confirm lets a request count.
func (s *Service) Confirm(ctx context.Context, secret string) (found store.PrivacyRequest, err error) {
	if !token.Looks(secret, "") {
		return found, ErrLink
	}
	err = store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
		found, err = q.RequestByToken(ctx, token.Hash(secret))
		now := s.deps.Now()
		if none(err) || err == nil && found.VerifiedAt == nil && !found.CreatedAt.Add(UnconfirmedLife).After(now) {
			return ErrLink
		}
		if err != nil {
			return fmt.Errorf("look up request: %w", err)
		}
		if found.VerifiedAt != nil {
			return nil // the link was pressed twice
		}
		found.VerifiedAt, found.DueAt = ptr(now.UTC()), ptr(now.Add(DueAfter).UTC())
		if err := q.VerifyRequest(ctx, store.VerifyRequestParams{ID: found.ID, Now: now, Due: *found.DueAt}); err != nil {
			return fmt.Errorf("confirm request: %w", err)
		}
		return s.opened(ctx, q, found)
	})
	s.nudge(err)
	return found, err
}

// opened begins the history of a request, and tells who has to handle it and who asked.
func (s *Service) opened(ctx context.Context, q *store.Queries, r store.PrivacyRequest) error {
	if err := q.AddRequestStep(ctx, store.AddRequestStepParams{RequestID: r.ID, At: s.deps.Now(), AccountID: r.AccountID, State: r.State}); err != nil {
		return fmt.Errorf("note request: %w", err)
	}
	if err := s.tellHandlers(ctx, q, r, "request_opened"); err != nil {
		return err
	}
	if err := s.mail(ctx, q, r.Email, "request_received", r); err != nil {
		return err
	}
	e := audit.Entry{Workspace: value(r.WorkspaceID), Account: value(r.AccountID), Action: "privacy_request.opened", Details: map[string]any{"request_id": r.ID, "kind": r.Kind}}
	return audit.Add(ctx, q, s.deps.Now(), e)
}

// tellHandlers writes to the support address, and to owners and admins of the workspace.
func (s *Service) tellHandlers(ctx context.Context, q *store.Queries, r store.PrivacyRequest, template string) error {
	var to []string
	if s.deps.Support != "" {
		to = append(to, s.deps.Support)
	}
	if r.WorkspaceID != nil {
		who, err := q.WhoHandles(ctx, *r.WorkspaceID)
		if err != nil {
			return fmt.Errorf("look up who handles requests: %w", err)
		}
		to = append(to, who...)
	}
	told := map[string]bool{}
	for _, address := range to {
		if key := strings.ToLower(address); !told[key] {
			told[key] = true
			if err := s.mail(ctx, q, address, template, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) mail(ctx context.Context, q *store.Queries, to, template string, r store.PrivacyRequest) error {
	return s.send(ctx, q, letter{to: to, template: template, of: r})
}

// letter is a mail about a request.
type letter struct {
	to, template string
	of           store.PrivacyRequest
	note         string // what its handler says
}

func (s *Service) send(ctx context.Context, q *store.Queries, l letter) error {
	if s.deps.Orders == nil {
		return nil
	}
	r := l.of
	values := map[string]string{
		"Note": l.note, "ID": fmt.Sprint(r.ID), "Kind": words(r.Kind), "Host": r.Hostname, "Due": r.DueAt.UTC().Format("2 January 2006"), "State": strings.ReplaceAll(r.State, "_", " "),
		"Link": s.deps.URL.JoinPath("/").String(), "Button": "Open Noctra",
	}
	if r.Hostname == "" {
		values["Host"] = "this Noctra itself"
	}
	_, err := s.deps.Orders.Add(ctx, q, mailer.Order{Kind: l.template, To: l.to, Content: &mailer.Content{Template: l.template, Values: values}})
	return err
}

// nudge has mail sent at once where something was kept.
func (s *Service) nudge(err error) {
	if err == nil && s.deps.Orders != nil {
		s.deps.Orders.Nudge()
	}
}

func words(kind string) string {
	return map[string]string{"access": "a copy of data", "correction": "correction", "erasure": "erasure", "objection": "objection", "other": "something else"}[kind]
}

func none(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

func ptr(at time.Time) *time.Time { return &at }

func value(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}
