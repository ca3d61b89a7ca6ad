package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// MigrateOptions steer Migrate; the zero value applies everything on a single server.
type MigrateOptions struct {
	DryRun bool         // say in the log what would be done, and do nothing
	Log    *slog.Logger // nil: silent

	rewrite func(statement string) string // for a cluster; nil: as it is
}

// State is one migration as found: in the files, in the database, or in both.
type State struct {
	Version   uint32
	Name      string
	Applied   bool
	AppliedAt time.Time // zero unless Applied
	Known     bool      // false: in the database, not in the files
	Changed   bool      // the file is not what was applied
	Steps     int       // statements in the file
	Done      int       // statements applied
}

const createRecord = `CREATE TABLE IF NOT EXISTS schema_migrations (
    version UInt32, step UInt32, steps UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (version, step)`

// Migrate applies the migrations in files that the database does not have, in order. Every
// statement is recorded when it has run, so that after a crash the rest is applied; the one
// that was under way runs again, so statements are written to bear that (IF NOT EXISTS).
// A database with migrations that files do not know, or with changed ones, is an error.
func Migrate(ctx context.Context, conn driver.Conn, files fs.FS, opts MigrateOptions) error {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.rewrite == nil {
		opts.rewrite = func(statement string) string { return statement }
	}
	all, err := readMigrations(files)
	if err != nil {
		return err
	}
	states, err := status(ctx, conn, all)
	if err != nil {
		return err
	}
	if err := checkKnown(states); err != nil {
		return err
	}
	if !opts.DryRun {
		if err := conn.Exec(ctx, opts.rewrite(createRecord)); err != nil {
			return fmt.Errorf("create table schema_migrations: %w", err)
		}
	}
	for i, m := range all {
		if states[i].Applied {
			continue
		}
		if err := apply(ctx, conn, m, states[i].Done, opts); err != nil {
			return err
		}
	}
	return nil
}

// apply runs the statements of m from step done on.
func apply(ctx context.Context, conn driver.Conn, m migration, done int, opts MigrateOptions) error {
	if opts.DryRun {
		opts.Log.Info("clickhouse migration would be applied", "migration", m.name, "statements", len(m.statements)-done)
		return nil
	}
	start := time.Now()
	for step := done; step < len(m.statements); step++ {
		if err := conn.Exec(ctx, opts.rewrite(m.statements[step])); err != nil {
			return fmt.Errorf("apply clickhouse migration %s, statement %d: %w", m.name, step+1, err)
		}
		err := conn.Exec(ctx, `INSERT INTO schema_migrations (version, step, steps, name, checksum, applied_at) VALUES ($1, $2, $3, $4, $5, now64(3))`,
			m.version, uint32(step+1), uint32(len(m.statements)), m.name, m.checksum)
		if err != nil {
			return fmt.Errorf("record clickhouse migration %s, statement %d: %w", m.name, step+1, err)
		}
	}
	opts.Log.Info("clickhouse migration applied", "migration", m.name, "statements", len(m.statements)-done, "took", time.Since(start).Round(time.Millisecond).String())
	return nil
}

// Status returns the state of every migration in files, by version, and then of those that
// only the database knows.
func Status(ctx context.Context, conn driver.Conn, files fs.FS) ([]State, error) {
	all, err := readMigrations(files)
	if err != nil {
		return nil, err
	}
	return status(ctx, conn, all)
}

func status(ctx context.Context, conn driver.Conn, all []migration) ([]State, error) {
	states := make([]State, len(all))
	place := make(map[uint32]int, len(all))
	for i, m := range all {
		place[m.version] = i
		states[i] = State{Version: m.version, Name: m.name, Known: true, Steps: len(m.statements)}
	}
	var exists uint8
	if err := conn.QueryRow(ctx, `EXISTS TABLE schema_migrations`).Scan(&exists); err != nil {
		return nil, fmt.Errorf("look for table schema_migrations: %w", err)
	}
	if exists == 0 {
		return states, nil
	}
	rows, err := conn.Query(ctx, `SELECT version, any(name), anyLast(checksum), max(steps), uniqExact(step), max(applied_at)
		FROM schema_migrations GROUP BY version ORDER BY version`)
	if err != nil {
		return nil, fmt.Errorf("read table schema_migrations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var version, steps uint32
		var done uint64
		var name, checksum string
		var at time.Time
		if err := rows.Scan(&version, &name, &checksum, &steps, &done, &at); err != nil {
			return nil, fmt.Errorf("read table schema_migrations: %w", err)
		}
		s := State{Version: version, Name: name, Steps: int(steps), Done: int(done)}
		if i, ok := place[version]; ok {
			s.Known, s.Name, s.Changed = true, all[i].name, all[i].checksum != checksum
			s.Steps = len(all[i].statements)
			states[i] = finish(s, at)
			continue
		}
		states = append(states, finish(s, at))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read table schema_migrations: %w", err)
	}
	return states, nil
}

func finish(s State, at time.Time) State {
	if s.Done >= s.Steps {
		s.Applied, s.AppliedAt = true, at
	}
	return s
}

// CheckSchema returns an error unless the database has exactly the migrations in files. The
// error names the command that helps.
func CheckSchema(ctx context.Context, conn driver.Conn, files fs.FS) error {
	states, err := Status(ctx, conn, files)
	if err != nil {
		return fmt.Errorf("check clickhouse schema: %w", err)
	}
	if err := checkKnown(states); err != nil {
		return err
	}
	for _, s := range states {
		if !s.Applied {
			return fmt.Errorf("clickhouse lacks migration %s: run `noctra migrate up` first", s.Name)
		}
	}
	return nil
}

func checkKnown(states []State) error {
	var errs []error
	for _, s := range states {
		switch {
		case !s.Known:
			errs = append(errs, fmt.Errorf("clickhouse has migration %s, which this program does not know: use the newer noctra that applied it", s.Name))
		case s.Changed:
			errs = append(errs, fmt.Errorf("clickhouse migration %s was applied with another content than this program has: use the noctra that applied it", s.Name))
		}
	}
	return errors.Join(errs...)
}
