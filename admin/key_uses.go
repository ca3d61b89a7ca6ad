package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

const (
	noteUsesEvery = 5 * time.Second
	sightingsKept = 8 * 24 * time.Hour // how long what collectors saw is kept
)

// noteKeyUses brings first uses of server keys, which collectors wrote down, to the audit.
func (s *Service) noteKeyUses(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, tidyTimeout)
	defer cancel()
	for {
		n, err := s.noteSomeUses(asking)
		if err != nil && ctx.Err() == nil {
			s.quiet.Warn("first uses of server keys not noted, it is tried again", "error", err.Error())
		}
		if n == 0 || err != nil {
			return
		}
	}
}

// errNothing ends a transaction that found nothing to do.
var errNothing = errors.New("nothing to do")

// noteSomeUses notes the first uses of keys of one workspace and returns how many: chains are held until
// the end of a transaction, and never two of them. An entry and its mark are committed together, so there
// is one for each key.
func (s *Service) noteSomeUses(ctx context.Context) (n int, err error) {
	err = store.Transact(ctx, s.pool, func(q *store.Queries) error {
		rows, err := q.ServerKeyUsesToNote(ctx)
		if err != nil {
			return fmt.Errorf("read uses of server keys: %w", err)
		}
		if len(rows) == 0 {
			return errNothing
		}
		for _, r := range rows {
			if r.WorkspaceID != rows[0].WorkspaceID {
				break
			}
			if err := q.NoteServerKeyUse(ctx, store.NoteServerKeyUseParams{KeyID: r.KeyID, Now: s.now()}); err != nil {
				return fmt.Errorf("note use of server key: %w", err)
			}
			n++
		}
		for _, r := range rows[:n] {
			e := audit.Entry{Workspace: r.WorkspaceID, Action: "server_key.first_used", After: map[string]any{
				"key_id": strconv.FormatInt(r.KeyID, 10), "name": r.Name, "first_used_at": r.FirstUsedAt.UTC(),
			}}
			if err := audit.Add(ctx, q, s.now(), e); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errNothing) {
		return 0, nil
	}
	return n, err
}
