package admin

import (
	"context"
	"time"
)

// againAfter is how long a second try waits.
const againAfter = 100 * time.Millisecond

// again does something once more where Postgres broke off, as when it is restarted: its connections
// are gone, and it may be back already. It is only for what may be done twice: reading, and what is
// kept with its Idempotency-Key.
func again(ctx context.Context, do func() error) error {
	err := do()
	if err == nil || ofPostgres(err).kind != postgresUnavailable {
		return err
	}
	timer := time.NewTimer(againAfter)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return err
	case <-timer.C:
		return do()
	}
}
