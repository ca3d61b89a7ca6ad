// Package workspaces keeps who belongs to which workspace, and as what: workspaces, members
// (members.go) and invitations (invitations.go).
//
// That a caller's role allows the request was decided before. What depends on the roles of others is
// decided here: only owners make and unmake owners, and the last one stays. Changes of a workspace's
// members take turns, so that this holds for two requests at once, too. Every change is in the audit.
package workspaces

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/audit"
	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
)

// Roles of members, as Postgres has them.
const (
	Owner           = "owner"
	Admin           = "admin"
	Analyst         = "analyst"
	CampaignManager = "campaign_manager"
	Billing         = "billing"
)

// Roles returns all of them, the strongest first.
func Roles() []string { return []string{Owner, Admin, Analyst, CampaignManager, Billing} }

// Codes of refusals that only workspaces have.
const (
	Forbidden     accounts.Kind = "forbidden"
	Changed       accounts.Kind = "changed_meanwhile"
	OtherAddress  accounts.Kind = "other_address"
	AlreadyMember accounts.Kind = "already_member"
)

const mostOwned = 100 // workspaces that one person owns

// Orders is what is needed of the mail outbox.
type Orders interface {
	Add(ctx context.Context, q *store.Queries, o mailer.Order) (messageID string, err error)
	Nudge()
}

// Deps are what workspaces work with. Without Orders nobody is invited.
type Deps struct {
	Pool   *pgxpool.Pool
	Orders Orders
	URL    *url.URL // where browsers reach the dashboard
	Now    func() time.Time
}

// Service does it all. It is safe for concurrent use.
type Service struct {
	deps Deps
	now  func() time.Time
}

// New makes the service.
func New(deps Deps) *Service { return &Service{deps: deps, now: deps.Now} }

// By is who asks, and for which workspace.
type By struct {
	Account   int64
	Role      string // theirs in the workspace
	Address   string // of the client
	Workspace int64

	SecondFactor bool // they have one
}

// Workspace is a workspace as one of its members sees it.
type Workspace struct {
	ID           int64
	Name         string
	CreatedAt    time.Time
	Role         string
	EraseAfter   *time.Time // when it will be gone, where that is planned
	SecondFactor bool       // members need one
}

// Tag names a state of the workspace; another state has another tag.
func (w Workspace) Tag() string {
	parts := []any{"workspace", w.ID, w.Name}
	if w.EraseAfter != nil {
		parts = append(parts, w.EraseAfter.UnixMicro())
	}
	if w.SecondFactor {
		parts = append(parts, SecondFactorNeeded)
	}
	return tag(parts...)
}

func tag(parts ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, parts...))
	return hex.EncodeToString(sum[:8])
}

// Page bounds a list: ids after one, at most so many.
type Page struct {
	After int64
	Most  int
}

// List returns the workspaces of a person.
func (s *Service) List(ctx context.Context, account int64, p Page) ([]Workspace, error) {
	rows, err := store.On(ctx, s.deps.Pool).WorkspacesOf(ctx, store.WorkspacesOfParams{AccountID: account, After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list workspaces: %w", err)
	}
	all := make([]Workspace, len(rows))
	for i, r := range rows {
		all[i] = Workspace{r.ID, r.Name, r.CreatedAt.UTC(), r.Role, r.EraseAfter, r.SecondFactor}
	}
	return all, nil
}

// Get returns the workspace that is asked for.
func (s *Service) Get(ctx context.Context, by By) (Workspace, error) {
	row, err := store.On(ctx, s.deps.Pool).Workspace(ctx, by.Workspace)
	if err != nil {
		return Workspace{}, fmt.Errorf("read workspace: %w", err)
	}
	return Workspace{row.ID, row.Name, row.CreatedAt.UTC(), by.Role, row.EraseAfter, row.SecondFactor}, nil
}

// Create makes a workspace that the person owns.
func (s *Service) Create(ctx context.Context, by By, name string) (Workspace, error) {
	w := Workspace{Name: name, Role: Owner, CreatedAt: s.now().UTC().Truncate(time.Microsecond)}
	err := store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
		owned, err := q.CountOwned(ctx, by.Account)
		if err != nil {
			return fmt.Errorf("count workspaces: %w", err)
		}
		if owned >= mostOwned {
			return refuse(accounts.Conflict, fmt.Sprintf("A person owns at most %d workspaces.", mostOwned))
		}
		if w.ID, err = q.AddWorkspace(ctx, store.AddWorkspaceParams{Name: name, CreatedAt: w.CreatedAt}); err != nil {
			return fmt.Errorf("add workspace: %w", err)
		}
		if err := q.AddMember(ctx, store.AddMemberParams{WorkspaceID: w.ID, AccountID: by.Account, Role: Owner, CreatedAt: w.CreatedAt}); err != nil {
			return fmt.Errorf("add member: %w", err)
		}
		by.Workspace = w.ID
		return s.note(ctx, q, by, audit.Entry{Action: "workspace.created", After: map[string]any{"name": name}})
	})
	return w, err
}

// Rename changes the name. The state has to be the one that the caller saw, if want is not empty.
func (s *Service) Rename(ctx context.Context, by By, want, name string) (Workspace, error) {
	var w Workspace
	err := store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
		row, err := q.LockWorkspace(ctx, by.Workspace)
		if err != nil {
			return fmt.Errorf("hold workspace: %w", err)
		}
		w = Workspace{row.ID, row.Name, row.CreatedAt.UTC(), by.Role, row.EraseAfter, row.SecondFactor}
		if err := matches(want, w.Tag()); err != nil || w.Name == name {
			return err
		}
		if err := q.RenameWorkspace(ctx, store.RenameWorkspaceParams{ID: w.ID, Name: name}); err != nil {
			return fmt.Errorf("rename workspace: %w", err)
		}
		before := w.Name
		w.Name = name
		return s.note(ctx, q, by, audit.Entry{Action: "workspace.renamed", Before: map[string]any{"name": before}, After: map[string]any{"name": name}})
	})
	return w, err
}

// change runs f in a transaction in which nobody else changes members of the workspace. The caller's
// role is read again: it may have changed since it was looked at.
func (s *Service) change(ctx context.Context, by *By, f func(q *store.Queries) error) error {
	return store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
		if _, err := q.LockWorkspace(ctx, by.Workspace); err != nil {
			return fmt.Errorf("hold workspace: %w", err)
		}
		own, err := q.Member(ctx, store.MemberParams{WorkspaceID: by.Workspace, AccountID: by.Account})
		if none(err) {
			return refuse(accounts.NotFound, "There is no such workspace, or it is not yours.")
		}
		if err != nil {
			return fmt.Errorf("read member: %w", err)
		}
		if own.Role != by.Role {
			return refuse(Changed, "Your role was changed at this moment; look again.")
		}
		return f(q)
	})
}

func (s *Service) note(ctx context.Context, q *store.Queries, by By, e audit.Entry) error {
	e.Account, e.Address, e.Workspace = by.Account, by.Address, by.Workspace
	return audit.Add(ctx, q, s.now(), e)
}

// matches compares tags; want may list several, or be "*".
func matches(want, have string) error {
	if want == "" || want == "*" {
		return nil
	}
	for w := range strings.SplitSeq(want, ",") {
		if strings.Trim(strings.TrimSpace(w), `"`) == have {
			return nil
		}
	}
	return refuse(Changed, "Somebody changed this meanwhile; read it again.")
}

func refuse(k accounts.Kind, detail string) *accounts.Refusal {
	return &accounts.Refusal{Kind: k, Detail: detail}
}

func wrong(path, detail string) *accounts.Refusal {
	return &accounts.Refusal{Kind: accounts.Invalid, Detail: detail, Fields: []accounts.Field{{Path: path, Message: detail}}}
}

// checkRole says whether somebody with the caller's role gives or takes that one.
func checkRole(by By, role string) error {
	if !slices.Contains(Roles(), role) {
		return wrong("role", "A role is one of "+strings.Join(Roles(), ", ")+".")
	}
	if role == Owner && by.Role != Owner {
		return refuse(Forbidden, "Only an owner makes or unmakes owners.")
	}
	return nil
}
