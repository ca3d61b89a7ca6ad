package admin

import (
	"context"
	"fmt"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

// EndSessions ends all sign-ins of the account with that address, and returns how many there were. Without
// apply it only counts.
func EndSessions(ctx context.Context, config Config, email string, apply bool) (ended int64, err error) {
	err = command(ctx, config, apply, func(q *store.Queries) error {
		account, err := accountOf(ctx, q, email)
		if err != nil {
			return err
		}
		if ended, err = accounts.EndSessions(ctx, q, account); err != nil {
			return err
		}
		return noteCommand(ctx, q, audit.Entry{Account: account, Action: "sessions.ended_by_operator", Details: map[string]any{"sessions": ended}})
	})
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return ended, nil
}
