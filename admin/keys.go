package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// mostKeys bounds how many good keys of a kind a workspace has.
const mostKeys = 1000

// NewKey is a key that was just made. It is never shown again.
type NewKey struct {
	ID            string `json:"id" example:"5"`
	Key           string `json:"key" doc:"The secret. It is shown this once; only its hash is kept." example:"nak_…"`
	SigningSecret string `json:"signing_secret,omitempty" doc:"Of a server key: what requests are signed with. It is shown this once." example:"nss_…"`
}

// RotatedKey is a key that was made to replace another.
type RotatedKey struct {
	NewKey
	Replaces     string    `json:"replaces" doc:"The old key." example:"4"`
	OldExpiresAt time.Time `json:"old_expires_at" doc:"Until then the old key is good as well." example:"2026-03-02T09:30:00Z"`
}

// KeyMaker is the person who made a key.
type KeyMaker struct {
	AccountID string `json:"account_id" example:"42"`
	Name      string `json:"name" example:"Mara Lindqvist"`
}

// KeyView is a key as lists show it, without its secret.
type KeyView struct {
	ID          string     `json:"id" example:"5"`
	Name        string     `json:"name" example:"Shop back end"`
	State       string     `json:"state" enum:"active,expired,revoked" example:"active"`
	CreatedAt   time.Time  `json:"created_at" example:"2026-03-01T09:30:00Z"`
	CreatedBy   *KeyMaker  `json:"created_by,omitempty" doc:"Who made it; missing where they are gone, or nobody was."`
	FirstUsedAt *time.Time `json:"first_used_at,omitempty" doc:"Missing: it was never used." example:"2026-03-01T10:00:00Z"`
	LastUsedAt  *time.Time `json:"last_used_at,omitempty" doc:"To the minute." example:"2026-04-01T09:30:00Z"`
	ExpiresAt   *time.Time `json:"expires_at,omitempty" doc:"From then on it is good no more." example:"2027-03-01T09:30:00Z"`
	RevokedAt   *time.Time `json:"revoked_at,omitempty" example:"2026-05-01T09:30:00Z"`
	Replaces    string     `json:"replaces,omitempty" doc:"The key that it was made for in a rotation." example:"4"`
	ReplacedBy  string     `json:"replaced_by,omitempty" doc:"The key that was made for it in a rotation." example:"6"`
}

type newKeyOutput struct{ Body NewKey }

type rotatedKeyOutput struct{ Body RotatedKey }

// InRotation is what a rotation takes.
type InRotation struct {
	OverlapHours int `json:"overlap_hours" minimum:"0" maximum:"720" doc:"How long the old key stays good, but no longer than it would have been." example:"24"`
}

// InKeyBasics is what somebody may change of both kinds of keys.
type InKeyBasics struct {
	Name      *string    `json:"name,omitempty" example:"Shop back end"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"When it stops to be good. A key that was rotated can only end sooner." example:"2027-03-01T09:30:00Z"`
}

// basics are a key's name and end as they are to be, and what is wrong with that; what was not given stays.
func (s *Service) basics(in InKeyBasics, name string, expires *time.Time, rotated bool) (string, *time.Time, []*FieldProblem) {
	var problems []*FieldProblem
	if in.Name != nil {
		name = strings.TrimSpace(*in.Name)
		problems = append(problems, nameProblem(name))
	}
	if at := in.ExpiresAt; at != nil {
		problems = append(problems, s.checkExpiry(at))
		if rotated && expires != nil && at.After(*expires) {
			problems = append(problems, &FieldProblem{"expires_at", "The key was rotated; it cannot last longer."})
		}
		expires = at
	}
	return name, expires, problems
}

// keySpec is a key that is to be made.
type keySpec struct {
	workspace int64
	name      string
	sites     []int64 // none: all of the workspace
	expires   *time.Time
	replaces  *int64
	signature string   // of a server key
	scopes    []string // of an API key; one of a server key
}

// state is what the audit says of a key.
func (k keySpec) state(id string) map[string]any {
	state := map[string]any{"key_id": id, "name": k.name, "site_ids": numbers(k.sites)}
	if k.expires != nil {
		state["expires_at"] = k.expires.UTC()
	}
	if k.replaces != nil {
		state["replaces"] = number(k.replaces)
	}
	if k.signature != "" {
		state["signature"] = k.signature
	}
	if k.scopes != nil {
		state["scopes"] = k.scopes
	}
	return state
}

func tooManyKeys(words string) error {
	return refuse(conflict, fmt.Sprintf("A workspace has at most %d %s; revoke one.", mostKeys, words))
}

// maker adds a key in a transaction.
type maker func(ctx context.Context, q *store.Queries, k keySpec) (NewKey, error)

// createKey makes a key and notes it.
func (s *Service) createKey(ctx context.Context, noun string, k keySpec, add maker) (*newKeyOutput, error) {
	out := &newKeyOutput{}
	err := store.Transact(ctx, s.pool, func(q *store.Queries) (err error) {
		if out.Body, err = add(ctx, q, k); err != nil {
			return err
		}
		e := callerOf(ctx).entry(k.workspace, noun+".created")
		e.After = k.state(out.Body.ID)
		return audit.Add(ctx, q, s.now(), e)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// oldKey is a key that is rotated.
type oldKey struct {
	id       int64
	created  time.Time
	expires  *time.Time
	replaced bool
	end      func(at time.Time) (*time.Time, error)
}

// rotateKey makes a key like the old one, which lasts as long from now on, and ends that after the
// overlap.
func (s *Service) rotateKey(ctx context.Context, q *store.Queries, old oldKey, make func(expires *time.Time) (NewKey, error)) (RotatedKey, error) {
	if old.replaced {
		return RotatedKey{}, refuse(conflict, "The key was rotated already; rotate the one that replaces it.")
	}
	var expires *time.Time
	if old.expires != nil {
		at := s.now().Add(old.expires.Sub(old.created)).UTC()
		expires = &at
	}
	made, err := make(expires)
	if err != nil {
		return RotatedKey{}, err
	}
	ended, err := old.end(s.now())
	if err != nil {
		return RotatedKey{}, fmt.Errorf("end key: %w", err)
	}
	return RotatedKey{NewKey: made, Replaces: strconv.FormatInt(old.id, 10), OldExpiresAt: ended.UTC()}, nil
}

// noteRotation adds what was done to the audit.
func (s *Service) noteRotation(ctx context.Context, q *store.Queries, noun string, k keySpec, made RotatedKey) error {
	e := callerOf(ctx).entry(k.workspace, noun+".rotated")
	e.Before = map[string]any{"key_id": made.Replaces, "name": k.name, "expires_at": made.OldExpiresAt}
	e.After = k.state(made.ID)
	return audit.Add(ctx, q, s.now(), e)
}

// revoke makes a key good no more; do returns its workspace and its name.
func (s *Service) revoke(ctx context.Context, noun string, id int64, do func(q *store.Queries) (int64, string, error)) (*struct{}, error) {
	err := store.Transact(ctx, s.pool, func(q *store.Queries) error {
		workspace, name, err := do(q)
		if err != nil {
			return keyError(err)
		}
		e := callerOf(ctx).entry(workspace, noun+".revoked")
		e.Before = map[string]any{"key_id": id, "name": name}
		return audit.Add(ctx, q, s.now(), e)
	})
	return nil, err
}

// keyError tells a key that is not there from other trouble.
func keyError(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return refuse(notFound, "There is no such key, it is not yours, or it is revoked already.")
	}
	return fmt.Errorf("change key: %w", err)
}

// siteIDs reads the numbers of sites out of a request; they have to be of the workspace.
func (s *Service) siteIDs(ctx context.Context, workspace int64, raw []string) ([]int64, *FieldProblem, error) {
	ids := make([]int64, 0, len(raw))
	for i, one := range raw {
		id, _ := strconv.ParseInt(one, 10, 64)
		if id <= 0 {
			return nil, &FieldProblem{fmt.Sprintf("site_ids[%d]", i), "This is no site's number."}, nil
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	n, err := store.On(ctx, s.pool).CountSitesAmong(ctx, store.CountSitesAmongParams{WorkspaceID: workspace, Ids: ids})
	if err != nil {
		return nil, nil, fmt.Errorf("look up sites of key: %w", err)
	}
	if n != int64(len(ids)) {
		return nil, &FieldProblem{"site_ids", "One of these sites is not there, or is of another workspace."}, nil
	}
	return ids, nil, nil
}

// checkExpiry returns what is wrong with the time at which a key is to end.
func (s *Service) checkExpiry(at *time.Time) *FieldProblem {
	if at != nil && !at.After(s.now()) {
		return &FieldProblem{"expires_at", "This moment is over; take a later one."}
	}
	return nil
}

// keyProblems is the answer to a key that cannot be made as it was asked for.
func keyProblems(problems []*FieldProblem) error {
	f := &fault{kind: invalidRequest, detail: "The key is not as it has to be; errors says where."}
	for _, p := range problems {
		if p != nil {
			f.problems = append(f.problems, *p)
		}
	}
	if len(f.problems) == 0 {
		return nil
	}
	return f
}

// nameProblem returns what is wrong with a name.
func nameProblem(name string) *FieldProblem {
	if why := checkName(name); why != "" {
		return &FieldProblem{"name", why}
	}
	return nil
}

// accountID is the person who asks, nil for none.
func accountID(who caller) *int64 {
	if who.account == 0 {
		return nil
	}
	return &who.account
}

// numbers writes ids as the API shows them.
func numbers(ids []int64) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = strconv.FormatInt(id, 10)
	}
	return all
}

// number writes an id as the API shows it, empty for none.
func number(id *int64) string {
	if id == nil {
		return ""
	}
	return strconv.FormatInt(*id, 10)
}

// newKeyHash makes a secret and its hash.
func newKeyHash(prefix string) (secret string, hash []byte) {
	secret = token.New(prefix)
	return secret, token.Hash(secret)
}
