package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Grants say what the role of the services may do with the tables of the user that migrates.
type Grants struct {
	Role       string   // made where it is missing and the user may make roles; it cannot sign in by itself
	AppendOnly []string // tables of which it only reads and adds rows
	Log        *slog.Logger
}

// Codes of Postgres.
const (
	duplicateObject = "42710"
	uniqueViolation = "23505"
)

// Grant gives the role of the services what it needs, and takes away what it must not have. Where the
// role is missing and cannot be made, the log says how it is, and nothing else happens.
func Grant(ctx context.Context, config Config, g Grants) error {
	pool, err := config.Open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(7202611250047)`); err != nil { // grants of two at once collide
			return err
		}
		there, err := ensureRole(ctx, tx, g)
		if err != nil || !there {
			return err
		}
		return grant(ctx, tx, g)
	})
	if err != nil {
		return fmt.Errorf("grant rights to role %q: %w", g.Role, config.explain(err))
	}
	return nil
}

// ensureRole makes the role where it is missing, if the user may.
func ensureRole(ctx context.Context, tx pgx.Tx, g Grants) (there bool, err error) {
	var may bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1), (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user)`, g.Role).Scan(&there, &may)
	if err != nil || there {
		return there, err
	}
	name := pgx.Identifier{g.Role}.Sanitize()
	if !may {
		g.Log.Warn("the role of the services is missing and this user may not make it; services that connect as the owner of the tables can change the audit",
			"role", g.Role, "help", "CREATE ROLE "+name+"; and run noctra migrate up again")
		return false, nil
	}
	err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `CREATE ROLE `+name)
		return err
	})
	var known *pgconn.PgError
	if errors.As(err, &known) && (known.Code == duplicateObject || known.Code == uniqueViolation) {
		return true, nil // for another database of this server, at this moment
	}
	return err == nil, err
}

func grant(ctx context.Context, tx pgx.Tx, g Grants) error {
	var schema string
	if err := tx.QueryRow(ctx, `SELECT current_schema()`).Scan(&schema); err != nil {
		return err
	}
	name, in := pgx.Identifier{g.Role}.Sanitize(), pgx.Identifier{schema}.Sanitize()
	statements := []string{
		`GRANT USAGE ON SCHEMA ` + in + ` TO ` + name,
		`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ` + in + ` TO ` + name,
		`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ` + in + ` TO ` + name,
		`REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON goose_db_version FROM ` + name,
	}
	for _, table := range g.AppendOnly {
		statements = append(statements, `REVOKE UPDATE, DELETE, TRUNCATE ON `+pgx.Identifier{table}.Sanitize()+` FROM `+name)
	}
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
