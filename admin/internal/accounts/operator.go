package accounts

import (
	"context"
	"fmt"

	"noctra/admin/internal/store"
)

// ResetSecondFactor is what an operator does for somebody who lost app and recovery codes: the second
// factor is off, and all sign-ins end. The caller notes it in the audit.
func ResetSecondFactor(ctx context.Context, q *store.Queries, account int64) error {
	if err := dropTOTP(ctx, q, account); err != nil {
		return err
	}
	_, err := EndSessions(ctx, q, account)
	return err
}

// EndSessions ends all sign-ins of an account, also half-done ones, and returns how many were whole.
func EndSessions(ctx context.Context, q *store.Queries, account int64) (int64, error) {
	ended, err := q.EndSessionsOf(ctx, store.EndSessionsOfParams{AccountID: account, Keep: []byte{}})
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	if err := q.EndCeremoniesOf(ctx, &account); err != nil {
		return 0, fmt.Errorf("end sign-ins: %w", err)
	}
	return ended, nil
}
