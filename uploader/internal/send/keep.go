package send

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
)

// moveRows gives each row of an attempt its place, as long as the row is where the attempt left it.
const moveRows = `UPDATE %[1]s r SET state = n.state, state_at = CASE WHEN r.state = n.state THEN r.state_at ELSE now() END, reason = n.reason, detail = n.detail, cohort = n.cohort,
  next_at = CASE WHEN n.seconds > 0 THEN now() + make_interval(secs => n.seconds) END,
  frozen_at = CASE WHEN NOT n.thaw THEN r.frozen_at END %[2]s
FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::float8[], $9::boolean[], $10::boolean[]) AS n (id, state, reason, detail, cohort, seconds, thaw, elsewhere)
WHERE r.id = n.id AND r.attempt_id = $1 AND r.state = $2`

var (
	moveAdjustments = fmt.Sprintf(moveRows, "adjustments", "")
	moveConversions = fmt.Sprintf(moveRows, "conversions", `,
  google_value = CASE WHEN n.state = 'accepted' AND NOT n.elsewhere THEN r.value ELSE r.google_value END,
  google_currency = CASE WHEN n.state = 'accepted' AND NOT n.elsewhere THEN nullif(r.currency, '') ELSE r.google_currency END`)
)

// keep writes the fates, and what follows from rows that have come to an end. Conversions are locked before
// their adjustments and in the order of their ids, as package decide does.
func (b *batch) keep(ctx context.Context, tx pgx.Tx) error {
	if len(b.marks) == 0 {
		return nil
	}
	move := moveConversions
	if b.adjustments {
		move = moveAdjustments
	}
	if err := b.lock(ctx, tx); err != nil {
		return err
	}
	n := len(b.marks)
	ids, states, reasons, details := make([]int64, n), make([]string, n), make([]string, n), make([]string, n)
	cohorts, seconds, thaws, elsewhere := make([]int64, n), make([]float64, n), make([]bool, n), make([]bool, n)
	for i, f := range b.fates {
		ids[i], states[i], reasons[i], details[i] = b.marks[i].id, string(f.state), f.reason, f.detail
		cohorts[i], seconds[i], thaws[i], elsewhere[i] = f.cohort, f.after.Seconds(), f.thaw, f.elsewhere
	}
	if _, err := tx.Exec(ctx, move, b.attempt, string(b.from), ids, states, reasons, details, cohorts, seconds, thaws, elsewhere); err != nil {
		return fmt.Errorf("move rows: %w", err)
	}
	if err := b.keepCodes(ctx, tx); err != nil {
		return err
	}
	return b.end(ctx, tx)
}

func (b *batch) ids(in func(fate) bool) (ids []int64) {
	for i, f := range b.fates {
		if in(f) {
			ids = append(ids, b.marks[i].id)
		}
	}
	return ids
}

func (b *batch) lock(ctx context.Context, tx pgx.Tx) error {
	const conversions = `SELECT FROM conversions WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE`
	const ofAdjustments = `SELECT FROM conversions WHERE id IN (SELECT conversion_id FROM adjustments WHERE id = ANY($1)) ORDER BY id FOR NO KEY UPDATE`
	statement := conversions
	if b.adjustments {
		statement = ofAdjustments
	}
	if _, err := tx.Exec(ctx, statement, b.ids(func(fate) bool { return true })); err != nil {
		return fmt.Errorf("lock conversions: %w", err)
	}
	return nil
}

// keepCodes writes Google's code beside what was sent of each row.
func (b *batch) keepCodes(ctx context.Context, tx pgx.Tx) error {
	var ids []int64
	var codes, messages []string
	for i, f := range b.fates {
		if f.code != "" {
			ids, codes, messages = append(ids, b.marks[i].id), append(codes, f.code), append(messages, f.detail)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	column := "conversion_id"
	if b.adjustments {
		column = "adjustment_id"
	}
	_, err := tx.Exec(ctx, `UPDATE upload_rows r SET code = n.code, message = n.message FROM unnest($2::bigint[], $3::text[], $4::text[]) AS n (id, code, message)
WHERE r.attempt_id = $1 AND r.`+column+` = n.id`, b.attempt, ids, codes, messages)
	if err != nil {
		return fmt.Errorf("write codes of rows: %w", err)
	}
	return nil
}

// end brings on what waited for the rows that have come to an end.
func (b *batch) end(ctx context.Context, tx pgx.Tx) error {
	accepted := b.ids(func(f fate) bool { return f.state == schema.UploadAccepted && !f.elsewhere })
	others := b.ids(func(f fate) bool {
		return f.state == schema.UploadRejected || f.state == schema.UploadSuperseded || f.elsewhere && f.reason == schema.CodeOtherOfClick
	})
	if !b.adjustments {
		return b.endConversions(ctx, tx, accepted, others)
	}
	if len(accepted) > 0 {
		_, err := tx.Exec(ctx, `UPDATE conversions c SET google_value = CASE a.kind WHEN 'restatement' THEN a.value WHEN 'retraction' THEN 0 ELSE c.google_value END,
  google_currency = CASE a.kind WHEN 'restatement' THEN a.currency ELSE c.google_currency END, retracted = c.retracted OR a.kind = 'retraction'
FROM adjustments a WHERE a.id = ANY($1) AND a.state = 'accepted' AND c.id = a.conversion_id AND c.state = 'accepted'`, accepted)
		if err != nil {
			return fmt.Errorf("keep what google has: %w", err)
		}
	}
	if err := leaveExpired(ctx, tx, b.ids(func(f fate) bool { return f.state == schema.UploadUnknown && f.reason == schema.CodeExpired })); err != nil {
		return err
	}
	return promote(ctx, tx, `SELECT conversion_id FROM adjustments WHERE id = ANY($1)`, slices.Concat(accepted, others))
}

// endConversions wakes the adjustments of what Google has, and leaves those of what it does not have from here.
func (b *batch) endConversions(ctx context.Context, tx pgx.Tx, accepted, others []int64) error {
	if err := leave(ctx, tx, others, schema.UploadSuperseded, schema.ReasonNotTaken); err != nil {
		return err
	}
	unknown := b.ids(func(f fate) bool { return f.elsewhere && f.reason != schema.CodeOtherOfClick })
	if err := leave(ctx, tx, unknown, schema.UploadHeld, schema.ReasonValueUnknown); err != nil {
		return err
	}
	return promote(ctx, tx, `SELECT unnest($1::bigint[])`, accepted)
}

// leave ends or holds the adjustments of conversions of which nothing can be adjusted.
func leave(ctx context.Context, tx pgx.Tx, conversions []int64, state schema.UploadState, reason string) error {
	if len(conversions) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE adjustments SET state = $2, reason = $3, next_at = NULL WHERE conversion_id = ANY($1) AND state IN ('waiting', 'ready') AND frozen_at IS NULL`,
		conversions, string(state), reason)
	if err != nil {
		return fmt.Errorf("leave adjustments of what google does not have from here: %w", err)
	}
	return nil
}

// leaveExpired holds the adjustments after those that Google may have, and answers for no more.
func leaveExpired(ctx context.Context, tx pgx.Tx, adjustments []int64) error {
	if len(adjustments) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT conversion_id FROM adjustments WHERE id = ANY($1)`, adjustments)
	if err != nil {
		return fmt.Errorf("read expired conversions: %w", err)
	}
	conversions, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("read expired conversions: %w", err)
	}
	return leave(ctx, tx, conversions, schema.UploadHeld, schema.CodeExpired)
}

// promote makes the first adjustment ready that waited for its conversion or for an earlier one.
func promote(ctx context.Context, tx pgx.Tx, conversions string, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE adjustments a SET state = 'ready', reason = '', detail = '', next_at = NULL
FROM conversions c WHERE c.id IN (`+conversions+`) AND c.state = 'accepted' AND a.conversion_id = c.id AND a.state = 'waiting' AND a.reason IN ($2, $3)
  AND NOT EXISTS (SELECT FROM adjustments e WHERE e.conversion_id = c.id AND e.number < a.number AND e.state NOT IN ('accepted', 'rejected', 'superseded')
    AND NOT (a.kind = 'enhancement' AND e.state = 'held' AND e.frozen_at IS NULL))
  AND NOT EXISTS (SELECT FROM adjustments e WHERE e.conversion_id = c.id AND e.id <> a.id AND e.state IN ('ready', 'sending', 'received', 'unknown'))`,
		ids, schema.ReasonNotAtGoogle, schema.ReasonEarlier)
	if err != nil {
		return fmt.Errorf("promote adjustments: %w", err)
	}
	return nil
}
