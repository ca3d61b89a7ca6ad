// Package audit writes down who did what, when and from where, and checks that nothing of it was
// changed or taken out (verify.go).
//
// Entries of a workspace are a chain, and so are those that belong to none: each carries the hash of
// the one before, which the database makes. Who may read them is decided elsewhere.
//
// What names a person is not in what is hashed (hide.go): accounts are pseudonyms, addresses and texts lie
// beside under a seal. An erasure takes away what they stand for; reveal.go shows what is left.
package audit

import (
	"context"
	"fmt"
	"time"

	"noctra/admin/internal/store"
)

// Entry is something that happened. Nothing in it is a secret or an e-mail address. Accounts in Details,
// Before and After are fields account_id and owner; what people typed is in fields called name.
type Entry struct {
	Workspace int64 // 0: it belongs to none
	Account   int64 // who did it, 0 for nobody who is known
	Key       int64 // the API key that did it
	Operator  string
	Action    string // noun.verb
	Address   string // of the client
	Details   map[string]any
	Before    any // nil where there was nothing
	After     any // nil where nothing is left
}

// Add adds an entry in the transaction q. It comes last there: the chain is held until the transaction
// ends. Of several chains, workspaces come first, by their numbers, and what belongs to none last.
func Add(ctx context.Context, q *store.Queries, at time.Time, e Entry) error {
	p := store.AddAuditParams{At: at.UTC(), Action: e.Action, Address: e.Address, WorkspaceID: some(e.Workspace), KeyID: some(e.Key)}
	if e.Operator != "" {
		p.Operator = &e.Operator
	}
	if e.Details == nil {
		e.Details = map[string]any{}
	}
	if err := hidden(ctx, q, e, &p); err != nil {
		return fmt.Errorf("note %s: %w", e.Action, err)
	}
	if err := q.AddAudit(ctx, p); err != nil {
		return fmt.Errorf("note %s: %w", e.Action, err)
	}
	return nil
}

// AddForMember adds an entry about a person to each of their workspaces, and to what belongs to none.
func AddForMember(ctx context.Context, q *store.Queries, at time.Time, e Entry) error {
	members, err := q.Memberships(ctx, e.Account) // by number
	if err != nil {
		return fmt.Errorf("note %s: %w", e.Action, err)
	}
	for _, m := range members {
		own := e
		own.Workspace = m.WorkspaceID
		if err := Add(ctx, q, at, own); err != nil {
			return err
		}
	}
	return Add(ctx, q, at, e)
}

func some(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}
