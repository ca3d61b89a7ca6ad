package admin

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// OwnAccountView is what a person sees of their login.
type OwnAccountView struct {
	Name              string     `json:"name" example:"Mara Lindqvist"`
	Email             string     `json:"email" example:"mara@acme.example"`
	PendingEmail      string     `json:"pending_email,omitempty" doc:"A new address that is not confirmed yet." example:"mara@new.example"`
	CreatedAt         time.Time  `json:"created_at" example:"2026-03-01T09:30:00Z"`
	HasPassword       bool       `json:"has_password" doc:"False where one only came by links; the first password needs no old one." example:"true"`
	PasswordChangedAt *time.Time `json:"password_changed_at,omitempty" example:"2026-03-02T08:00:00Z"`
	TOTP              bool       `json:"totp" doc:"Whether two-step sign-in is on." example:"true"`
	RecoveryCodesLeft int64      `json:"recovery_codes_left" example:"9"`
	Passkeys          int        `json:"passkeys" example:"1"`
	DeleteAfter       *time.Time `json:"delete_after,omitempty" doc:"When the account will be gone; until then it can be kept." example:"2026-03-08T09:30:00Z"`
}

type ownAccountOutput struct{ Body OwnAccountView }

type renameInput struct {
	Body struct {
		Name string `json:"name" maxLength:"400" example:"Mara Lindqvist"`
	}
}

// SessionView is one place where an account is signed in.
type SessionView struct {
	ID         string    `json:"id" example:"17"`
	Current    bool      `json:"current" doc:"The one that asks." example:"true"`
	Method     string    `json:"method" enum:"link,password,totp,recovery_code,passkey" example:"password"`
	Address    string    `json:"address" example:"203.0.113.7"`
	UserAgent  string    `json:"user_agent" example:"Mozilla/5.0 (X11; Linux x86_64)"`
	CreatedAt  time.Time `json:"created_at" example:"2026-03-01T09:30:00Z"`
	LastSeenAt time.Time `json:"last_seen_at" doc:"To the minute." example:"2026-03-02T08:00:00Z"`
	ExpiresAt  time.Time `json:"expires_at" example:"2026-03-31T09:30:00Z"`
}

type sessionsOutput struct {
	Body struct {
		Sessions []SessionView `json:"sessions"`
	}
}

// freshProofInput is what ends sign-ins and removes passkeys: a password, unless one signed in a moment ago.
type freshProofInput struct {
	Body struct {
		Password string `json:"password,omitempty" maxLength:"1024" doc:"Not needed within a quarter of an hour of signing in." example:"a few words in a row"`
	}
}

type sessionInput struct {
	SessionID int64 `path:"session_id" example:"17"`
	freshProofInput
}

type endedOutput struct {
	Body struct {
		Ended int64 `json:"ended" example:"2" doc:"How many ended."`
	}
}

type deleteAccountInput struct {
	Body struct {
		Password string `json:"password,omitempty" maxLength:"1024" doc:"Not needed where the account has none and the sign-in is fresh." example:"a few words in a row"`
	}
}

type deleteAccountOutput struct {
	Body struct {
		DeleteAfter time.Time `json:"delete_after" doc:"Until then it can be taken back." example:"2026-03-08T09:30:00Z"`
	}
}

func (s *Service) account(ctx context.Context, _ *struct{}) (*ownAccountOutput, error) {
	p, err := s.people.accounts.Profile(ctx, callerOf(ctx).person())
	if err != nil {
		return nil, err
	}
	return &ownAccountOutput{Body: OwnAccountView{
		Name: p.Name, Email: p.Email, PendingEmail: p.PendingEmail, CreatedAt: p.CreatedAt, HasPassword: p.HasPassword, PasswordChangedAt: p.PasswordChangedAt,
		TOTP: p.TOTP, RecoveryCodesLeft: p.RecoveryCodesLeft, Passkeys: p.Passkeys, DeleteAfter: p.DeleteAfter,
	}}, nil
}

func (s *Service) renameAccount(ctx context.Context, in *renameInput) (*struct{}, error) {
	name := strings.TrimSpace(in.Body.Name)
	if why := checkName(name); why != "" {
		return nil, &fault{kind: invalidRequest, detail: why, problems: []FieldProblem{{"name", why}}}
	}
	return nil, s.people.accounts.Rename(ctx, callerOf(ctx).person(), name)
}

func (s *Service) listSessions(ctx context.Context, _ *struct{}) (*sessionsOutput, error) {
	rows, current, err := s.people.accounts.Sessions(ctx, callerOf(ctx).person())
	if err != nil {
		return nil, err
	}
	out := &sessionsOutput{}
	out.Body.Sessions = make([]SessionView, len(rows))
	for i, r := range rows {
		out.Body.Sessions[i] = SessionView{
			ID: strconv.FormatInt(r.ID, 10), Current: r.ID == current, Method: r.Method, Address: r.Address, UserAgent: r.Agent,
			CreatedAt: r.CreatedAt.UTC(), LastSeenAt: r.LastSeenAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(),
		}
	}
	return out, nil
}

func (s *Service) endSession(ctx context.Context, in *sessionInput) (*struct{}, error) {
	return nil, s.people.accounts.EndSession(ctx, callerOf(ctx).person(), in.SessionID, in.Body.Password)
}

func (s *Service) endOtherSessions(ctx context.Context, in *freshProofInput) (*endedOutput, error) {
	n, err := s.people.accounts.EndOthers(ctx, callerOf(ctx).person(), in.Body.Password)
	out := &endedOutput{}
	out.Body.Ended = n
	return out, err
}

func (s *Service) deleteAccount(ctx context.Context, in *deleteAccountInput) (*deleteAccountOutput, error) {
	after, err := s.people.accounts.Delete(ctx, callerOf(ctx).person(), in.Body.Password)
	out := &deleteAccountOutput{}
	out.Body.DeleteAfter = after
	return out, err
}

func (s *Service) keepAccount(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.people.accounts.Keep(ctx, callerOf(ctx).person())
}

// newSession is an answer that replaces the cookie.
type newSession struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}
