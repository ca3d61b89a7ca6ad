package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
	"noctra/admin/internal/workspaces"
)

// touchEvery is how exactly the last use of a session, or of a key, is kept.
const touchEvery = time.Minute

// caller is who asks. Workspaces are only those in which the route may be used.
type caller struct {
	account    int64            // 0 for a key
	key        int64            // 0 for a session
	session    []byte           // hash of the cookie's token
	strong     bool             // a person with a second factor
	roles      map[int64]string // in all workspaces of a person that do not bar them
	barred     []int64          // workspaces that demand a second factor which they do not have
	workspaces []int64
	sites      []int64 // of a key that is for some of its workspace's sites; nil: all
	visit      accounts.Visit
}

// person is the caller as package accounts knows them.
func (c caller) person() accounts.Caller {
	return accounts.Caller{Account: c.account, Session: c.session, Visit: c.visit}
}

// by is the caller as package workspaces knows them, in a workspace of theirs.
func (c caller) by(workspace int64) workspaces.By {
	return workspaces.By{Account: c.account, Role: c.roles[workspace], Address: c.visit.Address, Workspace: workspace, SecondFactor: c.strong}
}

// entry begins an entry of the audit about what the caller did.
func (c caller) entry(workspace int64, action string) audit.Entry {
	return audit.Entry{Workspace: workspace, Account: c.account, Key: c.key, Address: c.visit.Address, Action: action}
}

// bucket names the caller for limits.
func (c caller) bucket() string {
	switch {
	case c.key != 0:
		return "key " + strconv.FormatInt(c.key, 10)
	case c.account != 0:
		return "account " + strconv.FormatInt(c.account, 10)
	}
	return "address " + c.visit.Address
}

// credentials are what a request brings: an Authorization header, or a cookie.
type credentials struct {
	authorization string
	cookie        string
	address       string // of the client
}

func (s *Service) credentialsOf(r *http.Request) credentials {
	c := credentials{authorization: r.Header.Get("Authorization"), address: s.addressOf(r)}
	if cookie, err := r.Cookie(s.cookieName()); err == nil {
		c.cookie = cookie.Value
	}
	return c
}

// secret is what shows who asks.
func (c credentials) secret() string {
	if c.authorization != "" {
		return c.authorization
	}
	return c.cookie
}

// authorize finds out who asks and whether the route may be theirs. A header counts before a cookie,
// and a wrong one is not made good by it. The caller is returned with a refusal, too, where it is known.
func (s *Service) authorize(ctx context.Context, c credentials, need permission) (caller, error) {
	if need == beforeSignIn {
		return caller{}, nil
	}
	if c.authorization != "" {
		who, err := s.byKey(ctx, c, need)
		if err == nil && !grants[need].keys {
			return who, refuse(sessionNeeded, "This needs somebody who is signed in; an API key only reads reports.")
		}
		return who, err
	}
	return s.bySession(ctx, c.cookie, need)
}

func (s *Service) byKey(ctx context.Context, c credentials, need permission) (caller, error) {
	scheme, secret, _ := strings.Cut(c.authorization, " ")
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
	who := caller{key: key.ID, workspaces: []int64{key.WorkspaceID}, sites: key.SiteIds}
	who.visit.Address = c.address
	switch now := s.now(); {
	case key.FirstUsedAt == nil:
		err = s.noteFirstUse(ctx, who)
	case key.LastUsedAt == nil || now.Sub(*key.LastUsedAt) >= touchEvery:
		err = s.store.TouchAPIKey(ctx, store.TouchAPIKeyParams{ID: key.ID, Now: now})
	}
	if err == nil && grants[need].keys && !slices.Contains(key.Scopes, grants[need].scope) {
		err = refuse(scopeNeeded, "This needs an API key with the scope "+grants[need].scope+".")
	}
	return who, err
}

// reads tells whether the caller may know of a site of one of the workspaces.
func (c caller) reads(site int64) bool { return len(c.sites) == 0 || slices.Contains(c.sites, site) }

// noteFirstUse writes down that a key is used for the first time.
func (s *Service) noteFirstUse(ctx context.Context, who caller) error {
	return store.Transact(ctx, s.pool, func(q *store.Queries) error {
		n, err := q.UseAPIKey(ctx, store.UseAPIKeyParams{ID: who.key, Now: s.now()})
		if err != nil {
			return fmt.Errorf("note first use of API key: %w", err)
		}
		if n == 0 {
			return nil // another request was first
		}
		return audit.Add(ctx, q, s.now(), who.entry(who.workspaces[0], "api_key.first_used"))
	})
}

func (s *Service) bySession(ctx context.Context, cookie string, need permission) (caller, error) {
	if !token.Looks(cookie, "") {
		return caller{}, refuse(signedOut, "Sign in, or send an API key.")
	}
	hash, now := token.Hash(cookie), s.now()
	over := refuse(signedOut, "This sign-in has ended; sign in again.")
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
	who := caller{account: session.AccountID, session: hash, strong: session.HasTotp || session.Method == passkeySession, roles: make(map[int64]string, len(members))}
	for _, m := range members {
		if who.bars(m.SecondFactor, need) {
			who.barred = append(who.barred, m.WorkspaceID)
			continue
		}
		who.roles[m.WorkspaceID] = m.Role
		if need == ownLogin || need.allows(m.Role) {
			who.workspaces = append(who.workspaces, m.WorkspaceID)
		}
	}
	if need != ownLogin && len(who.workspaces) == 0 && len(who.barred) > 0 {
		return who, withoutFactor()
	}
	if need != ownLogin && !grants[need].keys && len(members) > 0 && len(who.workspaces) == 0 {
		return who, need.missing()
	}
	return who, nil
}

// narrow keeps the one workspace that the address names. One of somebody else is like one that does
// not exist.
func (who *caller) narrow(need permission, named string) error {
	id, err := strconv.ParseInt(named, 10, 64)
	if err == nil && slices.Contains(who.barred, id) {
		return withoutFactor()
	}
	role, member := who.roles[id]
	if err != nil || !member || strconv.FormatInt(id, 10) != named {
		return refuse(notFound, "There is no such workspace, or it is not yours.")
	}
	who.workspaces = []int64{id}
	if !need.allows(role) {
		return need.missing()
	}
	return nil
}

// callerKey is where a request's context holds its caller.
type callerKey struct{}

// callerOf returns who asks; every route of the table has one.
func callerOf(ctx context.Context) caller {
	who, _ := ctx.Value(callerKey{}).(caller)
	return who
}
