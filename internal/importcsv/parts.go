package importcsv

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
)

// Again is for how long a part that was fetched is served again: Google may have failed after it had
// everything, and takes a row that it has for a duplicate.
const Again = 24 * time.Hour

// Served is what a file was made of.
type Served struct {
	Attempts []int64 // parts of the file
	Rows     int
	LeftOut  int // rows that the format does not hold
	Bytes    int64
}

const selectParts = `SELECT coalesce(array_agg(f.attempt_id ORDER BY f.attempt_id), '{}') FROM import_files f JOIN upload_attempts a ON a.id = f.attempt_id
WHERE f.connection_id = $1 AND a.state IN ('offered', 'received') AND coalesce(f.fetched_at > $2, true)`

const selectRows = `SELECT coalesce(c.click_kind, ''), coalesce(c.click_value, ''), m.action_name, c.occurred_at, c.value, c.currency, c.transaction_id, c.consent_user_data, c.consent_personal
FROM conversions c JOIN conversion_actions m ON m.id = c.mapping_id
WHERE c.attempt_id = ANY($1) AND c.state IN ('waiting', 'received') AND c.reason IN ('in_file', 'fetched') ORDER BY c.attempt_id, c.id`

// Write writes the file of a connection as it is now, row by row. What was written to its end is to be
// kept with Fetched.
func Write(ctx context.Context, tx pgx.Tx, connection int64, now time.Time, to io.Writer) (served Served, err error) {
	if err := tx.QueryRow(ctx, selectParts, connection, now.Add(-Again)).Scan(&served.Attempts); err != nil {
		return served, fmt.Errorf("read parts of file: %w", err)
	}
	rows, err := tx.Query(ctx, selectRows, served.Attempts)
	if err != nil {
		return served, fmt.Errorf("read rows of file: %w", err)
	}
	defer rows.Close()
	out := bufio.NewWriter(to)
	line := append(make([]byte, 0, 1<<10), Head...)
	for {
		n, err := out.Write(line)
		served.Bytes += int64(n)
		if err != nil {
			return served, fmt.Errorf("write file: %w", err)
		}
		if !rows.Next() {
			break
		}
		var r Row
		var value *int64
		if err := rows.Scan(&r.ClickKind, &r.ClickValue, &r.ActionName, &r.OccurredAt, &value, &r.Currency, &r.TransactionID, &r.UserData, &r.Personal); err != nil {
			return served, fmt.Errorf("read row of file: %w", err)
		}
		r.Value = (*schema.Micros)(value)
		if line, err = r.Append(line[:0]); err != nil {
			served.LeftOut++
			continue
		}
		served.Rows++
	}
	if err := rows.Err(); err != nil {
		return served, fmt.Errorf("read rows of file: %w", err)
	}
	if err := out.Flush(); err != nil {
		return served, fmt.Errorf("write file: %w", err)
	}
	return served, nil
}

// Fetched keeps that a file was fetched to its end, and by whom.
func Fetched(ctx context.Context, tx pgx.Tx, connection int64, served Served, agent string, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO import_fetches (connection_id, at, agent, rows, bytes, attempt_ids) VALUES ($1, $2, $3, $4, $5, $6)`,
		connection, now, agent, served.Rows, min(served.Bytes, 1<<31-1), served.Attempts)
	if err == nil { // from now on they are what Google has
		_, err = tx.Exec(ctx, `UPDATE conversions SET frozen_at = $2 WHERE attempt_id = ANY($1) AND state = 'waiting' AND reason = 'in_file' AND frozen_at IS NULL`, served.Attempts, now)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE import_files SET fetched_at = $2 WHERE attempt_id = ANY($1) AND fetched_at IS NULL`, served.Attempts, now)
	}
	if err != nil {
		return fmt.Errorf("keep fetch of file: %w", err)
	}
	return nil
}
