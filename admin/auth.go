package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// access says who may call a route.
type access uint8

const (
	withSession access = iota + 1 // a person who is signed in
	withEither                    // that, or an API key: reading reports
	withOffice                    // a person who is owner or admin of the workspace
	withNobody                    // whoever asks: what comes before a sign-in
)

// Roles of members, as Postgres has them.
const (
	roleOwner   = "owner"
	roleAdmin   = "admin"
	roleBilling = "billing"
)

// touchEvery is how exactly the last use of a session is kept.
const touchEvery = time.Minute

// caller is who asks. Workspaces are only those in which the route may be used.
type caller struct {
	account    int64  // 0 for a key
	key        int64  // 0 for a session
	session    []byte // hash of the cookie's token
	workspaces []int64
	visit      accounts.Visit
}

// person is the caller as package accounts knows them.
func (c caller) person() accounts.Caller {
	return accounts.Caller{Account: c.account, Session: c.session, Visit: c.visit}
}

// bucket names the caller for limits.
func (c caller) bucket() string {
	if c.key != 0 {
		return "key " + strconv.FormatInt(c.key, 10)
	}
	return "account " + strconv.FormatInt(c.account, 10)
}

// credentials are what a request brings: an Authorization header, or a cookie.
type credentials struct {
	authorization string
	cookie        string
}

func (s *Service) credentialsOf(r *http.Request) credentials {
	c := credentials{authorization: r.Header.Get("Authorization")}
	if cookie, err := r.Cookie(s.cookieName()); err == nil {
		c.cookie = cookie.Value
	}
	return c
}

// authorize finds out who asks and whether the route is theirs. A header counts before a cookie,
// and a wrong one is not made good by it.
func (s *Service) authorize(ctx context.Context, c credentials, need access) (caller, error) {
	if need == withNobody {
		return caller{}, nil
	}
	if c.authorization != "" {
		who, err := s.byKey(ctx, c.authorization)
		if err == nil && need != withEither {
			return caller{}, refuse(sessionNeeded, "This needs somebody who is signed in; an API key only reads reports.")
		}
		return who, err
	}
	return s.bySession(ctx, c.cookie, need)
}

func (s *Service) byKey(ctx context.Context, header string) (caller, error) {
	scheme, secret, _ := strings.Cut(header, " ")
	secret = strings.TrimSpace(secret)
	if !strings.EqualFold(scheme, "Bearer") || !token.Looks(secret, token.API) {
		return caller{}, refuse(invalidKey, "Send an API key as Authorization: Bearer nak_….")
	}
	wrong := refuse(invalidKey, "The API key is unknown, expired or revoked.")
	key, err := s.store.APIKey(ctx, token.Hash(secret))
	if errors.Is(err, pgx.ErrNoRows) {
		return caller{}, wrong
	}
	if err != nil {
		return caller{}, fmt.Errorf("look up API key: %w", err)
	}
	if key.RevokedAt != nil || key.ExpiresAt != nil && !key.ExpiresAt.After(s.now()) {
		return caller{}, wrong
	}
	return caller{key: key.ID, workspaces: []int64{key.WorkspaceID}}, nil
}

func (s *Service) bySession(ctx context.Context, cookie string, need access) (caller, error) {
	if !token.Looks(cookie, "") {
		return caller{}, refuse(signedOut, "Sign in with your link, or send an API key.")
	}
	hash, now := token.Hash(cookie), s.now()
	over := refuse(signedOut, "This sign-in has ended; sign in again with your link.")
	session, err := s.store.Session(ctx, hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return caller{}, over
	}
	if err != nil {
		return caller{}, fmt.Errorf("look up session: %w", err)
	}
	if !session.ExpiresAt.After(now) || now.Sub(session.LastSeenAt) > s.config.SessionIdle {
		return caller{}, over
	}
	if now.Sub(session.LastSeenAt) >= touchEvery {
		if err := s.store.TouchSession(ctx, store.TouchSessionParams{TokenHash: hash, Now: now}); err != nil {
			return caller{}, fmt.Errorf("note use of session: %w", err)
		}
	}
	members, err := s.store.Memberships(ctx, session.AccountID)
	if err != nil {
		return caller{}, fmt.Errorf("look up memberships: %w", err)
	}
	who := caller{account: session.AccountID, session: hash}
	for _, m := range members {
		if allowed(m.Role, need) {
			who.workspaces = append(who.workspaces, m.WorkspaceID)
		}
	}
	if need == withOffice && len(who.workspaces) == 0 {
		return caller{}, refuse(forbidden, "This needs an owner or an admin of the workspace.")
	}
	return who, nil
}

// allowed says what a role may do in its workspace.
func allowed(role string, need access) bool {
	switch need {
	case withOffice:
		return role == roleOwner || role == roleAdmin
	case withEither:
		return role != roleBilling
	default:
		return true
	}
}

// callerKey is where a request's context holds its caller.
type callerKey struct{}

// callerOf returns who asks; every route of the table has one.
func callerOf(ctx context.Context) caller {
	who, _ := ctx.Value(callerKey{}).(caller)
	return who
}
