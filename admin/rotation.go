package admin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/audit"
	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
	"noctra/internal/envelope"
)

// RotateReport is what a change of keys did, or would do.
type RotateReport struct {
	Seeds   int // second factors that are sealed anew
	Mail    int // mail that waits
	Signing int // signing secrets of server keys
	Google  int // connections to Google
	Retired int // old keys that were taken out of the files
}

// Rotation is what to do with the files of keys.
type Rotation struct {
	Retire bool // take old keys out under which nothing is any more, instead of making new ones
	Apply  bool // otherwise it is only counted
}

// retireAfter is how long the newest key has to be in use before old ones go: what was sealed under an
// old one is committed by then, and collectors have read the sites again.
const retireAfter = 10 * time.Minute

// rewrapper looks at one sealed value and says whether it has to be replaced, and by what.
type rewrapper func(sealed []byte, place string) (out []byte, changed bool, err error)

// sealed is everything that is sealed under keys of one file.
type sealed struct {
	file   string
	reseal func(ctx context.Context, q *store.Queries, rewrap rewrapper, report *RotateReport) error
}

// sealedOf lists the files of keys. Whatever is sealed in Postgres has to be in it: a key is retired when
// nothing in it needs it.
func sealedOf(config Config) []sealed {
	return []sealed{
		{config.MasterKeyFile, func(ctx context.Context, q *store.Queries, rewrap rewrapper, report *RotateReport) (err error) {
			if report.Seeds, err = accounts.Reseal(ctx, q, rewrap); err != nil {
				return err
			}
			report.Mail, err = mailer.Reseal(ctx, q, rewrap)
			return err
		}},
		{config.SigningKeyFile, func(ctx context.Context, q *store.Queries, rewrap rewrapper, report *RotateReport) (err error) {
			report.Signing, err = resealSigning(ctx, q, rewrap)
			return err
		}},
		{config.Google.KeyFile, func(ctx context.Context, q *store.Queries, rewrap rewrapper, report *RotateReport) (err error) {
			report.Google, err = resealGoogle(ctx, q, rewrap)
			return err
		}},
	}
}

// RotateKeys makes a new key the current one in each file of keys, and seals everything anew under it.
// Services that run go on: they follow the files, where old keys stay until they are retired.
func RotateKeys(ctx context.Context, config Config, what Rotation) (RotateReport, error) {
	var report RotateReport
	if config.MasterKeyFile == "" {
		return report, errors.New("rotate keys: --master-key-file: name the file")
	}
	for _, s := range sealedOf(config) {
		if s.file == "" {
			continue
		}
		do := s.rotate
		if what.Retire {
			do = s.retire
		}
		if err := do(ctx, config, what.Apply, &report); err != nil {
			return report, fmt.Errorf("rotate keys: %w", err)
		}
	}
	return report, nil
}

func (s sealed) rotate(ctx context.Context, config Config, apply bool, report *RotateReport) error {
	ring, err := envelope.Open(s.file)
	if err != nil {
		return err
	}
	rewrap := ring.Rewrap
	if apply {
		if err := envelope.Rotate(s.file); err != nil {
			return err
		}
	} else {
		rewrap = func(sealed []byte, place string) ([]byte, bool, error) {
			_, err := ring.Unseal(sealed, place) // what does not open now would not later
			return sealed, true, err
		}
	}
	return command(ctx, config, apply, func(q *store.Queries) error {
		if err := s.reseal(ctx, q, rewrap, report); err != nil || !apply {
			return err
		}
		return noteCommand(ctx, q, audit.Entry{Action: "master_key.rotated", Details: map[string]any{
			"second_factors": report.Seeds, "mails": report.Mail, "signing_secrets": report.Signing, "google_connections": report.Google,
		}})
	})
}

// retire seals what is left under old keys, and then takes those keys out of the file.
func (s sealed) retire(ctx context.Context, config Config, apply bool, report *RotateReport) error {
	ring, err := envelope.Open(s.file)
	if err != nil {
		return err
	}
	info, err := os.Stat(s.file)
	if err != nil {
		return err
	}
	if age := time.Since(info.ModTime()); age < retireAfter {
		return fmt.Errorf("the newest key is %s old: services may still be writing under the one before; retire it after %s", age.Round(time.Second), retireAfter)
	}
	old, err := ring.Old()
	if err != nil {
		return err
	}
	err = command(ctx, config, apply, func(q *store.Queries) error {
		if err := s.reseal(ctx, q, ring.Rewrap, report); err != nil || !apply {
			return err
		}
		return noteCommand(ctx, q, audit.Entry{Action: "master_key.retired", Details: map[string]any{"keys": len(old)}})
	})
	report.Retired += len(old)
	if err != nil || !apply {
		return err
	}
	return envelope.Retire(s.file, old)
}
