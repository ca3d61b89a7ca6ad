package admin

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"noctra/fakes/mail"
	embedded "noctra/internal/engines"
)

// mailRows counts mail in the outbox.
func (r *rig) mailRows(where string, args ...any) int {
	r.t.Helper()
	var n int
	if err := r.pool.QueryRow(r.t.Context(), `SELECT count(*) FROM mail_outbox WHERE `+where, args...).Scan(&n); err != nil {
		r.t.Fatal(err)
	}
	return n
}

const isWaiting = `sent_at IS NULL AND failed_at IS NULL`

// The relay is away for an hour, first gone and then refusing everybody: nothing is lost, each mail arrives
// once after a bounded number of attempts, and links live from then on.
func TestRelayAway(t *testing.T) {
	free, err := embedded.FreePorts(1) // nobody listens there, and no connection takes it meanwhile
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(free[0]))
	r, _ := startWithMail(t, func(c *Config) { c.Mail.Addr = address })
	r.offset.stop() // however slow it is here, nothing is tried again before the hour goes on
	people := []string{"a@acme.example", "b@acme.example", "c@acme.example"}
	for _, email := range people {
		r.wants("sign up", r.send(r.browser(), "/sign-up", j("name", "Mara", "email", email, "password", goodPassword)), 202, "")
	}
	tried := 0
	tryAll := func() { // each time all of them are tried once, and put off for longer, at most five minutes
		if tried > 0 {
			r.offset.move(10 * time.Minute)
		}
		tried++
		eventually(t, "all were tried", func() bool { // and none is on its way, which is two minutes
			r.people.outbox.Nudge()
			return r.mailRows(isWaiting+` AND attempts = $1 AND next_at > $2 AND next_at <> $2::timestamptz + interval '2 minutes'`, tried, r.offset.now()) == len(people)
		})
	}
	for range 3 {
		tryAll()
	}
	if n := r.mailRows(`position('token'::bytea IN content) > 0`); n != 0 {
		t.Errorf("%d mails can be read while they wait", n)
	}
	box := openMailboxAt(t, address)
	box.faults(`[{"kind": "status", "status": 421, "path": "/connect"}]`)
	for range 3 {
		tryAll()
	}
	if l := box.ledger(); l.Totals.Accepted != 0 {
		t.Errorf("%+v", l.Totals)
	}
	box.faults(`[]`)
	r.offset.move(10 * time.Minute)
	r.people.outbox.Nudge()
	for _, email := range people {
		r.wants("verify", r.send(r.browser(), "/verify-email", j("token", box.token(email, subjectVerify), "password", goodPassword)), 200, "")
	}
	eventually(t, "all is noted", func() bool { return r.mailRows(isWaiting) == 0 })
	if l := box.ledger(); l.Totals.Accepted != len(people) || l.Totals.Copies != 0 {
		t.Errorf("%+v", l.Totals)
	}
	if n := r.mailRows(`attempts = $1::int AND sent_at IS NOT NULL`, tried+1); n != len(people) {
		t.Errorf("%d of %d mails were sent at attempt %d", n, len(people), tried+1)
	}
}

// A relay that took a mail and lost its answer gets it again, under the same id.
func TestRelayFaults(t *testing.T) {
	r, box := startWithMail(t, nil)
	const email = "mara@acme.example"
	for _, order := range []string{
		`[{"kind": "drop_reply", "count": 1}]`, `[{"kind": "garbage", "count": 1}]`, `[{"kind": "status", "status": 451, "count": 1}]`,
		`[{"kind": "status", "status": 554, "path": "/mail", "count": 1}]`, `[{"kind": "status", "status": 421, "path": "/connect", "count": 1}]`,
	} {
		box.faults(order)
		r.sql(`DELETE FROM attempts`)
		r.wants("sign up", r.send(r.browser(), "/sign-up", j("name", "Mara", "email", email, "password", goodPassword)), 202, "")
		eventually(t, "it went wrong once: "+order, func() bool {
			r.people.outbox.Nudge()
			return r.mailRows(`attempts > 0 AND `+isWaiting+` AND next_at < $1`, r.offset.now().Add(time.Minute)) == 1 || r.mailRows(isWaiting) == 0
		})
		r.offset.move(time.Minute)
		r.people.outbox.Nudge()
		box.next(email, subjectVerify)
		eventually(t, "it is noted", func() bool { return r.mailRows(isWaiting) == 0 })
	}
	l := box.ledger()
	if l.Totals.Accepted != 5 || l.Totals.Copies != 2 {
		t.Errorf("%+v", l.Totals)
	}
	ids := map[string]bool{}
	for _, m := range l.Messages {
		if m.State == "accepted" {
			ids[m.MessageID] = true
		}
	}
	if len(ids) != 5 {
		t.Errorf("%d ids", len(ids))
	}
	r.wants("no such mailbox", r.send(r.browser(), "/sign-up", j("name", "Mara", "email", "nobody@acme.invalid", "password", goodPassword)), 202, "")
	eventually(t, "it is given up", func() bool { return r.mailRows(`failed_at IS NOT NULL`) == 1 })
	if strings.Contains(r.log.String(), "acme.") {
		t.Error("the log names a recipient")
	}
}

// Two services send beside each other: each mail goes out once.
func TestTwoSenders(t *testing.T) {
	r, box := startWithMail(t, nil)
	other := launch(t, r.config)
	eventually(t, "the second is ready", func() bool { return other.Ready() == nil })
	const n = 12
	r.sql(`INSERT INTO sign_ups (email, name, password_hash, created_at, expires_at) SELECT 'p' || i || '@acme.example', 'P', 'x', now(), now() + interval '1 day' FROM generate_series(1, $1::int) i`, n)
	r.sql(`INSERT INTO mail_outbox (message_id, kind, recipient, subject_id, created_at, next_at) SELECT 'm' || id || '@x', 'sign_up', email, id, now(), now() FROM sign_ups`)
	eventually(t, "all is sent", func() bool { return r.mailRows(`sent_at IS NOT NULL`) == n })
	if l := box.ledger(); l.Totals != (mail.Totals{Accepted: n}) {
		t.Errorf("%+v", l.Totals)
	}
}

// Old and new master keys: what was sealed before a rotation opens after it, without a restart.
func TestRotateKeys(t *testing.T) {
	r, box := startWithMail(t, nil)
	const email = "mara@acme.example"
	seed, _ := r.withTOTP(r.joined(box, email), goodPassword)
	sealed := func() (s string) {
		if err := r.pool.QueryRow(t.Context(), `SELECT encode(secret, 'hex') FROM totp`).Scan(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := sealed()
	if report, err := RotateKeys(t.Context(), r.config, Rotation{}); err != nil || report.Seeds != 1 || sealed() != before {
		t.Errorf("dry run: %+v, %v", report, err)
	}
	report, err := RotateKeys(t.Context(), r.config, Rotation{Apply: true})
	if err != nil || report.Seeds != 1 || sealed() == before {
		t.Errorf("%+v, %v", report, err)
	}
	r.offset.move(time.Minute)
	client := r.browser()
	r.wants("sign in", r.send(client, "/sign-in/second-factor", j("ceremony", r.halfIn(client, email), "code", r.code(seed))), 200, "")
	r.sql(`UPDATE totp SET secret = decode($1, 'hex')`, before) // written by a service that had not looked yet
	r.offset.move(time.Minute)
	r.wants("sign in", r.send(client, "/sign-in/second-factor", j("ceremony", r.halfIn(client, email), "code", r.code(seed))), 200, "")
}
