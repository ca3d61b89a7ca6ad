package bench

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/argon2"
)

const (
	benchPassword = "quite a few words in a row"
	busyMembers   = 400 // of the workspace that is walked
	busySites     = 300
	busyAudit     = 5000
)

// town is what settle made. Its first person owns a busy workspace, and belongs to twenty in all.
type town struct {
	person, workspace, site int64 // the first of each
	session                 string
	people                  int
}

// email of one of the people, from 1 on.
func (t *town) email(i int) string { return fmt.Sprintf("p%d@bench.example", i) }

// settle fills Postgres. Everybody has the same password, hashed at the cost of the product.
func settle(ctx context.Context, db *pgx.Conn, options AdminOptions) (*town, error) {
	t := &town{session: fmt.Sprintf("%043d", 7), people: options.Accounts}
	token := sha256.Sum256([]byte(t.session))
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		run := func(sql string, args ...any) error {
			if _, err := tx.Exec(ctx, sql, args...); err != nil {
				return fmt.Errorf("make people, %.60s: %w", sql, err)
			}
			return nil
		}
		for _, s := range seeds(options, token[:]) {
			if err := run(s.sql, s.args...); err != nil {
				return err
			}
		}
		return tx.QueryRow(ctx, `SELECT (SELECT min(id) FROM accounts WHERE email LIKE '%@bench.example'), (SELECT min(id) FROM workspaces WHERE name LIKE 'Bench %'),
			(SELECT min(id) FROM sites WHERE name LIKE 'Bench %')`).Scan(&t.person, &t.workspace, &t.site)
	})
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec(ctx, `VACUUM ANALYZE`); err != nil {
		return nil, fmt.Errorf("make people, analyze: %w", err)
	}
	return t, nil
}

type seed struct {
	sql  string
	args []any
}

// numbered are the rows of accounts and workspaces with the numbers that seeds count by.
const numbered = `WITH a AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM accounts WHERE email LIKE '%@bench.example'),
	w AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM workspaces WHERE name LIKE 'Bench %') `

// seeds are the statements in their order. The audit is written without its chain, which would hash one
// entry after the other.
func seeds(o AdminOptions, token []byte) []seed {
	hash := phc(benchPassword)
	spread := max(o.Sites-busySites, 0)
	return []seed{
		{`INSERT INTO accounts (email, name, password_hash, created_at) SELECT 'p' || i || '@bench.example', 'Person ' || i, $1, now() FROM generate_series(1, $2::int) i`, []any{hash, o.Accounts}},
		{`INSERT INTO workspaces (name) SELECT 'Bench ' || i FROM generate_series(1, $1::int) i`, []any{o.Workspaces}},
		{numbered + `INSERT INTO members (workspace_id, account_id, role) SELECT w.id, a.id, CASE WHEN a.n <= $1 THEN 'owner' ELSE 'analyst' END FROM a JOIN w ON w.n = 1 + (a.n - 1) % $1::int`, []any{o.Workspaces}},
		{numbered + `INSERT INTO members (workspace_id, account_id, role) SELECT w.id, a.id, 'analyst' FROM a JOIN w ON w.n = 1 WHERE a.n BETWEEN 2 AND $1::int ON CONFLICT DO NOTHING`, []any{busyMembers}},
		{numbered + `INSERT INTO members (workspace_id, account_id, role) SELECT w.id, a.id, 'admin' FROM a JOIN w ON w.n BETWEEN 2 AND 20 WHERE a.n = 1 ON CONFLICT DO NOTHING`, nil},
		{numbered + `INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key)
			SELECT w.id, 'nst_' || md5(i::text), 'Bench ' || i, ARRAY['s' || i || '.example', '*.s' || i || '.example'], (ARRAY['UTC', 'Europe/Berlin', 'America/New_York'])[1 + i % 3], 'EUR', sha256(i::text::bytea)
			FROM generate_series(1, $1::int + $2::int) i JOIN w ON w.n = CASE WHEN i <= $2 THEN 1 ELSE 1 + i % $3::int END`, []any{spread, min(busySites, o.Sites), o.Workspaces}},
		{numbered + `INSERT INTO server_keys (workspace_id, name, key_hash) SELECT w.id, 'Shop', sha256(convert_to('s' || w.n || ' ' || i, 'UTF8')) FROM w, generate_series(1, 5) i`, nil},
		{numbered + `INSERT INTO api_keys (workspace_id, name, key_hash) SELECT w.id, 'Reports', sha256(convert_to('a' || w.n || ' ' || i, 'UTF8')) FROM w, generate_series(1, 3) i`, nil},
		{numbered + `INSERT INTO invitations (workspace_id, email, role, token_hash, created_at, sent_at, expires_at)
			SELECT w.id, 'i' || i || '@bench.example', 'analyst', sha256(convert_to(w.n || ' ' || i, 'UTF8')), now(), now(), now() + interval '7 days' FROM w, generate_series(1, 50) i WHERE w.n = 1 OR i < 4`, nil},
		{numbered + `INSERT INTO sessions (token_hash, account_id, created_at, last_seen_at, expires_at) SELECT sha256(convert_to('t' || a.n, 'UTF8')), a.id, now(), now(), now() + interval '30 days' FROM a`, nil},
		{numbered + `INSERT INTO sessions (token_hash, account_id, created_at, last_seen_at, expires_at) SELECT $1, a.id, now(), now(), now() + interval '30 days' FROM a WHERE a.n = 1`, []any{token}},
		{numbered + `INSERT INTO mail_outbox (message_id, kind, recipient, account_id, created_at, next_at, sent_at) SELECT 'bench-' || a.n, 'password_changed', 'p' || a.n || '@bench.example', a.id, now(), now(), now() FROM a`, nil},
		{`ALTER TABLE audit DISABLE TRIGGER USER`, nil},
		{numbered + `INSERT INTO audit (workspace_id, seq, at, account_id, action, address, details, hash)
			SELECT w.id, i, now() - i * interval '1 hour', (SELECT min(id) FROM a), 'server_key.created', '203.0.113.7', '{}', sha256('') FROM w, generate_series(1, $1::int) i WHERE w.n = 1 OR i <= 20`, []any{busyAudit}},
		{`ALTER TABLE audit ENABLE TRIGGER USER`, nil},
	}
}

// phc is the hash of a password as the admin service keeps it: argon2id, 19 MiB, two passes, one lane.
func phc(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails: the program ends instead
	key := argon2.IDKey([]byte(password), salt, 2, 19*1024, 1, 32)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=19456,t=2,p=1$%s$%s", argon2.Version, encode(salt), encode(key))
}
