package decide

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"noctra/schema"
)

// Codes of Postgres.
const (
	uniqueViolation = "23505"
	deadlock        = "40P01"
	serialization   = "40001"
)

const conversionColumns = `workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, value, currency, click_kind, click_value, clicked_at,
  email_hash, phone_hash, consent_user_data, consent_personal, state, reason, detail, next_at`

// insertConversions makes those whose transaction nobody has. The order is the same for everybody, so
// that two deciders do not wait for each other.
const insertConversions = `INSERT INTO conversions (` + conversionColumns + `)
SELECT ` + conversionColumns + ` FROM json_populate_recordset(NULL::conversions, $1)
ORDER BY workspace_id, site_id, action_id, transaction_id, sale_id
ON CONFLICT DO NOTHING
RETURNING sale_id, mapping_id`

const updateConversions = `UPDATE conversions c SET transaction_id = n.transaction_id, occurred_at = n.occurred_at, value = n.value, currency = n.currency, click_kind = n.click_kind,
  click_value = n.click_value, clicked_at = n.clicked_at, email_hash = n.email_hash, phone_hash = n.phone_hash, consent_user_data = n.consent_user_data,
  consent_personal = n.consent_personal, state = n.state, reason = n.reason, detail = n.detail, next_at = n.next_at
FROM json_populate_recordset(NULL::conversions, $1) n
WHERE c.id = n.id AND c.frozen_at IS NULL`

const stopConversions = `UPDATE conversions c SET state = n.state, reason = n.reason, detail = n.detail, next_at = n.next_at
FROM json_populate_recordset(NULL::conversions, $1) n
WHERE c.id = n.id AND c.frozen_at IS NOT NULL`

const pauseAdjustments = `UPDATE adjustments a SET state = n.state, reason = n.reason, detail = n.detail, next_at = n.next_at
FROM json_populate_recordset(NULL::adjustments, $1) n
WHERE a.id = n.id AND a.frozen_at IS NOT NULL`

const updateAdjustments = `UPDATE adjustments a SET state = n.state, reason = n.reason, detail = n.detail, next_at = n.next_at
FROM json_populate_recordset(NULL::adjustments, $1) n
WHERE a.id = n.id AND a.frozen_at IS NULL`

const insertAdjustments = `INSERT INTO adjustments (conversion_id, mapping_id, number, kind, refund_id, adjusted_at, value, currency, email_hash, phone_hash, state, reason, detail, next_at)
SELECT conversion_id, mapping_id, number, kind, refund_id, adjusted_at, value, currency, email_hash, phone_hash, state, reason, detail, next_at
FROM json_populate_recordset(NULL::adjustments, $1)`

// wakeRepeats has sales decided that stood back for a transaction id that is free now.
const wakeRepeats = `UPDATE sales s SET decide_at = now() FROM conversions c
WHERE c.sale_id = s.id AND s.id <> $1 AND c.workspace_id = $2 AND c.site_id = $3 AND c.transaction_id = $4 AND c.state = 'superseded' AND c.reason = '` + schema.ReasonOrderRepeated + `'`

// wakeLater has a later sale decided that has the transaction, and was not sent: by a corrected order it may have it no more.
const wakeLater = `UPDATE sales s SET decide_at = now() FROM conversions c
WHERE c.sale_id = s.id AND s.id > $1 AND c.workspace_id = $2 AND c.site_id = $3 AND c.transaction_id = $4 AND c.stage <> 'superseded' AND c.frozen_at IS NULL`

const doneSales = `UPDATE sales s SET decide_at = n.at FROM unnest($1::bigint[], $2::timestamptz[]) AS n (id, at) WHERE s.id = n.id`

// write keeps the changes, and says of each sale of the batch when it is decided again.
func (ch *changes) write(ctx context.Context, tx pgx.Tx, b *batch) error {
	steps := []struct {
		what, sql string
		rows      any
		n         int
	}{
		{"change conversions", updateConversions, ch.changed, len(ch.changed)},
		{"hold what was sent", stopConversions, ch.stopped, len(ch.stopped)},
		{"hold adjustments that were sent", pauseAdjustments, ch.paused, len(ch.paused)},
		{"take back adjustments", updateAdjustments, ch.back, len(ch.back)},
		{"make adjustments", insertAdjustments, ch.added, len(ch.added)},
	}
	for _, step := range steps {
		if step.n == 0 {
			continue
		}
		if err := execRows(ctx, tx, step.sql, step.rows); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	for _, c := range ch.renamed {
		if err := ch.rename(ctx, tx, c); err != nil {
			return fmt.Errorf("rename conversion: %w", err)
		}
	}
	if len(ch.gone) > 0 {
		if _, err := tx.Exec(ctx, `DELETE FROM conversions WHERE id = ANY($1)`, ch.gone); err != nil {
			return fmt.Errorf("delete conversions that stood back: %w", err)
		}
	}
	if err := ch.make(ctx, tx); err != nil {
		return fmt.Errorf("make conversions: %w", err)
	}
	if err := ch.done(ctx, tx, b); err != nil {
		return err
	}
	for _, c := range ch.freed {
		if _, err := tx.Exec(ctx, wakeRepeats, c.SaleID, c.WorkspaceID, c.SiteID, c.TransactionID); err != nil {
			return fmt.Errorf("wake sales with the same order: %w", err)
		}
	}
	for _, c := range ch.behind {
		if _, err := tx.Exec(ctx, wakeLater, c.SaleID, c.WorkspaceID, c.SiteID, c.TransactionID); err != nil {
			return fmt.Errorf("wake a later sale with the same order: %w", err)
		}
	}
	return nil
}

func execRows(ctx context.Context, tx pgx.Tx, sql string, rows any) error {
	text, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, sql, string(text))
	return err
}

// make inserts conversions; those whose transaction another sale has are made as superseded.
func (ch *changes) make(ctx context.Context, tx pgx.Tx) error {
	for left := ch.made; len(left) > 0; {
		text, err := json.Marshal(left)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, insertConversions, string(text))
		if err != nil {
			return err
		}
		type key struct{ Sale, Mapping int64 }
		made, err := pgx.CollectRows(rows, pgx.RowToStructByPos[key])
		if err != nil {
			return err
		}
		there := map[key]bool{}
		for _, k := range made {
			there[k] = true
		}
		var repeated []*conversion
		for _, c := range left {
			if there[key{c.SaleID, c.MappingID}] {
				continue
			}
			if c.State == schema.UploadSuperseded {
				return fmt.Errorf("sale %d has a conversion already", c.SaleID)
			}
			c.State, c.Reason, c.Detail, c.NextAt = schema.UploadSuperseded, schema.ReasonOrderRepeated, "", nil
			repeated, ch.behind = append(repeated, c), append(ch.behind, c)
		}
		left = repeated
	}
	return nil
}

// rename gives a conversion another transaction id, or sets it aside where another has that.
func (ch *changes) rename(ctx context.Context, tx pgx.Tx, c *conversion) error {
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { return execRows(ctx, tx, updateConversions, []*conversion{c}) })
	if code(err) == uniqueViolation {
		c.State, c.Reason, c.Detail, c.NextAt = schema.UploadSuperseded, schema.ReasonOrderRepeated, "", nil
		ch.behind = append(ch.behind, c)
		err = execRows(ctx, tx, updateConversions, []*conversion{c})
	}
	return err
}

func code(err error) string {
	var problem *pgconn.PgError
	if errors.As(err, &problem) {
		return problem.Code
	}
	return ""
}

func (ch *changes) done(ctx context.Context, tx pgx.Tx, b *batch) error {
	ids, times := b.ids(), make([]*time.Time, len(b.sales))
	for i, id := range ids {
		if at, again := ch.next[id]; again {
			times[i] = &at
		}
	}
	if _, err := tx.Exec(ctx, doneSales, ids, times); err != nil {
		return fmt.Errorf("note sales as decided: %w", err)
	}
	return nil
}
