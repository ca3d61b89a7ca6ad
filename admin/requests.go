package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"noctra/admin/internal/requests"
	"noctra/admin/internal/store"
)

// RequestView is what somebody asked for about their data.
type RequestView struct {
	ID         string            `json:"id" example:"7"`
	Kind       string            `json:"kind" enum:"access,correction,erasure,objection,other" example:"access"`
	State      string            `json:"state" enum:"open,in_progress,waiting,done,refused" example:"open"`
	Hostname   string            `json:"hostname,omitempty" doc:"Of the site that it is about." example:"shop.acme.example"`
	SiteID     string            `json:"site_id,omitempty" example:"3"`
	Email      string            `json:"email" doc:"Confirmed by a link." example:"jon@shopper.example"`
	Text       string            `json:"text" example:"Please send me what you have about order 1234."`
	CreatedAt  time.Time         `json:"created_at" example:"2026-03-01T09:30:00Z"`
	VerifiedAt *time.Time        `json:"verified_at,omitempty" example:"2026-03-01T09:35:00Z"`
	DueAt      *time.Time        `json:"due_at,omitempty" doc:"30 days after it was confirmed." example:"2026-03-31T09:35:00Z"`
	ClosedAt   *time.Time        `json:"closed_at,omitempty" example:"2026-03-11T10:00:00Z"`
	History    []RequestStepView `json:"history,omitempty" doc:"Of a single request."`
}

// RequestStepView is a step of a request's history.
type RequestStepView struct {
	At        time.Time `json:"at" example:"2026-03-02T08:00:00Z"`
	State     string    `json:"state" enum:"open,in_progress,waiting,done,refused" example:"in_progress"`
	Note      string    `json:"note,omitempty" example:"The order was found."`
	AccountID string    `json:"account_id,omitempty" doc:"Who did it; none where nobody was signed in." example:"42"`
	Operator  string    `json:"operator,omitempty" doc:"Who gave a command on the machine." example:"root"`
}

type requestOutput struct {
	ETag string `header:"ETag"`
	Body RequestView
}

type requestsOutput struct {
	Body struct {
		Requests   []RequestView `json:"requests"`
		NextCursor string        `json:"next_cursor,omitempty" doc:"There are older ones; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

// AskBody is what somebody asks for.
type AskBody struct {
	Kind     string `json:"kind" maxLength:"20" doc:"access, correction, erasure, objection or other." example:"access"`
	Hostname string `json:"hostname,omitempty" maxLength:"253" doc:"Host name of the site that it is about; none: this installation itself." example:"shop.acme.example"`
	Text     string `json:"text" maxLength:"20000" example:"Please send me what you have about order 1234."`
}

type requestInput struct {
	Body struct {
		AskBody
		Email string `json:"email" maxLength:"254" doc:"Gets the link that confirms, and the answer." example:"jon@shopper.example"`
	}
}

type ownRequestInput struct{ Body AskBody }

type requestTakenOutput struct {
	Body struct {
		State string `json:"state" enum:"unconfirmed,open,in_progress,waiting,done,refused" example:"unconfirmed"`
	}
}

type listRequestsInput struct {
	InWorkspace
	InPage
	State string `query:"state" enum:"open,in_progress,waiting,done,refused" doc:"Only those."`
}

// InRequest is the request that an address names.
type InRequest struct {
	InWorkspace
	RequestID int64 `path:"request_id" minimum:"1" example:"7"`
}

type handleRequestInput struct {
	InRequest
	InChange
	Body struct {
		State string `json:"state" maxLength:"20" doc:"open, in_progress, waiting, done or refused." example:"in_progress"`
		Note  string `json:"note,omitempty" maxLength:"8000" doc:"For the history; with done and refused it is mailed to the person, and refused needs one." example:"The order was found."`
	}
}

const (
	longestAsk  = 5000
	longestNote = 2000
	requestRate = 10 // an hour from one address, before a sign-in
)

func viewRequest(r store.PrivacyRequest) RequestView {
	v := RequestView{ID: strconv.FormatInt(r.ID, 10), Kind: r.Kind, State: r.State, Hostname: r.Hostname, Email: r.Email, Text: r.Body,
		CreatedAt: r.CreatedAt.UTC(), VerifiedAt: utc(r.VerifiedAt), DueAt: utc(r.DueAt), ClosedAt: utc(r.ClosedAt)}
	if r.SiteID != nil {
		v.SiteID = strconv.FormatInt(*r.SiteID, 10)
	}
	return v
}

// check reads what somebody asks for out of a request.
func (b AskBody) check() (requests.Ask, []FieldProblem) {
	ask := requests.Ask{Kind: b.Kind, Text: strings.TrimSpace(b.Text)}
	var problems []FieldProblem
	if !slices.Contains(requests.Kinds(), b.Kind) {
		problems = append(problems, FieldProblem{"kind", "Say access, correction, erasure, objection or other."})
	}
	if strings.TrimSpace(b.Hostname) != "" {
		hosts, wrong := cleanHosts([]string{b.Hostname})
		if len(wrong) > 0 || strings.HasPrefix(hosts[0], "*") {
			problems = append(problems, FieldProblem{"hostname", "This is no host name such as shop.example."})
		} else {
			ask.Hostname = hosts[0]
		}
	}
	switch n := utf8.RuneCountInString(ask.Text); {
	case n == 0:
		problems = append(problems, FieldProblem{"text", "Say what you want."})
	case n > longestAsk:
		problems = append(problems, FieldProblem{"text", fmt.Sprintf("A request has at most %d characters.", longestAsk)})
	case strings.ContainsRune(ask.Text, 0):
		problems = append(problems, FieldProblem{"text", "A request has no control characters."})
	}
	return ask, problems
}

// ofRequests gives refusals of package requests their public answers.
func ofRequests(err error) error {
	switch {
	case errors.Is(err, requests.ErrMailOff):
		return &fault{kind: mailOff, detail: "This installation sends no mail, so addresses cannot be confirmed; write to whoever runs it."}
	case errors.Is(err, requests.ErrLink):
		return refuse(notFound, "This link is unknown or has expired; make the request again.")
	case errors.Is(err, requests.ErrUnknown):
		return refuse(notFound, "There is no such request, or it is not about one of your sites.")
	case errors.Is(err, requests.ErrChanged):
		return &fault{kind: changed, detail: "Somebody else has changed this request; read it again."}
	}
	return err
}

// take keeps a request without an account. The answer says nothing about what it knows.
func (s *Service) take(ctx context.Context, in *requestInput) error {
	ask, problems := in.Body.check()
	email, err := emailOf(in.Body.Email)
	if err != nil {
		problems = append(problems, FieldProblem{"email", "This is no e-mail address."})
	}
	if len(problems) > 0 {
		return &fault{kind: invalidRequest, detail: "The request is not as it has to be; errors says where.", problems: problems}
	}
	if wait := s.asked.take(callerOf(ctx).visit.Address); wait > 0 {
		return &fault{kind: rateLimited, detail: "That are too many requests from one address; try again later.", wait: wait}
	}
	ask.Email = email
	_, err = s.requests.Make(ctx, ask)
	return ofRequests(err)
}

func (s *Service) request(ctx context.Context, in *requestInput) (*requestTakenOutput, error) {
	if err := s.take(ctx, in); err != nil {
		return nil, err
	}
	out := &requestTakenOutput{}
	out.Body.State = "unconfirmed"
	return out, nil
}

func (s *Service) confirmRequest(ctx context.Context, in *tokenInput) (*requestTakenOutput, error) {
	r, err := s.requests.Confirm(ctx, in.Body.Token)
	if err != nil {
		return nil, ofRequests(err)
	}
	out := &requestTakenOutput{}
	out.Body.State = r.State
	return out, nil
}

func (s *Service) requestSignedIn(ctx context.Context, in *ownRequestInput) (*requestOutput, error) {
	ask, problems := in.Body.check()
	if len(problems) > 0 {
		return nil, &fault{kind: invalidRequest, detail: "The request is not as it has to be; errors says where.", problems: problems}
	}
	who := callerOf(ctx)
	account, err := store.On(ctx, s.pool).Account(ctx, who.account)
	if err != nil {
		return nil, fmt.Errorf("look up account: %w", err)
	}
	ask.Account, ask.Email = who.account, account.Email
	r, err := s.requests.Make(ctx, ask)
	if err != nil {
		return nil, ofRequests(err)
	}
	return &requestOutput{ETag: quoted(requests.Tag(r)), Body: viewRequest(r)}, nil
}
