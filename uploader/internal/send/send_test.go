package send

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/googleauth/authtest"
	"noctra/schema"
)

// equal compares what Postgres says that Google has with the ledger.
func (r *rig) equal(when string) {
	r.Helper()
	_, ledger := r.ledger()
	if diff := cmp.Diff(ledger, r.ours()); diff != "" {
		r.Errorf("%s: Google's ledger and ours (-google +ours)\n%s", when, diff)
	}
	if odd, err := unaccounted(r.Context(), r.pool); odd != 0 || err != nil {
		r.Errorf("%s: %d are unaccounted for, %v", when, odd, err)
	}
}

// TestNarrow: counts alone say that some of a request failed; in the end each row has its own outcome.
func TestNarrow(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	mapping := r.action(r.connection, shopAction)
	r.make(mapping, "a-", 1, 60)
	r.sql(`UPDATE conversions SET click_value = 'no click' WHERE value IN (7000000, 33000000)`)
	r.sql(`UPDATE conversions SET consent_user_data = 2 WHERE value = 50000000`)
	braid := r.action(r.connection, perClick)
	r.make(braid, "b-", 1, 1)
	r.sql(`UPDATE conversions SET click_kind = 'wbraid' WHERE mapping_id = $1`, braid)
	r.run(r.sender())
	r.await("57 accepted DUPLICATE_TRANSACTION_ID, 1 rejected DENIED_CONSENT, 2 rejected INVALID_GCLID, 1 rejected ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID", states)
	r.equal("narrowed")
	if got := r.lines(`SELECT DISTINCT code FROM upload_rows r JOIN conversions c ON c.id = r.conversion_id WHERE c.reason = 'INVALID_GCLID' AND code <> ''`); got != "INVALID_GCLID" {
		t.Errorf("codes %q", got)
	}
}

// TestRefusedInPart: Google names rows that it does not take; the others are sent without them.
func TestRefusedInPart(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	mapping := r.action(r.connection, shopAction)
	r.make(mapping, "a-", 1, 10)
	r.sql(`UPDATE conversions SET currency = 'eur' WHERE value IN (3000000, 4000000)`)
	r.make(mapping, "b-", 11, 2001) // with them one more than a request may have
	sender := r.sender()
	stop := r.run(sender)
	r.await("1999 accepted, 2 unknown INVALID_CURRENCY_CODE", states)
	r.equal("refused in part")
	stop()
	r.sql(`UPDATE conversions SET next_at = now() WHERE state = 'unknown'`)
	r.run(r.sender())
	r.await("2", `SELECT count(*)::text FROM conversions WHERE state = 'unknown' AND attempts = 2 AND next_at > now() + interval '3 hours'`)
	if got := r.lines(`SELECT concat_ws(' ', state, code, rows) FROM upload_attempts WHERE state = 'refused' ORDER BY id LIMIT 1`); got != "refused INVALID_ARGUMENT 2000" {
		t.Errorf("first attempt %q", got)
	}
}

// TestNoAnswer: answers that get lost, and Google's own failures, have the same sent again; each counts once.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.faults(`[{"kind": "drop_reply", "path": "/v1/events:ingest", "count": 1}, {"kind": "garbage", "path": "/v1/events:ingest", "count": 1}, {"kind": "status", "status": 503, "path": "/v1/events:ingest", "count": 2},
  {"kind": "status", "status": 429, "path": "/v1/events:ingest", "count": 1}, {"kind": "status", "status": 500, "path": "/v1/requestStatus:retrieve", "count": 1}, {"kind": "garbage", "path": "/v1/requestStatus:retrieve", "count": 1}]`)
	r.make(r.action(r.connection, shopAction), "a-", 1, 8)
	r.run(r.sender())
	r.await("8 accepted DUPLICATE_TRANSACTION_ID", states)
	r.equal("after faults")
	if all, _ := r.ledger(); all.Totals.Transactions != 8 || all.Totals.Adjustments != 0 {
		t.Errorf("ledger %+v", all.Totals)
	}
	if got := r.lines(`SELECT concat_ws(' ', failures, paused_until IS NULL) FROM google_connections`); got != "0 t" {
		t.Errorf("the connection still rests: %s", got)
	}
}

// TestLease: a sender that dies between its call and its answer leaves nothing behind; its late answer counts
// for nothing.
func TestLease(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.make(r.action(r.connection, shopAction), "a-", 1, 3)
	dead := r.sender()
	found, err := dead.groups(t.Context())
	if err != nil || len(found) != 1 {
		t.Fatalf("groups %v, %v", found, err)
	}
	c, err := dead.claim(t.Context(), found[0])
	if err != nil || len(c.marks) != 3 {
		t.Fatalf("claim %+v, %v", c, err)
	}
	if more, err := dead.claim(t.Context(), found[0]); err != nil || more != nil {
		t.Errorf("claimed twice: %+v, %v", more, err)
	}
	answer, err := c.transport.Send(t.Context(), &c.request)
	if err != nil || answer.RequestID == "" {
		t.Fatalf("answer %+v, %v", answer, err)
	}
	r.await("3 sending", states)
	r.sql(`UPDATE upload_attempts SET lease_until = now() - interval '1 second'`)
	r.run(r.sender())
	r.await("3 accepted DUPLICATE_TRANSACTION_ID", states)
	if err := dead.record(t.Context(), c, answer); err != nil {
		t.Error(err)
	}
	r.await("3 accepted DUPLICATE_TRANSACTION_ID", states)
	r.equal("after a lost lease")
}

// TestProblem: a consent that is taken back stops the queue of its connection and of no other; with a new
// one it goes on by itself.
func TestProblem(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	other := r.connect(shopPerson, shopCustomer)
	r.sql(`UPDATE google_connections SET customer_id = '2000000006' WHERE id = $1`, r.connection)
	r.make(r.action(r.connection, "900000061"), "a-", 1, 3)
	r.make(r.action(other, shopAction), "b-", 1, 3)
	r.run(r.sender())
	r.await("3 accepted, 3 ready DESTINATION_ACCOUNT_ACCESS_DENIED", states)
	r.await("active DESTINATION_ACCOUNT_ACCESS_DENIED t", `SELECT concat_ws(' ', state, problem, paused_until > now() + interval '30 minutes') FROM google_connections WHERE id = $1`, r.connection)
	if got := r.lines(`SELECT DISTINCT (frozen_at IS NULL)::text FROM conversions WHERE state = 'ready'`); got != "true" {
		t.Error("what Google did not take stays as it was sent")
	}
	grant := authtest.Grant(r, r.client, "agency@noctra.example")
	sealed, err := r.tokens.Seal(r.connection, grant)
	if err != nil {
		t.Fatal(err)
	}
	r.sql(`UPDATE google_connections SET refresh_token = $2, access_token = $3, access_until = $4, paused_until = now() WHERE id = $1`, r.connection, sealed.Refresh, sealed.Access, sealed.Until)
	r.await("6 accepted", states)
	r.await("active t", `SELECT concat_ws(' ', state, problem, problem_at IS NULL) FROM google_connections WHERE id = $1`, r.connection)

	if err := r.client.Revoke(t.Context(), grant.Refresh); err != nil {
		t.Fatal(err)
	}
	r.make(r.action(r.connection, "900000062"), "c-", 1, 2)
	r.await("6 accepted, 2 ready INVALID_GRANT", states)
	r.await("needs_reconnecting INVALID_GRANT", `SELECT concat_ws(' ', state, problem) FROM google_connections WHERE id = $1`, r.connection)
}

// TestAdjust: adjustments wait for their conversion, go one after the other, and what Google has is kept.
func TestAdjust(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.make(r.action(r.connection, shopAction), "a-", 1, 6)
	r.sql(`UPDATE conversions SET click_value = 'no click' WHERE value = 6000000`)
	adjust := func(euros, number int, kind string, value any) {
		t.Helper()
		r.sql(`INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, value, currency, state, reason)
SELECT id, mapping_id, $2::int, $3, now() + make_interval(secs => $2::int), $4::bigint, CASE WHEN $4::bigint IS NULL THEN '' ELSE 'EUR' END, 'waiting', CASE WHEN $2::int = 1 THEN 'conversion_not_final' ELSE 'earlier_adjustment' END
FROM conversions WHERE value = $1::bigint * 1000000`, euros, number, kind, value)
	}
	adjust(2, 1, "restatement", 1_500_000)
	adjust(3, 1, "restatement", 2_000_000)
	adjust(3, 2, "restatement", 500_000)
	adjust(4, 1, "retraction", nil)
	adjust(6, 1, "restatement", 1_000_000)
	r.run(r.sender())
	r.await("5 accepted DUPLICATE_TRANSACTION_ID, 1 rejected INVALID_GCLID", states)
	r.await("3 accepted, 1 held cannot_retract, 1 superseded conversion_not_taken", strings.ReplaceAll(states, "FROM conversions", "FROM adjustments"))
	r.equal("adjusted")
	if _, ledger := r.ledger(); !strings.Contains(strings.Join(ledger, "\n"), "o-a-3 0.50 EUR accepted") {
		t.Errorf("ledger %q", ledger)
	}
}

// TestFates: every code has one.
func TestFates(t *testing.T) {
	s := &Sender{config: quick(), metrics: newMetrics(noRegistry{})}
	for _, c := range []struct {
		code string
		row  row
		want string
	}{
		{"", row{}, "accepted  0s"},
		{"DUPLICATE_TRANSACTION_ID", row{}, "accepted DUPLICATE_TRANSACTION_ID 0s"},
		{"MORE_RECENT_RESTATEMENT_FOUND", row{}, "superseded MORE_RECENT_RESTATEMENT_FOUND 0s"},
		{"EVENT_TOO_OLD", row{}, "rejected EVENT_TOO_OLD 0s"},
		{"CONVERSION_EXPIRED", row{mark: mark{frozen: true}}, "rejected CONVERSION_EXPIRED 0s"},
		{"CONVERSION_EXPIRED", row{mark: mark{frozen: true}, lost: true}, "unknown CONVERSION_EXPIRED 0s"},
		{"TOO_RECENT_CLICK", row{}, "waiting TOO_RECENT_CLICK 6h0m0s thawed"},
		{"EVENT_TIME_INVALID", row{}, "waiting EVENT_TIME_INVALID 1h0m0s thawed"},
		{"TOO_RECENT_CONVERSION_ACTION", row{mark: mark{frozen: true}}, "waiting TOO_RECENT_CONVERSION_ACTION 6h0m0s"},
		{"CLICK_NOT_FOUND", row{}, "waiting CLICK_NOT_FOUND 6h0m0s thawed"},
		{"CLICK_NOT_FOUND", row{known: 7 * hour}, "waiting CLICK_NOT_FOUND 24h0m0s thawed"},
		{"CLICK_NOT_FOUND", row{known: longestTry}, "rejected CLICK_NOT_FOUND 0s"},
		{"NO_CONVERSION_ACTION_FOUND", row{}, "ready NO_CONVERSION_ACTION_FOUND 0s thawed"},
		{"TOO_MANY_EVENTS", row{mark: mark{attempts: 1}}, "unknown TOO_MANY_EVENTS 1h0m0s"},
		{"NEVER_HEARD", row{mark: mark{attempts: 2}}, "unknown NEVER_HEARD 4h0m0s"},
		{"NEVER_HEARD", row{mark: mark{attempts: 9}}, "unknown NEVER_HEARD 24h0m0s"},
		{schema.ReasonNarrowing, row{}, "ready narrowing 0s thawed"},
	} {
		f := s.fateOf(c.code, "", c.row)
		got := fmt.Sprintf("%s %s %s", f.state, f.reason, f.after)
		if f.thaw {
			got += " thawed"
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.code, got, c.want)
		}
	}
	for _, reason := range schema.UploadReasons() {
		f := s.fateOf(reason.Code, "", row{mark: mark{attempts: 1}})
		ends := f.state == schema.UploadAccepted || f.state == schema.UploadRejected || f.state == schema.UploadSuperseded
		again := f.after > 0 || reason.Class == schema.UploadCustomer || reason.Code == schema.ReasonNarrowing
		if f.state == "" || ends == again {
			t.Errorf("%s: %+v is neither an end nor tried again", reason.Code, f)
		}
	}
}

// TestPace: in no minute more requests go than the quota has, and not many fewer.
func TestPace(t *testing.T) {
	for _, perMinute := range []int{2, 60, 300, 1000} {
		interval, burst := Config{PerMinute: perMinute}.pace()
		most := int((time.Minute+burst)/interval) + 1
		if most > perMinute || perMinute >= 60 && most < perMinute*95/100 {
			t.Errorf("%d a minute: %d in the worst one (interval %s, burst %s)", perMinute, most, interval, burst)
		}
	}
}
