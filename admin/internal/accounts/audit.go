package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"noctra/admin/internal/store"
)

// entry is something that happened to an account. Details have no secrets and no addresses of people.
type entry struct {
	account int64 // 0 where there is none
	action  string
	visit   Visit
	details map[string]any
}

// note adds an entry to the audit. It comes last in its transaction: entries are written one at a time
// in the whole installation, because each carries the hash of the one before.
func (s *Service) note(ctx context.Context, q *store.Queries, e entry) error {
	return addEntry(ctx, q, s.now(), e)
}

func addEntry(ctx context.Context, q *store.Queries, now time.Time, e entry) error {
	if e.details == nil {
		e.details = map[string]any{}
	}
	raw, err := json.Marshal(e.details)
	if err != nil {
		return fmt.Errorf("note %s: %w", e.action, err)
	}
	p := store.AddAuditParams{At: now.UTC(), Action: e.action, Address: e.visit.Address, Details: raw}
	if e.account != 0 {
		p.AccountID = &e.account
	}
	if err := q.AddAudit(ctx, p); err != nil {
		return fmt.Errorf("note %s: %w", e.action, err)
	}
	return nil
}
