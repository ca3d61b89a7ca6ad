package send

import "testing"

// TestSettled: requests are looked at however old they are, each once in a state, and those that do not add up
// as long as they do not.
func TestSettled(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	mapping := r.action(r.connection, shopAction)
	r.make(mapping, "a-", 1, 3)
	r.sql(`INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until)
SELECT $1, '1', 'data_manager', CASE WHEN n = 5 THEN 'restatement' ELSE 'conversion' END, 1, CASE n WHEN 1 THEN 'lost' WHEN 4 THEN 'sending' ELSE 'final' END, now(), now() FROM generate_series(1, 1200) n ORDER BY n`, r.connection)
	// The first three rows are of the first three requests: sent by a lost one, received by a final one, sent by a final one.
	r.sql(`WITH a AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM upload_attempts), c AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM conversions)
UPDATE conversions o SET state = 'sending', reason = '', attempt_id = a.id, attempts = 1, frozen_at = now() FROM c JOIN a USING (n) WHERE o.id = c.id`)
	r.sql(`UPDATE conversions SET state = 'received', reason = 'not_final' WHERE attempt_id = (SELECT min(id) + 1 FROM upload_attempts)`)
	s := r.sender()
	const open = `SELECT count(*) FROM upload_attempts WHERE settled <> state`
	for _, c := range []struct {
		do       string
		odd      float64
		unmarked int // of 1,200: one is being sent, one of adjustments, and those that are odd
	}{
		{`SELECT 1`, 2, 4},
		{`SELECT 1`, 2, 4},
		{`UPDATE conversions SET state = 'waiting', reason = 'answer_lost' WHERE attempt_id = (SELECT min(id) FROM upload_attempts)`, 1, 3},
		{`UPDATE conversions SET state = 'accepted', reason = '' WHERE state = 'sending'`, 0, 2},
		{`UPDATE upload_attempts SET state = 'received' WHERE state = 'sending'`, 0, 1},
		{`UPDATE upload_attempts SET state = 'refused' WHERE id = (SELECT min(id) + 1 FROM upload_attempts)`, 1, 2}, // a state that it was not looked at in
	} {
		r.sql(c.do)
		if err := s.measureQueue(t.Context()); err != nil {
			t.Fatal(err)
		}
		var unmarked int
		r.scan(&unmarked, open)
		if odd := reading(t, s.metrics.unaccounted); odd != c.odd || unmarked != c.unmarked {
			t.Errorf("%s: %v are unaccounted for, %d requests not settled, want %v and %d", c.do, odd, unmarked, c.odd, c.unmarked)
		}
	}
}
