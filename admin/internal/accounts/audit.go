package accounts

import (
	"context"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

// entry is something that happened to an account. Details have no secrets and no addresses of people.
type entry struct {
	account int64 // 0 where there is none
	action  string
	visit   Visit
	details map[string]any
	shared  bool // the person's workspaces are told, too
}

// note adds an entry to the audit. It comes last in its transaction.
func (s *Service) note(ctx context.Context, q *store.Queries, e entry) error {
	add := audit.Add
	if e.shared {
		add = audit.AddForMember
	}
	return add(ctx, q, s.now(), audit.Entry{Account: e.account, Action: e.action, Address: e.visit.Address, Details: e.details})
}
