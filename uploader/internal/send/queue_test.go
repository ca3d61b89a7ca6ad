package send

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestQueuePlan: what may be sent is found by hops through the index, whatever the statistics say and
// however many rows are ready.
func TestQueuePlan(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	for i := range 4 {
		r.make(r.action(r.connection, fmt.Sprint(1000+i)), fmt.Sprint(i, "-"), 1, 1000)
	}
	r.sql(`UPDATE conversions SET next_at = now() + interval '1 day' WHERE id % 2 = 0`)
	var plan []struct {
		Plan map[string]any
	}
	ctx := t.Context()
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, planned); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) `+selectGroupsOf(false)).Scan(&plan)
	})
	if err != nil || len(plan) != 1 {
		t.Fatal(err)
	}
	top := plan[0].Plan
	if rows, read := top["Actual Rows"], top["Shared Hit Blocks"].(float64)+top["Shared Read Blocks"].(float64); rows != 4.0 || read > 200 {
		t.Errorf("%v groups, %v blocks read", rows, read)
	}
	s := r.sender()
	found, err := s.groups(ctx)
	if err != nil || len(found) != 4 || len(s.turns.order(found)) != 1 {
		t.Errorf("%d groups, %d turns of one connection, %v", len(found), len(s.turns.order(found)), err)
	}
	seen := map[int64]bool{}
	for range 4 {
		turn := s.turns.order(found)
		seen[turn[0].Mapping] = true
		s.turns.serve(&turn[0])
	}
	if len(seen) != 4 {
		t.Errorf("%d of 4 actions had a turn", len(seen))
	}
}

// TestOnePerClick: what Google counts for another transaction is done, and it has nothing of this one.
func TestOnePerClick(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.make(r.action(r.connection, perClick), "a-", 1, 4)
	r.sql(`UPDATE conversions SET click_value = 'the-same-click' WHERE value > 2000000`)
	r.sql(`INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, value, currency, state, reason) SELECT id, mapping_id, 1, 'restatement', now(), 1, 'EUR', 'waiting', 'conversion_not_final' FROM conversions WHERE value > 2000000`)
	r.run(r.sender())
	r.await("3 accepted DUPLICATE_TRANSACTION_ID, 1 accepted DUPLICATE_GCLID", strings.ReplaceAll(states, "ORDER BY state, reason", "ORDER BY n DESC"))
	r.await("1 accepted, 1 superseded conversion_not_taken", strings.ReplaceAll(states, "FROM conversions", "FROM adjustments"))
	if got := r.lines(`SELECT count(*)::text FROM conversions WHERE google_value IS NULL`); got != "1" {
		t.Errorf("%s conversions are said not to be at Google under their transaction", got)
	}
}

// TestOutage: while Google is away, or Postgres goes away between a call and its answer, the queue waits; then
// it goes on by itself. Clocks that are an hour off change nothing.
func TestOutage(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	mapping := r.action(r.connection, shopAction)
	r.faults(`[{"kind": "status", "status": 503}]`)
	r.make(mapping, "a-", 1, 20)
	r.run(r.sender())
	r.await("true", `SELECT (failures > 4 AND paused_until IS NOT NULL)::text FROM google_connections`)
	r.faults(`[]`)
	r.await("20 accepted", states)
	r.faults(`[{"kind": "delay", "delay_ms": 300, "path": "/v1/events:ingest"}]`)
	for i, off := range []time.Duration{-time.Hour, time.Hour} {
		r.clock = off
		r.auth()
		r.run(r.sender())
		r.make(mapping, "b-", 21+10*i, 30+10*i)
		for range 3 {
			r.await("true", `SELECT (EXISTS (SELECT FROM upload_attempts WHERE state = 'sending') OR NOT EXISTS (SELECT FROM conversions WHERE state = 'ready'))::text`)
			r.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
			r.pool.Reset()
		}
	}
	r.await("40", `SELECT count(*)::text FROM conversions WHERE state = 'accepted'`)
	r.equal("after outages")
}
