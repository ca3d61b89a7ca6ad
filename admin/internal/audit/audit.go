// Package audit writes down who did what, when and from where, and checks that nothing of it was
// changed or taken out (verify.go).
//
// Entries of a workspace are a chain, and so are those that belong to none: each carries the hash of
// the one before, which the database makes. Who may read them is decided elsewhere.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"noctra/admin/internal/store"
)

// Entry is something that happened. Nothing in it is a secret or an e-mail address, so that a person
// who is deleted is a number.
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
	p := store.AddAuditParams{At: at.UTC(), Action: e.Action, Address: e.Address, WorkspaceID: some(e.Workspace), AccountID: some(e.Account), KeyID: some(e.Key)}
	if e.Operator != "" {
		p.Operator = &e.Operator
	}
	if e.Details == nil {
		e.Details = map[string]any{}
	}
	var err error
	if p.Details, err = json.Marshal(e.Details); err != nil {
		return fmt.Errorf("note %s: %w", e.Action, err)
	}
	if p.Before, err = state(e.Before); err != nil {
		return fmt.Errorf("note %s: %w", e.Action, err)
	}
	if p.After, err = state(e.After); err != nil {
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

func state(v any) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	return json.Marshal(v)
}
