package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

// VerifyAudit reads the whole audit, checks the hash of every entry, and that no entry is missing that
// the anchors in a file know; an empty path is no file.
func VerifyAudit(ctx context.Context, config Config, anchors string) (report audit.Report, err error) {
	var lines io.Reader
	if anchors != "" {
		file, err := os.Open(anchors)
		if err != nil {
			return report, fmt.Errorf("verify audit: %w", err)
		}
		defer func() { _ = file.Close() }()
		lines = file
	}
	err = withStore(ctx, config, func(pool *pgxpool.Pool) (err error) {
		report, err = audit.Verify(ctx, store.New(pool), lines)
		return err
	})
	return report, err
}

// errDryRun rolls back what was only tried.
var errDryRun = errors.New("nothing is to be changed")

// withStore opens Postgres for a command.
func withStore(ctx context.Context, config Config, f func(pool *pgxpool.Pool) error) error {
	pool, err := config.Postgres.Open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	return f(pool)
}

// ResetSecondFactor turns two-step sign-in off for somebody who lost app and recovery codes, and ends
// their sessions. It returns the account's name, and says whether a second factor is, or was, on.
// Without apply nothing is changed.
func ResetSecondFactor(ctx context.Context, config Config, email string, apply bool) (name string, on bool, err error) {
	err = withStore(ctx, config, func(pool *pgxpool.Pool) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			q := store.New(tx)
			found, err := q.CredentialsByEmail(ctx, email)
			if errors.Is(err, pgx.ErrNoRows) {
				return fmt.Errorf("there is no account %q", email)
			}
			if err != nil {
				return err
			}
			name, on = found.Name, found.HasTotp
			if !apply || !on {
				return nil
			}
			if err := accounts.ResetSecondFactor(ctx, q, found.ID); err != nil {
				return err
			}
			return noteCommand(ctx, q, audit.Entry{Account: found.ID, Action: "second_factor.reset_by_operator"})
		})
	})
	if err != nil {
		return "", false, fmt.Errorf("reset second factor: %w", err)
	}
	return name, on, nil
}

// noteCommand adds an entry about a command that somebody gave on the machine.
func noteCommand(ctx context.Context, q *store.Queries, e audit.Entry) error {
	e.Operator = operatorName()
	return audit.Add(ctx, q, time.Now(), e)
}

// operatorName is who gave the command, as the machine names them.
func operatorName() string {
	if who, err := user.Current(); err == nil {
		return who.Username
	}
	return "unknown"
}
