package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the database/sql driver that goose works with
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// MigrateOptions steer Migrate; the zero value applies everything, silently.
type MigrateOptions struct {
	DryRun bool         // say in the log what would be done, and do nothing
	Log    *slog.Logger // nil: silent
}

// State is one migration as found.
type State struct {
	Version   int64
	Name      string // file name without the ending
	Applied   bool
	AppliedAt time.Time // zero unless Applied
}

// Migrate applies the migrations in files (NNNNN_name.sql at the root, written for goose) that
// the database does not have, in order, each in a transaction. Several processes may call it
// at once: a lock in the database lets them take turns.
func Migrate(ctx context.Context, config Config, files fs.FS, opts MigrateOptions) error {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	provider, err := open(config, files)
	if err != nil || provider == nil {
		return err
	}
	defer func() { _ = provider.Close() }()
	if opts.DryRun {
		return config.explain(logPending(ctx, provider, opts.Log))
	}
	if err := checkNewer(ctx, provider); err != nil {
		return config.explain(err)
	}
	results, err := provider.Up(ctx)
	for _, r := range results {
		if r.Error == nil {
			opts.Log.Info("postgres migration applied", "migration", migrationName(r.Source.Path), "took", r.Duration.Round(time.Millisecond).String())
		}
	}
	if err != nil {
		return fmt.Errorf("apply postgres migrations: %w", config.explain(err))
	}
	return nil
}

// Status returns the state of every migration in files, by version.
func Status(ctx context.Context, config Config, files fs.FS) ([]State, error) {
	provider, err := open(config, files)
	if err != nil || provider == nil {
		return nil, err
	}
	defer func() { _ = provider.Close() }()
	found, err := provider.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("read state of postgres migrations: %w", config.explain(err))
	}
	states := make([]State, len(found))
	for i, s := range found {
		states[i] = State{Version: s.Source.Version, Name: migrationName(s.Source.Path), Applied: s.State == goose.StateApplied, AppliedAt: s.AppliedAt}
	}
	return states, nil
}

// CheckSchema returns an error unless the database has exactly the migrations in files. The
// error names the command that helps.
func CheckSchema(ctx context.Context, pool *pgxpool.Pool, files fs.FS) error {
	want, err := newest(files)
	if err != nil {
		return err
	}
	var exists bool
	if err := pool.QueryRow(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&exists); err != nil {
		return fmt.Errorf("check postgres schema: %w", err)
	}
	var have int64
	if exists {
		if err := pool.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&have); err != nil {
			return fmt.Errorf("check postgres schema: %w", err)
		}
	}
	switch {
	case have < want:
		return fmt.Errorf("postgres has schema version %d, this program needs %d: run `noctra migrate up` first", have, want)
	case have > want:
		return fmt.Errorf("postgres has schema version %d, this program knows %d: use the newer noctra that applied it", have, want)
	}
	return nil
}

// open returns a provider, or nil where files hold no migration at all.
func open(config Config, files fs.FS) (*goose.Provider, error) {
	address, err := config.Resolve()
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("pgx", address)
	if err != nil {
		return nil, fmt.Errorf("open postgres: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("prepare lock of migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil, db.Close()
	}
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("read postgres migrations: %w", err)
	}
	return provider, nil
}

func logPending(ctx context.Context, provider *goose.Provider, log *slog.Logger) error {
	states, err := provider.Status(ctx)
	if err != nil {
		return fmt.Errorf("read state of postgres migrations: %w", err)
	}
	for _, s := range states {
		if s.State == goose.StatePending {
			log.Info("postgres migration would be applied", "migration", migrationName(s.Source.Path))
		}
	}
	return nil
}

func checkNewer(ctx context.Context, provider *goose.Provider) error {
	have, want, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read state of postgres migrations: %w", err)
	}
	if have > want {
		return fmt.Errorf("postgres has schema version %d, this program knows %d: use the newer noctra that applied it", have, want)
	}
	return nil
}

// newest returns the highest version among files, 0 for none.
func newest(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("list postgres migrations: %w", err)
	}
	var highest int64
	for _, name := range names {
		digits, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("postgres migration %q is not named NNNNN_name.sql", name)
		}
		highest = max(highest, version)
	}
	return highest, nil
}

func migrationName(file string) string { return strings.TrimSuffix(path.Base(file), ".sql") }
