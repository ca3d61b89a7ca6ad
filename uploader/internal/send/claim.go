package send

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// claim is a request whose rows belong to this sender until its lease ends.
type claim struct {
	group     group
	transport transport.Transport // that of the connection; of retractions one that can
	request   transport.Request
	marks     []mark    // of the rows of the request
	started   time.Time // by the clock of this process
}

// mark is what a row is known by in Postgres.
type mark struct {
	id       int64 // of the conversion or adjustment
	attempts int   // this one included
	cohort   int64
	frozen   bool // Google may have it from an earlier attempt
}

// claim takes up to as many rows as a request may have out of a group, and writes the attempt. It returns
// nil where others have taken them.
func (s *Sender) claim(ctx context.Context, g group) (taken *claim, err error) {
	within, cancel := context.WithTimeout(ctx, databaseTime)
	defer cancel()
	way := s.transports[g.Transport]
	if way == nil {
		s.turns.serve(&g)
		return nil, nil //nolint:nilnil // nothing to send by a way that this process does not have
	}
	c := &claim{group: g, transport: way, request: transport.Request{To: g.To, Kind: transport.Conversion}}
	err = pgx.BeginFunc(within, s.postgres, func(tx pgx.Tx) error {
		var still int
		if err := tx.QueryRow(within, selectStill, g.Mapping, g.To.ConnectionID, g.Transport, g.To.CustomerID, g.To.LoginCustomerID).Scan(&still); err != nil || still == 0 {
			return err
		}
		if err := s.read(within, tx, c); err != nil || len(c.marks) == 0 {
			return err
		}
		c.started = time.Now()
		if err := s.write(within, tx, c); err != nil {
			return err
		}
		if c.transport.Name() == dataManager {
			return s.takeQuota(within, tx)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errQuota) {
		return nil, fmt.Errorf("claim rows of action %d: %w", g.Mapping, err)
	}
	if err != nil {
		return nil, err
	}
	s.turns.serve(&g)
	if len(c.marks) == 0 {
		return nil, nil //nolint:nilnil // somebody else was faster
	}
	return c, nil
}

const due = ` = 'ready' AND mapping_id = $1 AND cohort = $2 AND coalesce(next_at, '-infinity') <= now() ORDER BY coalesce(next_at, '-infinity'), id LIMIT $3`

// decided leaves out what package decide is to look at first: its sale was changed, so it may be worth less
// by now, or nothing may be told of it any more.
var decided = fmt.Sprintf(`coalesce(s.decide_at > now() + make_interval(secs => %f), true)`, schema.DecideSoon.Seconds())

// selectConversions looks at no more rows than a request has, so that many undecided ones cost no more.
var selectConversions = `SELECT c.id, c.id, 0::bigint, attempts + 1, cohort, frozen_at IS NOT NULL, transaction_id, c.occurred_at, c.occurred_at, value, c.currency, coalesce(click_kind, ''), coalesce(click_value, ''),
  c.email_hash, c.phone_hash, c.consent_user_data, c.consent_personal
FROM (SELECT * FROM conversions WHERE stage` + due + ` FOR NO KEY UPDATE SKIP LOCKED) c JOIN sales s ON s.id = c.sale_id WHERE ` + decided

// selectAdjustments: the conversion is locked first, as everybody does. What an enhancement says of the
// value is what Google has.
var selectAdjustments = `SELECT a.id, c.id, a.id, a.attempts + 1, a.cohort, a.frozen_at IS NOT NULL, c.transaction_id, c.occurred_at, a.adjusted_at,
  CASE a.kind WHEN 'restatement' THEN a.value WHEN 'enhancement' THEN c.google_value END,
  CASE a.kind WHEN 'restatement' THEN a.currency WHEN 'enhancement' THEN coalesce(c.google_currency, '') ELSE '' END,
  coalesce(c.click_kind, ''), coalesce(c.click_value, ''), CASE a.kind WHEN 'enhancement' THEN a.email_hash ELSE c.email_hash END,
  CASE a.kind WHEN 'enhancement' THEN a.phone_hash ELSE c.phone_hash END, c.consent_user_data, c.consent_personal
FROM adjustments a JOIN conversions c ON c.id = a.conversion_id JOIN sales s ON s.id = c.sale_id
WHERE a.id = ANY($1) AND a.state = 'ready' AND c.state = 'accepted' AND ` + decided + ` ORDER BY a.id FOR NO KEY UPDATE OF c, a SKIP LOCKED`

// read locks rows and fills the request with them.
func (s *Sender) read(ctx context.Context, tx pgx.Tx, c *claim) error {
	if _, err := tx.Exec(ctx, planned); err != nil {
		return err
	}
	g := &c.group
	if !g.Adjustments {
		rows, err := tx.Query(ctx, selectConversions, g.Mapping, g.Cohort, c.transport.Most(transport.Conversion))
		if err != nil {
			return err
		}
		return c.collect(rows)
	}
	ids, kind, err := firstAdjustments(ctx, tx, g, c.transport)
	if err != nil || len(ids) == 0 {
		return err
	}
	if other := s.transports[googleAds]; kind == transport.Retraction && g.Retracts && other != nil {
		c.transport = other
	}
	if c.transport.Most(kind) == 0 {
		return holdAdjustments(ctx, tx, ids, kind)
	}
	c.request.Kind = kind
	rows, err := tx.Query(ctx, selectAdjustments, ids)
	if err != nil {
		return err
	}
	return c.collect(rows)
}

// firstAdjustments returns the first adjustments of a group that are of the kind of the very first.
func firstAdjustments(ctx context.Context, tx pgx.Tx, g *group, way transport.Transport) (ids []int64, kind transport.Kind, err error) {
	most := max(way.Most(transport.Restatement), way.Most(transport.Retraction), way.Most(transport.Enhancement), 1)
	rows, err := tx.Query(ctx, `SELECT id, kind FROM adjustments WHERE state`+due, g.Mapping, g.Cohort, most)
	if err != nil {
		return nil, "", err
	}
	var id int64
	var one transport.Kind
	_, err = pgx.ForEachRow(rows, []any{&id, (*string)(&one)}, func() error {
		if kind == "" {
			kind = one
		}
		if one == kind && (way.Most(kind) == 0 || len(ids) < way.Most(kind)) {
			ids = append(ids, id)
		}
		return nil
	})
	return ids, kind, err
}

// holdAdjustments keeps what the transport cannot say, visibly.
func holdAdjustments(ctx context.Context, tx pgx.Tx, ids []int64, kind transport.Kind) error {
	reason := schema.ReasonCannotAdjust
	if kind == transport.Retraction {
		reason = schema.ReasonCannotRetract
	}
	_, err := tx.Exec(ctx, `UPDATE adjustments SET state = 'held', reason = $2, next_at = NULL
WHERE id IN (SELECT a.id FROM adjustments a JOIN conversions c ON c.id = a.conversion_id WHERE a.id = ANY($1) AND a.state = 'ready' FOR NO KEY UPDATE OF c, a SKIP LOCKED)`, ids, reason)
	return err
}

func (c *claim) collect(rows pgx.Rows) error {
	var m mark
	var r transport.Row
	var value *int64
	var user, personal int16
	_, err := pgx.ForEachRow(rows, []any{&m.id, &r.ConversionID, &r.AdjustmentID, &m.attempts, &m.cohort, &m.frozen, &r.TransactionID, &r.OccurredAt, &r.AdjustedAt, &value, &r.Currency,
		&r.ClickKind, &r.ClickValue, &r.EmailHash, &r.PhoneHash, &user, &personal}, func() error {
		one := r
		if one.HasValue = value != nil; one.HasValue {
			one.Value = schema.Micros(*value)
		}
		one.UserData, one.Personal = schema.Consent(user), schema.Consent(personal)
		c.marks, c.request.Rows = append(c.marks, m), append(c.request.Rows, one)
		return nil
	})
	return err
}

const insertAttempt = `INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until)
VALUES ($1, $2, $3, $4, $5, 'sending', clock_timestamp(), clock_timestamp() + make_interval(secs => $6)) RETURNING id`

// write keeps the attempt and what it says of each row.
func (s *Sender) write(ctx context.Context, tx pgx.Tx, c *claim) error {
	g := &c.group
	err := tx.QueryRow(ctx, insertAttempt, g.To.ConnectionID, g.To.ActionID, c.transport.Name(), string(c.request.Kind), len(c.marks), s.config.Lease.Seconds()).Scan(&c.request.AttemptID)
	if err != nil {
		return fmt.Errorf("write attempt: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE `+tables[g.Adjustments]+` SET state = 'sending', state_at = now(), reason = '', detail = '', attempt_id = $2, attempts = attempts + 1, frozen_at = coalesce(frozen_at, now()), next_at = NULL WHERE id = ANY($1)`,
		c.ids(), c.request.AttemptID)
	if err != nil {
		return fmt.Errorf("mark rows as sent: %w", err)
	}
	sent := make([][]any, len(c.marks))
	for i := range c.marks {
		payload, err := c.transport.Payload(&c.request, i)
		if err != nil {
			return err
		}
		var adjustment *int64
		if id := c.request.Rows[i].AdjustmentID; id != 0 {
			adjustment = &id
		}
		sent[i] = []any{c.request.AttemptID, i, c.request.Rows[i].ConversionID, adjustment, payload}
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"upload_rows"}, []string{"attempt_id", "number", "conversion_id", "adjustment_id", "payload"}, pgx.CopyFromRows(sent))
	if err != nil {
		return fmt.Errorf("write what is sent: %w", err)
	}
	return nil
}

func (c *claim) ids() []int64 {
	ids := make([]int64, len(c.marks))
	for i := range c.marks {
		ids[i] = c.marks[i].id
	}
	return ids
}
