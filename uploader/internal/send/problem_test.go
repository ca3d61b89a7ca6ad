package send

import "testing"

const problems = `SELECT concat_ws(' ', problem, nullif(problem_action, ''), CASE WHEN paused_until <= now() THEN 'open' WHEN paused_until > now() THEN 'shut' END, (SELECT string_agg(failures::text, ',' ORDER BY id) FROM conversion_actions)) FROM google_connections WHERE id = $1`

// TestProblemOfAction: Google refuses one action for the account's sake and takes another of the same
// connection. That is one problem, of which owners hear once, and the other action goes on.
func TestProblemOfAction(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.connection = r.connect(adsPerson, adsCustomer)
	r.sql(`UPDATE google_connections SET transport = 'google_ads' WHERE id = $1`, r.connection)
	refused, taken := r.action(r.connection, adsAction), r.action(r.connection, "900000062")
	r.outcomes([]map[string]any{{"code": "CUSTOMER_NOT_ENABLED", "transaction_id": "o-a-1"}})
	r.make(refused, "a-", 1, 1)
	stop := r.run(r.sender())
	r.await("CUSTOMER_NOT_ENABLED 900000061 shut 0,0", problems, r.connection)
	r.sql(`UPDATE google_connections SET told_at = now()`)
	const told = `SELECT concat_ws(' ', problem, told_at >= problem_at) FROM google_connections WHERE id = $1`
	for i, want := range []string{"CUSTOMER_NOT_ENABLED 900000061 open 0,0", "CUSTOMER_NOT_ENABLED 900000061 open 1,0", "CUSTOMER_NOT_ENABLED 900000061 open 2,0"} {
		r.make(taken, "b-", 10+i, 10+i)
		if i == 0 { // with the other one at rest, as an hour ago it was refused
			r.sql(`UPDATE conversion_actions SET paused_until = now() + interval '1 hour' WHERE id = $1`, refused)
		}
		r.sql(`UPDATE google_connections SET paused_until = now() WHERE id = $1`, r.connection)
		if i > 0 {
			r.sql(`UPDATE conversion_actions SET paused_until = NULL WHERE id = $1`, refused)
		}
		r.await("0", `SELECT count(*)::text FROM conversions WHERE state <> 'accepted' AND mapping_id = $1`, taken)
		r.await(want, problems, r.connection)
		r.await("CUSTOMER_NOT_ENABLED t", told, r.connection)
	}
	stop()
	r.outcomes(nil)
	r.sql(`UPDATE conversion_actions SET paused_until = NULL`)
	r.run(r.sender())
	r.await("4 accepted", states)
	r.await("0,0", problems, r.connection)
}

// TestProblemShownLate: what Google says of a request that it has processed does not end when it receives the
// next one, but when that is processed as well.
func TestProblemShownLate(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.outcomes([]map[string]any{{"code": "CUSTOMER_NOT_ENABLED", "transaction_id": "o-a-1"}})
	r.make(r.action(r.connection, shopAction), "a-", 1, 1)
	r.run(r.sender())
	for range 2 {
		r.await("CUSTOMER_NOT_ENABLED 900000021 shut 0", problems, r.connection)
		var before int
		r.scan(&before, `SELECT count(*) FROM upload_attempts WHERE state = 'final'`)
		r.sql(`UPDATE google_connections SET paused_until = now(), told_at = coalesce(told_at, now())`)
		r.await("t t", `SELECT concat_ws(' ', (SELECT count(*) > $2::bigint FROM upload_attempts WHERE state = 'final'), told_at >= problem_at) FROM google_connections WHERE id = $1`, r.connection, before)
	}
	r.await("CUSTOMER_NOT_ENABLED 900000021 shut 0", problems, r.connection)
	r.faults(`[{"kind": "status", "status": 503, "path": "/v1/events:ingest", "count": 1}]`)
	r.outcomes(nil)
	r.sql(`UPDATE google_connections SET paused_until = now(), failures = 1`)
	r.await("1 accepted", states)
	r.await("0", problems, r.connection)
}
