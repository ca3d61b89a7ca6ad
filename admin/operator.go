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
	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
	"noctra/internal/envelope"
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

// RotateReport is what a change of master keys did, or would do.
type RotateReport struct {
	Seeds   int // second factors that are sealed anew
	Mail    int // mail that waits
	Signing int // signing secrets of server keys, under the file of signing keys
}

// rewrapper seals a value anew where it needs it; see envelope.Ring.Rewrap.
type rewrapper = func(sealed []byte, place string) ([]byte, bool, error)

// renewed makes a new key of a file the current one and returns how values are sealed under it. Without
// apply it changes nothing, and says that all of them need it.
func renewed(path string, apply bool) (rewrapper, error) {
	ring, err := envelope.Open(path)
	if err != nil {
		return nil, err
	}
	if apply {
		return ring.Rewrap, envelope.Rotate(path)
	}
	return func(sealed []byte, place string) ([]byte, bool, error) {
		_, err := ring.Unseal(sealed, place) // what does not open now would not later
		return sealed, true, err
	}, nil
}

// RotateKeys makes a new master key the current one, and a new signing key if there is a file of them,
// and seals everything anew. Services that run go on: they follow the files, where old keys stay. Without
// apply it only counts.
func RotateKeys(ctx context.Context, config Config, apply bool) (RotateReport, error) {
	var report RotateReport
	if config.MasterKeyFile == "" {
		return report, errors.New("rotate keys: --master-key-file: name the file")
	}
	rewrap, err := renewed(config.MasterKeyFile, apply)
	if err != nil {
		return report, fmt.Errorf("rotate keys: %w", err)
	}
	var resign rewrapper
	if config.SigningKeyFile != "" {
		if resign, err = renewed(config.SigningKeyFile, apply); err != nil {
			return report, fmt.Errorf("rotate keys: %w", err)
		}
	}
	err = withStore(ctx, config, func(pool *pgxpool.Pool) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) (err error) {
			q := store.New(tx)
			if report.Seeds, err = accounts.Reseal(ctx, q, rewrap); err != nil {
				return err
			}
			if report.Mail, err = mailer.Reseal(ctx, q, rewrap); err != nil {
				return err
			}
			if config.SigningKeyFile != "" {
				if report.Signing, err = resealSigning(ctx, q, resign); err != nil {
					return err
				}
			}
			if !apply {
				return errDryRun
			}
			return noteCommand(ctx, q, audit.Entry{Action: "master_key.rotated", Details: map[string]any{"second_factors": report.Seeds, "mails": report.Mail, "signing_secrets": report.Signing}})
		})
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return report, fmt.Errorf("rotate keys: %w", err)
	}
	return report, nil
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
	e.Operator = "unknown"
	if who, err := user.Current(); err == nil {
		e.Operator = who.Username
	}
	return audit.Add(ctx, q, time.Now(), e)
}
