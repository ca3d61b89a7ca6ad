package send

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
)

const mostWoken = 2000 // rows at a time

// loseLeases ends attempts that have no answer after their lease, and gives their rows back: the very same
// is sent again.
func (s *Sender) loseLeases(ctx context.Context) (lost int, err error) {
	for {
		found := true
		err = pgx.BeginFunc(ctx, s.postgres, func(tx pgx.Tx) error {
			found, err = s.loseLease(ctx, tx)
			return err
		})
		if err != nil {
			return lost, fmt.Errorf("end attempts without an answer: %w", err)
		}
		if !found {
			return lost, nil
		}
		lost++
	}
}

func (s *Sender) loseLease(ctx context.Context, tx pgx.Tx) (found bool, err error) {
	b := batch{from: schema.UploadSending}
	var kind, way string
	err = tx.QueryRow(ctx, `UPDATE upload_attempts SET state = 'lost', answered_at = clock_timestamp(), code = $1
WHERE id = (SELECT id FROM upload_attempts WHERE state = 'sending' AND lease_until < clock_timestamp() ORDER BY lease_until LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) RETURNING id, kind, transport`,
		schema.ReasonAnswerLost).Scan(&b.attempt, &kind, &way)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	b.adjustments = kind != "conversion"
	rows, err := readRows(ctx, tx, &b)
	if err != nil {
		return false, err
	}
	for _, r := range rows { // a part of a file that was not offered was not served
		b.fates = append(b.fates, fate{state: schema.UploadReady, reason: schema.ReasonAnswerLost, after: s.rest(1), cohort: r.cohort, code: schema.ReasonAnswerLost, thaw: way == byFile})
	}
	return true, b.keep(ctx, tx)
}

// wake makes ready what waited until now to be sent once more.
func (s *Sender) wake(ctx context.Context) (woken int64, err error) {
	for _, statement := range []string{
		`UPDATE conversions SET state = 'ready', next_at = NULL WHERE id IN (SELECT id FROM conversions
WHERE stage IN ('waiting', 'unknown') AND next_at <= now() AND next_at IS NOT NULL AND attempts > 0 ORDER BY next_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED)`,
		`UPDATE adjustments SET state = 'ready', next_at = NULL WHERE id IN (SELECT a.id FROM adjustments a JOIN conversions c ON c.id = a.conversion_id
WHERE a.state IN ('waiting', 'unknown') AND a.next_at <= now() AND a.next_at IS NOT NULL AND a.attempts > 0 AND c.state = 'accepted'
  AND NOT EXISTS (SELECT FROM adjustments e WHERE e.conversion_id = a.conversion_id AND e.id <> a.id AND e.state IN ('ready', 'sending', 'received', 'unknown'))
ORDER BY a.next_at LIMIT $1 FOR NO KEY UPDATE OF c, a SKIP LOCKED)`,
	} {
		tag, err := s.postgres.Exec(ctx, statement, mostWoken)
		if err != nil {
			return woken, fmt.Errorf("wake rows: %w", err)
		}
		woken += tag.RowsAffected()
	}
	return woken, nil
}
