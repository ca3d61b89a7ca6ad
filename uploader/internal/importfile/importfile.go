// Package importfile is the way to Google without any API: conversions stand in a file that Google Ads
// fetches on its own schedule from the admin service.
//
// A conversion in it changes with its sale, and leaves it where something holds it, until it was fetched.
//
// It says which conversions stand in the file (table import_files), and, when the file was fetched, that
// Google has received them: what became of them Google does not say. The file itself is written by
// package importcsv when it is served. Google's format has no place for hashed identifiers, and takes
// adjustments in another file alone, which is not made.
package importfile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// Most is how many conversions a part of the file has.
const Most = 2000

// atOnce is how many parts are looked after in one transaction.
const atOnce = 100

// Transport is the file. It is safe for several goroutines and processes.
type Transport struct {
	pool *pgxpool.Pool
	now  func() time.Time
}

// New returns the file that is kept in a database.
func New(pool *pgxpool.Pool, now func() time.Time) *Transport {
	return &Transport{pool: pool, now: now}
}

// Name implements transport.Transport.
func (t *Transport) Name() string { return "file" }

// Most implements transport.Transport.
func (t *Transport) Most(kind transport.Kind) int {
	if kind == transport.Conversion {
		return Most
	}
	return 0
}

// Send implements transport.Transport: the rows of the attempt stand in the file from now on.
func (t *Transport) Send(ctx context.Context, r *transport.Request) (transport.Answer, error) {
	if r.Kind != transport.Conversion || len(r.Rows) == 0 || len(r.Rows) > Most {
		return transport.Answer{}, fmt.Errorf("%d rows of %s: the file takes 1 to %d conversions", len(r.Rows), r.Kind, Most)
	}
	for i := range r.Rows {
		if r.Rows[i].ClickKind == "" {
			return transport.Answer{}, fmt.Errorf("row %d: the file takes conversions of clicks alone", i)
		}
	}
	if r.ValidateOnly {
		return transport.Answer{Final: true, Rows: make([]transport.Outcome, len(r.Rows))}, nil
	}
	_, err := t.pool.Exec(ctx, `INSERT INTO import_files (attempt_id, connection_id, made_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, r.AttemptID, r.To.ConnectionID, t.now())
	if err != nil {
		return transport.Answer{}, fmt.Errorf("put into file: %w", err)
	}
	return transport.Answer{Offered: true}, nil
}

var errNothingToAsk = errors.New("google says nothing of files that it fetches: there is no status to ask for")

// Ask implements transport.Transport. What was fetched is found by Collect.
func (t *Transport) Ask(context.Context, transport.Destination, string) (transport.Status, error) {
	return transport.Status{}, errNothingToAsk
}

// Payload implements transport.Transport: the columns of the row.
func (t *Transport) Payload(r *transport.Request, row int) ([]byte, error) {
	one := &r.Rows[row]
	columns := map[string]string{"Order ID": one.TransactionID, "Conversion Time": one.OccurredAt.UTC().Format(time.DateTime), clickColumns[one.ClickKind]: schema.Mask(one.ClickValue)}
	if one.HasValue {
		columns["Conversion Value"], columns["Conversion Currency"] = one.Value.String(), one.Currency
	}
	return json.Marshal(columns)
}

var clickColumns = map[string]string{"gclid": "Google Click ID", "gbraid": "GBRAID", "wbraid": "WBRAID"}

// collect moves what stood in parts that were fetched, and keeps of each row what it was by then: it changed
// with its sale until it was fetched, and is frozen since. What is on hold meanwhile was not served.
const collect = `WITH fetched AS (
  SELECT a.id, f.fetched_at FROM upload_attempts a JOIN import_files f ON f.attempt_id = a.id
  WHERE a.state = 'offered' AND f.fetched_at IS NOT NULL ORDER BY a.id LIMIT $1 FOR UPDATE OF a SKIP LOCKED),
moved AS (
  UPDATE conversions c SET state = 'received', reason = 'fetched', detail = '', next_at = NULL, frozen_at = coalesce(c.frozen_at, fetched.fetched_at) FROM fetched
  WHERE c.attempt_id = fetched.id AND c.state = 'waiting' AND c.reason = 'in_file' RETURNING c.*),
told AS (
  UPDATE upload_rows u SET payload = coalesce(m.columns, u.payload), message = CASE WHEN m.columns IS NULL THEN 'It was taken out of the file before Google fetched it' ELSE '' END
  FROM upload_rows r JOIN fetched ON fetched.id = r.attempt_id
  LEFT JOIN (SELECT id, ` + columns + ` AS columns FROM moved) m ON m.id = r.conversion_id
  WHERE u.attempt_id = r.attempt_id AND u.number = r.number),
ended AS (
  UPDATE upload_attempts a SET state = 'received', answered_at = fetched.fetched_at, final_at = $2 FROM fetched WHERE a.id = fetched.id RETURNING a.id)
SELECT (SELECT count(*) FROM ended), (SELECT count(*) FROM moved)`

// columns are what Payload makes, of a conversion in Postgres.
const columns = `jsonb_strip_nulls(jsonb_build_object('Order ID', transaction_id, 'Conversion Time', to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
    CASE click_kind WHEN 'gclid' THEN 'Google Click ID' ELSE upper(click_kind) END, CASE WHEN length(click_value) < 16 THEN left(click_value, least(2, length(click_value) / 3)) || '…' ELSE left(click_value, 4) || '…' || right(click_value, 4) END,
    'Conversion Value', (SELECT CASE WHEN scale(v) < 2 THEN round(v, 2) ELSE v END::text FROM trim_scale(value / 1000000.0) v), 'Conversion Currency', nullif(currency, '')))`

// Collect moves conversions that Google has fetched to received, and returns how many there were.
func (t *Transport) Collect(ctx context.Context) (conversions int, err error) {
	for {
		var parts, moved int
		if err := t.pool.QueryRow(ctx, collect, atOnce, t.now()).Scan(&parts, &moved); err != nil {
			return conversions, fmt.Errorf("collect what was fetched: %w", err)
		}
		conversions += moved
		if parts < atOnce {
			return conversions, nil
		}
	}
}
