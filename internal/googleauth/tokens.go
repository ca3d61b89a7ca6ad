package googleauth

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/internal/envelope"
	"noctra/schema"
)

// spare is how long an access token still has to be good when it is given out.
const spare = 2 * time.Minute

// Codes of schema.ReasonOf with which a connection needs a person.
const (
	CodeInvalidGrant  = "INVALID_GRANT"
	CodeMissingScopes = "MISSING_SCOPES"
)

// Refused says that Google does not let a connection in until a person has done something.
type Refused struct{ Code, Message string }

// Error implements error.
func (r *Refused) Error() string { return "google refuses the connection: " + r.Code }

// RefreshPlace and AccessPlace are where sealed tokens of a connection stand; see package envelope.
func RefreshPlace(connection int64) string {
	return "google_connections.refresh_token:" + strconv.FormatInt(connection, 10)
}

// AccessPlace is where the access token stands.
func AccessPlace(connection int64) string {
	return "google_connections.access_token:" + strconv.FormatInt(connection, 10)
}

// Tokens gives tokens of connections. It is safe for concurrent use, and for several processes.
type Tokens struct {
	pool   *pgxpool.Pool
	ring   *envelope.Ring
	client *Client
	now    func() time.Time
	asking chan struct{} // a place for each who asks Google: each holds a connection of the pool, and others need some
}

// NewTokens returns tokens out of the connections of a database.
func NewTokens(pool *pgxpool.Pool, ring *envelope.Ring, client *Client) *Tokens {
	return &Tokens{pool: pool, ring: ring, client: client, now: client.now, asking: make(chan struct{}, max(pool.Config().MaxConns/2, 1))}
}

// Open prepares tokens out of the settings alone. It needs a client and the file of keys.
func Open(config Config, pool *pgxpool.Pool, now func() time.Time) (*Tokens, error) {
	client, err := NewClient(config, now)
	if err != nil {
		return nil, err
	}
	ring, err := envelope.Open(config.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("--google-key-file: %w", err)
	}
	return NewTokens(pool, ring, client), nil
}

// row is what there is of a connection.
type row struct {
	state, problem  string
	refresh, access []byte
	until           *time.Time
	scopes          []string
}

const selectRow = `SELECT state, coalesce(problem, ''), refresh_token, access_token, access_until, scopes FROM google_connections WHERE id = $1`

type rowQuerier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func readRow(ctx context.Context, q rowQuerier, connection int64, lock string) (r row, err error) {
	err = q.QueryRow(ctx, selectRow+lock, connection).Scan(&r.state, &r.problem, &r.refresh, &r.access, &r.until, &r.scopes)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, &Refused{Code: schema.ReasonReconnect, Message: "the connection is gone"}
	}
	if err != nil {
		return r, fmt.Errorf("read connection %d: %w", connection, err)
	}
	if r.state == "disconnected" || r.state == "needs_reconnecting" || r.refresh == nil {
		code := r.problem
		if code == "" {
			code = schema.ReasonReconnect
		}
		return r, &Refused{Code: code, Message: "the connection is " + strings.ReplaceAll(r.state, "_", " ")}
	}
	return r, nil
}

// Token returns an access token that is good for some minutes. Its errors wrap *Refused where a person
// has to do something.
func (t *Tokens) Token(ctx context.Context, connection int64) (string, error) {
	r, err := readRow(ctx, t.pool, connection, "")
	if err != nil {
		return "", err
	}
	if t.good(&r) {
		return t.unseal(&r, connection)
	}
	return t.refresh(ctx, connection)
}

func (t *Tokens) good(r *row) bool {
	return r.access != nil && r.until != nil && r.until.After(t.now().Add(spare))
}

func (t *Tokens) unseal(r *row, connection int64) (string, error) {
	token, err := t.ring.Unseal(r.access, AccessPlace(connection))
	if err != nil {
		return "", fmt.Errorf("access token: %w", err)
	}
	return string(token), nil
}

// refresh asks Google for a token while it holds the row: whoever waits for it finds the new one. What
// Google refused is written down against the very token that was refused.
func (t *Tokens) refresh(ctx context.Context, connection int64) (token string, err error) {
	select {
	case t.asking <- struct{}{}:
		defer func() { <-t.asking }()
	case <-ctx.Done():
		return "", fmt.Errorf("token: %w", ctx.Err())
	}
	var refused *Refused
	err = pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		r, err := readRow(ctx, tx, connection, " FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		if t.good(&r) {
			token, err = t.unseal(&r, connection)
			return err
		}
		old, err := t.ring.Unseal(r.refresh, RefreshPlace(connection))
		if err != nil {
			return fmt.Errorf("refresh token: %w", err)
		}
		g, err := t.client.Refresh(ctx, string(old))
		if InvalidGrant(err) {
			refused = &Refused{Code: CodeInvalidGrant, Message: "the consent was revoked or has run out"}
			return t.end(ctx, tx, connection, refused)
		}
		if err != nil {
			return err
		}
		if missing := g.Lacks(); g.Scopes != nil && len(missing) > 0 {
			refused = &Refused{Code: CodeMissingScopes, Message: strings.Join(missing, " ")}
			return t.end(ctx, tx, connection, refused)
		}
		token = g.Access
		return t.keep(ctx, tx, connection, g)
	})
	if err == nil && refused != nil {
		err = refused
	}
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	return token, nil
}

// Sealed are tokens as they are kept.
type Sealed struct {
	Refresh []byte // nil where there is no new one
	Access  []byte
	Until   time.Time
}

// Seal seals what Google gave for a connection.
func (t *Tokens) Seal(connection int64, g Grant) (s Sealed, err error) {
	s.Until = g.Until
	if g.Refresh != "" {
		if s.Refresh, err = t.ring.Seal([]byte(g.Refresh), RefreshPlace(connection)); err != nil {
			return s, err
		}
	}
	s.Access, err = t.ring.Seal([]byte(g.Access), AccessPlace(connection))
	return s, err
}

func (t *Tokens) keep(ctx context.Context, tx pgx.Tx, connection int64, g Grant) error {
	s, err := t.Seal(connection, g)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE google_connections SET access_token = $2, access_until = $3, refresh_token = coalesce($4, refresh_token) WHERE id = $1`,
		connection, s.Access, s.Until, s.Refresh)
	if err != nil {
		return fmt.Errorf("keep token: %w", err)
	}
	return nil
}

// end writes that a connection has to be made again. The token that Google refuses stays, for the
// revocation at Google; nothing uses it.
func (t *Tokens) end(ctx context.Context, tx pgx.Tx, connection int64, why *Refused) error {
	_, err := tx.Exec(ctx, `UPDATE google_connections SET state = 'needs_reconnecting', problem = $2, problem_detail = $3, problem_at = $4, told_at = NULL,
		access_token = NULL, access_until = NULL, version = version + 1, changed_at = $4 WHERE id = $1`, connection, why.Code, why.Message, t.now())
	if err != nil {
		return fmt.Errorf("note end of consent: %w", err)
	}
	return nil
}

// Drop says that Google did not take a token that was given: the next one is another.
func (t *Tokens) Drop(ctx context.Context, connection int64, token string) error {
	r, err := readRow(ctx, t.pool, connection, "")
	if err != nil || r.access == nil {
		return err
	}
	if have, err := t.unseal(&r, connection); err == nil && have != token {
		return nil // somebody was faster
	}
	_, err = t.pool.Exec(ctx, `UPDATE google_connections SET access_token = NULL, access_until = NULL WHERE id = $1 AND access_token = $2`, connection, r.access)
	if err != nil {
		return fmt.Errorf("drop token: %w", err)
	}
	return nil
}

// Refresher returns the token with which a consent is taken back, empty for none.
func (t *Tokens) Refresher(sealed []byte, connection int64) (string, error) {
	if sealed == nil {
		return "", nil
	}
	token, err := t.ring.Unseal(sealed, RefreshPlace(connection))
	if err != nil {
		return "", fmt.Errorf("refresh token: %w", err)
	}
	return string(token), nil
}

// Execer is what Note writes with: a pool or a transaction.
type Execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Note counts an access to Google's data by purpose and hour (google_accesses).
func Note(ctx context.Context, db Execer, connection int64, purpose string, at time.Time) error {
	_, err := db.Exec(ctx, `INSERT INTO google_accesses (connection_id, purpose, at) VALUES ($1, $2, date_trunc('hour', $3::timestamptz, 'UTC'))
		ON CONFLICT (connection_id, purpose, at) DO UPDATE SET calls = google_accesses.calls + 1`, connection, purpose, at)
	if err != nil {
		return fmt.Errorf("count access to google: %w", err)
	}
	return nil
}
