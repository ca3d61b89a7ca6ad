package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/workspaces"
)

// command runs f in a transaction that is rolled back unless apply is set.
func command(ctx context.Context, config Config, apply bool, f func(q *store.Queries) error) error {
	err := withStore(ctx, config, func(pool *pgxpool.Pool) error {
		return store.Transact(ctx, pool, func(q *store.Queries) error {
			if err := f(q); err != nil {
				return err
			}
			if !apply {
				return errDryRun
			}
			return nil
		})
	})
	if errors.Is(err, errDryRun) {
		return nil
	}
	return err
}

// accountOf finds the account with an address.
func accountOf(ctx context.Context, q *store.Queries, email string) (int64, error) {
	found, err := q.AccountByEmail(ctx, strings.TrimSpace(email))
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("there is no account %q", email)
	}
	return found.ID, err
}

// CreateWorkspace makes a workspace that the account with that address owns. Without apply it only
// tries.
func CreateWorkspace(ctx context.Context, config Config, name, owner string, apply bool) (id int64, err error) {
	name = strings.TrimSpace(name)
	if why := checkName(name); why != "" {
		return 0, fmt.Errorf("create workspace: %s", why)
	}
	err = command(ctx, config, apply, func(q *store.Queries) error {
		account, err := accountOf(ctx, q, owner)
		if err != nil {
			return err
		}
		now := time.Now()
		if id, err = q.AddWorkspace(ctx, store.AddWorkspaceParams{Name: name, CreatedAt: now}); err != nil {
			return err
		}
		if err := q.AddMember(ctx, store.AddMemberParams{WorkspaceID: id, AccountID: account, Role: workspaces.Owner, CreatedAt: now}); err != nil {
			return err
		}
		return noteCommand(ctx, q, audit.Entry{Workspace: id, Action: "workspace.created", After: map[string]any{"name": name, "owner": account}})
	})
	if err != nil {
		return 0, fmt.Errorf("create workspace: %w", err)
	}
	return id, nil
}

// AddWorkspaceMember makes the account with that address a member. Without apply it only tries.
func AddWorkspaceMember(ctx context.Context, config Config, m NewMember, apply bool) error {
	if !slices.Contains(workspaces.Roles(), m.Role) {
		return fmt.Errorf("add member: a role is one of %s", strings.Join(workspaces.Roles(), ", "))
	}
	err := command(ctx, config, apply, func(q *store.Queries) error {
		held, err := q.LockWorkspace(ctx, m.Workspace)
		if errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("there is no workspace %d", m.Workspace)
		}
		if err != nil {
			return err
		}
		account, err := accountOf(ctx, q, m.Email)
		if err != nil {
			return err
		}
		_, err = q.Member(ctx, store.MemberParams{WorkspaceID: held.ID, AccountID: account})
		if err == nil {
			return fmt.Errorf("%q is a member already", m.Email)
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err := q.AddMember(ctx, store.AddMemberParams{WorkspaceID: held.ID, AccountID: account, Role: m.Role, CreatedAt: time.Now()}); err != nil {
			return err
		}
		return noteCommand(ctx, q, audit.Entry{Workspace: held.ID, Action: "member.added", After: map[string]any{"account_id": account, "role": m.Role}})
	})
	if err != nil {
		return fmt.Errorf("add member: %w", err)
	}
	return nil
}

// NewMember is who an operator adds to a workspace, and as what.
type NewMember struct {
	Workspace int64
	Email     string
	Role      string
}

// AccountLine is an account in an operator's list.
type AccountLine struct {
	ID         int64
	Email      string
	Name       string
	CreatedAt  time.Time
	Workspaces int64
}

// ListAccounts returns all accounts. That somebody looked is in the audit.
func ListAccounts(ctx context.Context, config Config) (all []AccountLine, err error) {
	err = command(ctx, config, true, func(q *store.Queries) error {
		rows, err := q.ListAccounts(ctx)
		for _, r := range rows {
			all = append(all, AccountLine(r))
		}
		if err != nil {
			return err
		}
		return noteCommand(ctx, q, audit.Entry{Action: "accounts.listed", Details: map[string]any{"accounts": len(rows)}})
	})
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return all, nil
}

// WorkspaceLine is a workspace in an operator's list.
type WorkspaceLine struct {
	ID        int64
	Name      string
	CreatedAt time.Time
	Members   int64
	Sites     int64
}

// ListWorkspaces returns all workspaces. That somebody looked is in the audit.
func ListWorkspaces(ctx context.Context, config Config) (all []WorkspaceLine, err error) {
	err = command(ctx, config, true, func(q *store.Queries) error {
		rows, err := q.ListWorkspaces(ctx)
		for _, r := range rows {
			all = append(all, WorkspaceLine(r))
		}
		if err != nil {
			return err
		}
		return noteCommand(ctx, q, audit.Entry{Action: "workspaces.listed", Details: map[string]any{"workspaces": len(rows)}})
	})
	if err != nil {
		return nil, fmt.Errorf("list workspaces: %w", err)
	}
	return all, nil
}
