package admin

import (
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"noctra/admin/internal/totp"
)

// withTOTP turns two-step sign-in on and returns the seed and the recovery codes.
func (r *rig) withTOTP(client *http.Client, password string) (seed []byte, codes []string) {
	r.t.Helper()
	var begun struct{ Secret, URI string }
	decode(r.t, r.send(client, "/totp", j("password", password)), 200, &begun)
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(begun.Secret)
	if err != nil || !strings.Contains(begun.URI, begun.Secret) {
		r.t.Fatalf("%+v, %v", begun, err)
	}
	r.wants("a wrong first code", r.send(client, "/totp/confirm", j("code", r.wrongCode(seed))), 422, "wrong_code")
	var confirmed struct {
		Codes []string `json:"recovery_codes"`
	}
	decode(r.t, r.send(client, "/totp/confirm", j("code", r.code(seed))), 200, &confirmed)
	return seed, confirmed.Codes
}

func (r *rig) code(seed []byte) string { return totp.Code(seed, totp.Step(r.offset.now())) }

// wrongCode is a code that is good at no moment near this one.
func (r *rig) wrongCode(seed []byte) string {
	now := totp.Step(r.offset.now())
	for n := 123456; ; n++ {
		code := fmt.Sprint(n)
		if !slices.ContainsFunc([]int64{-2, -1, 0, 1, 2, 3, 4}, func(off int64) bool { return totp.Code(seed, now+off) == code }) {
			return code
		}
	}
}

// halfIn does the first step of a sign-in and returns its ceremony.
func (r *rig) halfIn(client *http.Client, email string) string {
	r.t.Helper()
	var view SignInView
	a := r.send(client, "/sign-in", j("email", email, "password", goodPassword))
	decode(r.t, a, 200, &view)
	if view.Next != "second_factor" || len(a.header.Values("Set-Cookie")) != 0 {
		r.t.Fatalf("%+v, %v", view, a.header)
	}
	return view.Ceremony
}

func TestSecondFactor(t *testing.T) {
	r, box := startWithMail(t, nil)
	r.offset.stop() // one code stays the code of now, however slow it is here
	const email = "mara@acme.example"
	owner := r.joined(box, email)
	r.wants("without the password", r.send(owner, "/totp", j("password", "not my password")), 422, "wrong_password")
	seed, codes := r.withTOTP(owner, goodPassword)
	box.next(email, "Two-step sign-in is on")
	r.wants("twice", r.send(owner, "/totp", j("password", goodPassword)), 409, "conflict")
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes", len(codes))
	}
	second := func(client *http.Client, ceremony, code string) reply {
		return r.send(client, "/sign-in/second-factor", j("ceremony", ceremony, "code", code))
	}
	client := r.browser()
	ceremony := r.halfIn(client, email)
	if got := r.me(client); got != 401 {
		t.Errorf("half in: %d", got)
	}
	r.wants("the code of the set-up", second(client, ceremony, r.code(seed)), 422, "wrong_code")
	r.offset.move(30 * time.Second)
	code := r.code(seed)
	r.wants("in", second(client, ceremony, code[:3]+" "+code[3:]), 200, "")
	r.wants("the same ceremony", second(r.browser(), ceremony, code), 410, "ceremony_over")
	r.wants("the same code", second(r.browser(), r.halfIn(r.browser(), email), code), 422, "wrong_code")

	r.offset.move(time.Minute)
	answers := make(chan reply, 2) // two ceremonies, one code
	for range 2 {
		client := r.browser()
		ceremony, code := r.halfIn(client, email), r.code(seed)
		go func() { answers <- second(client, ceremony, code) }()
	}
	if a, b := (<-answers).status, (<-answers).status; a+b != 200+422 {
		t.Errorf("two at once: %d, %d", a, b)
	}
	recover := func(code string) reply {
		client := r.browser()
		return r.send(client, "/sign-in/second-factor", j("ceremony", r.halfIn(client, email), "recovery_code", code))
	}
	r.wants("recovery code", recover(strings.ToLower(strings.ReplaceAll(codes[0], "-", " "))), 200, "")
	if m := box.next(email, "A recovery code was used"); !strings.Contains(m.Text, "9 of them are left") {
		t.Error(m.Text)
	}
	r.wants("recovery code again", recover(codes[0]), 422, "wrong_code")
	late := r.halfIn(client, email)
	r.offset.move(11 * time.Minute)
	r.wants("late", second(client, late, r.code(seed)), 410, "ceremony_over")

	var fresh struct {
		Codes []string `json:"recovery_codes"`
	}
	decode(t, r.send(owner, "/recovery-codes", j("password", goodPassword)), 200, &fresh)
	r.wants("an old code", recover(codes[1]), 422, "wrong_code")
	r.wants("off without a code", r.send(owner, "/totp/remove", j("password", goodPassword)), 422, "wrong_code")
	r.wants("off", r.send(owner, "/totp/remove", j("password", goodPassword, "recovery_code", fresh.Codes[3])), 204, "")
	box.next(email, "Two-step sign-in is off")
	r.signedInAs(email, goodPassword)
}

// An operator helps somebody who lost everything; without being told to, nothing is changed.
func TestResetSecondFactor(t *testing.T) {
	r, box := startWithMail(t, nil)
	const email = "mara@acme.example"
	client := r.joined(box, email)
	r.withTOTP(client, goodPassword)
	reset := func(apply bool) {
		t.Helper()
		if name, on, err := ResetSecondFactor(t.Context(), r.config, "Mara@acme.example", apply); err != nil || !on || name != "Mara Lindqvist" {
			t.Errorf("%q, %v, %v", name, on, err)
		}
	}
	reset(false)
	r.halfIn(r.browser(), email)
	reset(true)
	if got := r.me(client); got != 401 {
		t.Errorf("a session of before: %d", got)
	}
	r.signedInAs(email, goodPassword)
	if _, _, err := ResetSecondFactor(t.Context(), r.config, "nobody@acme.example", true); err == nil {
		t.Error("nobody was helped")
	}
	if report, err := VerifyAudit(t.Context(), r.config, ""); err != nil || len(report.Gaps) != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

// What is guessed at the second step is limited too, and seeds cannot be read in the database.
func TestSecondFactorGuessing(t *testing.T) {
	r, box := startWithMail(t, nil)
	const email = "mara@acme.example"
	r.offset.stop() // no wait is over by itself
	seed, codes := r.withTOTP(r.joined(box, email), goodPassword)
	client := r.browser()
	ceremony, wrong := r.halfIn(client, email), r.wrongCode(seed)
	guess := func() reply {
		return r.send(client, "/sign-in/second-factor", j("ceremony", ceremony, "code", wrong))
	}
	for range 5 {
		r.wants("guess", guess(), 422, "wrong_code")
	}
	r.wants("one too many", guess(), 429, "too_many_attempts")
	var kept string
	err := r.pool.QueryRow(t.Context(), `SELECT (SELECT string_agg(t::text, ' ') FROM totp t) || (SELECT string_agg(c::text, ' ') FROM recovery_codes c)`).Scan(&kept)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{totp.Text(seed), hex.EncodeToString(seed), hex.EncodeToString([]byte(codes[0])), codes[0]} {
		if strings.Contains(kept, secret) {
			t.Errorf("the database shows %s", secret)
		}
	}
	for _, secret := range append(codes, totp.Text(seed), goodPassword, email) {
		if strings.Contains(r.log.String(), secret) {
			t.Errorf("the log shows %s", secret)
		}
	}
}

func TestChangeEmail(t *testing.T) {
	r, box := startWithMail(t, nil)
	const before, after, taken = "mara@acme.example", "mara@new.example", "jonas@acme.example"
	client, other := r.joined(box, before), r.joined(box, taken)
	confirm := func(client *http.Client, secret string) reply {
		return r.send(client, "/email/confirm", j("token", secret))
	}
	r.wants("without password", r.send(client, "/email", j("email", after, "password", "x")), 422, "wrong_password")
	r.wants("no address", r.send(client, "/email", j("email", "x", "password", goodPassword)), 422, "invalid_request")
	r.wants("ask", r.send(client, "/email", j("email", after, "password", goodPassword)), 202, "")
	if m := box.next(before, "Your address at Noctra is about to change"); !strings.Contains(m.Text, after) {
		t.Error(m.Text)
	}
	first := box.token(after, "Confirm your new address for Noctra")
	var account OwnAccountView
	decode(t, r.ask(client, "GET", "/api/v1/account", ""), 200, &account)
	if account.Email != before || account.PendingEmail != after {
		t.Errorf("%+v", account)
	}
	r.wants("somebody else's link", confirm(other, first), 404, "link_invalid")
	r.wants("signed out", confirm(r.browser(), first), 401, "signed_out")
	r.wants("take back", r.ask(client, "DELETE", "/api/v1/account/email", ""), 204, "")
	r.wants("taken back", confirm(client, first), 410, "link_used")
	r.wants("ask again", r.send(client, "/email", j("email", after, "password", goodPassword)), 202, "")
	second := box.token(after, "Confirm your new address for Noctra")
	r.wants("confirm", confirm(client, second), 204, "")
	r.wants("confirm again", confirm(client, second), 410, "link_used")
	box.next(before, "Your address at Noctra has changed")
	box.next(after, "Your address at Noctra has changed")
	r.wants("the old address", r.send(r.browser(), "/sign-in", j("email", before, "password", goodPassword)), 401, "wrong_credentials")
	r.signedInAs(after, goodPassword)

	a := r.send(client, "/email", j("email", taken, "password", goodPassword))
	r.wants("an address that has an account", a, 202, "")
	r.wants("its confirmation", confirm(client, box.token(taken, "Confirm your new address for Noctra")), 409, "conflict")
}

func TestDeletion(t *testing.T) {
	r, box := startWithMail(t, nil)
	const email, colleague = "mara@acme.example", "jonas@acme.example"
	client, other := r.joined(box, email), r.joined(box, colleague)
	r.wants("a site", r.ask(client, "POST", "/api/v1/sites", `{"name": "New", "hostnames": ["new.example"], "time_zone": "UTC", "currency": "EUR"}`), 201, "")
	remove := func() reply { return r.send(client, "/delete", j("password", goodPassword)) }
	r.wants("without password", r.send(client, "/delete", `{}`), 422, "wrong_password")
	share := `INSERT INTO members SELECT m.workspace_id, a.id, $3 FROM members m JOIN accounts o ON o.id = m.account_id AND o.email = $1, accounts a WHERE a.email = $2`
	r.sql(share, email, colleague, "analyst")
	a := remove()
	r.wants("last owner of others", a, 409, "last_owner")
	if p := a.problem(t); len(p.Errors) != 1 || p.Errors[0].Message != "Mara Lindqvist’s workspace" {
		t.Errorf("%+v", p)
	}
	r.sql(`DELETE FROM members WHERE role = 'analyst'`)
	r.wants("plan", remove(), 202, "")
	box.next(email, "Your account will be deleted")
	r.wants("take back", r.send(client, "/keep", ""), 204, "")
	box.next(email, "Your account stays")
	r.wants("nothing planned", r.send(client, "/keep", ""), 409, "conflict")
	r.wants("plan again", remove(), 202, "")
	r.offset.move(6 * 24 * time.Hour)
	r.tidy(t.Context())
	client = r.signedInAs(email, goodPassword)
	var account OwnAccountView
	decode(t, r.ask(client, "GET", "/api/v1/account", ""), 200, &account)
	var me MeView
	decode(t, r.ask(client, "GET", "/api/v1/me", ""), 200, &me)
	if account.DeleteAfter == nil || me.Account.DeleteAfter == nil || !me.Account.DeleteAfter.Equal(*account.DeleteAfter) {
		t.Errorf("the plan is gone: %v, %v", account.DeleteAfter, me.Account.DeleteAfter)
	}
	r.offset.move(25 * time.Hour)
	r.tidy(t.Context())
	if got := r.me(client); got != 401 {
		t.Errorf("a deleted account: %d", got)
	}
	if m := box.next(email, "Your account was deleted"); !strings.Contains(m.Text, "accounts: 1\n") || !strings.Contains(m.Text, "sessions: ") || !strings.Contains(m.Text, "nothing is left") {
		t.Errorf("no receipt: %s", m.Text)
	}
	var left, sites, audit int
	err := r.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM accounts WHERE email = $1) + (SELECT count(*) FROM sign_ups WHERE email = $1),
		(SELECT count(*) FROM sites WHERE name = 'New' AND state = 'active'), (SELECT count(*) FROM audit WHERE action = 'account.deleted')`, email).Scan(&left, &sites, &audit)
	if err != nil || left != 0 || sites != 0 || audit != 1 {
		t.Errorf("%d rows, %d sites, %d entries, %v", left, sites, audit, err)
	}
	if r.me(r.signedInAs(colleague, goodPassword)) != 200 || other == nil {
		t.Error("somebody else is gone")
	}
	r.joined(box, email) // the address may be used again
}

func TestAudit(t *testing.T) {
	r, box := startWithMail(t, nil)
	const email = "mara@acme.example"
	client := r.joined(box, email)
	r.wants("rename", r.ask(client, "PATCH", "/api/v1/account", j("name", "Mara L.")), 204, "")
	r.wants("sign out", r.ask(client, "POST", "/api/v1/sign-out", ""), 204, "")
	var actions string
	err := r.pool.QueryRow(t.Context(), `SELECT string_agg(action, ' ' ORDER BY seq) FROM audit WHERE chain = 0`).Scan(&actions)
	if err != nil || actions != "account.created sign_in.done account.renamed sign_out.done" {
		t.Errorf("%s, %v", actions, err)
	}
	for _, change := range []string{`UPDATE audit SET action = 'x'`, `DELETE FROM audit`, `TRUNCATE audit`} {
		if _, err := r.pool.Exec(t.Context(), change); err == nil {
			t.Errorf("%s went through", change)
		}
	}
	check := func(want int) {
		t.Helper()
		report, err := VerifyAudit(t.Context(), r.config, "")
		if err != nil || len(report.Gaps) != want || report.Entries < 3 {
			t.Errorf("%+v, %v, want %d gaps", report, err, want)
		}
	}
	check(0)
	r.sql(`ALTER TABLE audit DISABLE TRIGGER audit_append_only`)
	r.sql(`UPDATE audit SET address = '10.0.0.1' WHERE chain = 0 AND seq = 2`)
	check(1)
	r.sql(`DELETE FROM audit WHERE chain = 0 AND seq = 2`)
	check(1)
}
