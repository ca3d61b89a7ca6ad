package workspaces

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

// Member is a person in a workspace.
type Member struct {
	Account   int64
	Name      string
	Email     string
	Role      string
	CreatedAt time.Time
	LastSeen  time.Time // the UTC day on which a sign-in that has not ended was used last, zero for none
}

// seen is what others learn of when somebody was there.
func seen(at time.Time) time.Time {
	if at.Unix() <= 0 {
		return time.Time{}
	}
	return at.UTC().Truncate(24 * time.Hour)
}

// Tag names a state of the membership; another role has another tag.
func (m Member) Tag() string { return tag("member", m.Account, m.Role, m.CreatedAt.UnixMicro()) }

func none(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// Members returns who belongs to the workspace.
func (s *Service) Members(ctx context.Context, by By, p Page) ([]Member, error) {
	rows, err := store.On(ctx, s.deps.Pool).MembersOf(ctx, store.MembersOfParams{WorkspaceID: by.Workspace, After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	all := make([]Member, len(rows))
	for i, r := range rows {
		all[i] = Member{r.AccountID, r.Name, r.Email, r.Role, r.CreatedAt.UTC(), seen(r.LastSeen)}
	}
	return all, nil
}

// Member returns one of them.
func (s *Service) Member(ctx context.Context, by By, account int64) (Member, error) {
	return s.member(ctx, store.On(ctx, s.deps.Pool), by, account)
}

func (s *Service) member(ctx context.Context, q *store.Queries, by By, account int64) (Member, error) {
	r, err := q.Member(ctx, store.MemberParams{WorkspaceID: by.Workspace, AccountID: account})
	if none(err) {
		return Member{}, refuse(accounts.NotFound, "There is no such member.")
	}
	if err != nil {
		return Member{}, fmt.Errorf("read member: %w", err)
	}
	return Member{r.AccountID, r.Name, r.Email, r.Role, r.CreatedAt.UTC(), seen(r.LastSeen)}, nil
}

// Expected is who is to be changed, and the tag of the state that the caller saw, empty for any.
type Expected struct {
	Account int64
	Tag     string
}

// SetRole makes a member something else.
func (s *Service) SetRole(ctx context.Context, by By, of Expected, role string) (Member, error) {
	if err := checkRole(by, role); err != nil {
		return Member{}, err
	}
	var m Member
	err := s.change(ctx, &by, func(q *store.Queries) (err error) {
		if m, err = s.member(ctx, q, by, of.Account); err != nil {
			return err
		}
		if err := matches(of.Tag, m.Tag()); err != nil || m.Role == role {
			return err
		}
		if err := s.mayTouch(ctx, q, by, m); err != nil {
			return err
		}
		before := m.Role
		if m, err = s.setRole(ctx, q, by, m, role); err != nil {
			return err
		}
		return s.note(ctx, q, by, audit.Entry{Action: "member.role_changed", Before: memberState(m.Account, before), After: memberState(m.Account, role)})
	})
	return m, err
}

func memberState(account int64, role string) map[string]any {
	return map[string]any{"account_id": account, "role": role}
}

func (s *Service) setRole(ctx context.Context, q *store.Queries, by By, m Member, role string) (Member, error) {
	if err := q.SetRole(ctx, store.SetRoleParams{WorkspaceID: by.Workspace, AccountID: m.Account, Role: role}); err != nil {
		return m, fmt.Errorf("set role: %w", err)
	}
	m.Role = role
	return m, nil
}

// mayTouch refuses to unmake an owner by others than owners, and the last one by anybody.
func (s *Service) mayTouch(ctx context.Context, q *store.Queries, by By, m Member) error {
	if m.Role != Owner {
		return nil
	}
	if by.Role != Owner {
		return refuse(Forbidden, "Only an owner makes or unmakes owners.")
	}
	count, err := q.CountMembers(ctx, by.Workspace)
	if err != nil {
		return fmt.Errorf("count members: %w", err)
	}
	if count.Owners < 2 {
		return refuse(accounts.LastOwner, "A workspace has an owner; make somebody else owner first.")
	}
	return nil
}

// Remove ends somebody's membership.
func (s *Service) Remove(ctx context.Context, by By, of Expected) error {
	return s.drop(ctx, by, of, "member.removed")
}

// Leave ends one's own membership.
func (s *Service) Leave(ctx context.Context, by By) error {
	return s.drop(ctx, by, Expected{Account: by.Account}, "member.left")
}

func (s *Service) drop(ctx context.Context, by By, of Expected, action string) error {
	return s.change(ctx, &by, func(q *store.Queries) error {
		m, err := s.member(ctx, q, by, of.Account)
		if err != nil {
			return err
		}
		if err := matches(of.Tag, m.Tag()); err != nil {
			return err
		}
		if err := s.mayTouch(ctx, q, by, m); err != nil {
			return err
		}
		if _, err := q.DropMember(ctx, store.DropMemberParams{WorkspaceID: by.Workspace, AccountID: m.Account}); err != nil {
			return fmt.Errorf("drop member: %w", err)
		}
		return s.note(ctx, q, by, audit.Entry{Action: action, Before: memberState(m.Account, m.Role)})
	})
}

// Transfer makes a member owner and the caller, who is one, an admin.
func (s *Service) Transfer(ctx context.Context, by By, to int64) error {
	if to == by.Account {
		return wrong("account_id", "You are owner already.")
	}
	return s.change(ctx, &by, func(q *store.Queries) error {
		heir, err := s.member(ctx, q, by, to)
		if err != nil {
			return err
		}
		own, err := s.member(ctx, q, by, by.Account)
		if err != nil {
			return err
		}
		if own.Role != Owner {
			return refuse(Forbidden, "Only an owner hands a workspace over.")
		}
		before := []any{memberState(own.Account, own.Role), memberState(heir.Account, heir.Role)}
		if heir, err = s.setRole(ctx, q, by, heir, Owner); err != nil {
			return err
		}
		if own, err = s.setRole(ctx, q, by, own, Admin); err != nil {
			return err
		}
		after := []any{memberState(own.Account, own.Role), memberState(heir.Account, heir.Role)}
		return s.note(ctx, q, by, audit.Entry{Action: "ownership.transferred", Before: before, After: after})
	})
}
