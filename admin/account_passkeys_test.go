package admin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
)

// authenticator is a key that a person holds.
type authenticator struct {
	party virtualwebauthn.RelyingParty
	soft  virtualwebauthn.Authenticator
	key   virtualwebauthn.Credential
}

func newAuthenticator(handle []byte) *authenticator {
	return &authenticator{
		party: virtualwebauthn.RelyingParty{Name: "Noctra", ID: "localhost", Origin: "http://localhost:8080"},
		soft:  virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: handle}),
		key:   virtualwebauthn.NewCredentialWithImportedKey(virtualwebauthn.KeyTypeEC2, fullKey()),
	}
}

// fullKey is a new key whose coordinates begin with no zero: virtualwebauthn writes them shorter than the
// 32 bytes that they must have, one key of 128.
func fullKey() []byte {
	for {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		point, err := key.PublicKey.Bytes() // 4, X, Y
		if err != nil {
			panic(err)
		}
		if point[1] == 0 || point[33] == 0 {
			continue
		}
		pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			panic(err)
		}
		return pkcs8
	}
}

type begun struct {
	Ceremony string
	Options  json.RawMessage
}

// wrapped gives options the form that navigator.credentials takes.
func (b begun) wrapped() string { return `{"publicKey":` + string(b.Options) + `}` }

func (a *authenticator) create(t *testing.T, b begun) json.RawMessage {
	t.Helper()
	options, err := virtualwebauthn.ParseAttestationOptions(b.wrapped())
	if err != nil {
		t.Fatalf("%v in %s", err, b.Options)
	}
	return json.RawMessage(virtualwebauthn.CreateAttestationResponse(a.party, a.soft, a.key, *options))
}

func (a *authenticator) get(t *testing.T, b begun) json.RawMessage {
	t.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(b.wrapped())
	if err != nil {
		t.Fatalf("%v in %s", err, b.Options)
	}
	a.key.Counter++
	return json.RawMessage(virtualwebauthn.CreateAssertionResponse(a.party, a.soft, a.key, *options))
}

func TestPasskeys(t *testing.T) {
	r, box := startWithMail(t, func(c *Config) { c.PublicURL = "http://localhost:8080" })
	const email = "mara@acme.example"
	owner := r.joined(box, email)
	r.withTOTP(owner, goodPassword) // a passkey is two factors in one
	var handle []byte
	if err := r.pool.QueryRow(t.Context(), `SELECT passkey_handle FROM accounts WHERE email = $1`, email).Scan(&handle); err != nil {
		t.Fatal(err)
	}
	device := newAuthenticator(handle)
	begin := func(client *http.Client, path, body string) (b begun) {
		decode(t, r.send(client, path, body), 200, &b)
		return b
	}
	add := func(b begun, answer json.RawMessage) reply {
		return r.send(owner, "/passkeys", j("ceremony", b.Ceremony, "name", "Laptop", "credential", answer))
	}
	r.wants("without the password", r.send(owner, "/passkeys/begin", `{}`), 422, "wrong_password")
	step := begin(owner, "/passkeys/begin", j("password", goodPassword))
	answer := device.create(t, step)
	r.wants("add", add(step, answer), 204, "")
	box.next(email, "A passkey was added")
	r.wants("the same ceremony", add(step, answer), 410, "ceremony_over")
	r.wants("an answer to another question", add(begin(owner, "/passkeys/begin", j("password", goodPassword)), answer), 422, "invalid_request")
	r.wants("no answer", add(begin(owner, "/passkeys/begin", j("password", goodPassword)), json.RawMessage(`{}`)), 422, "invalid_request")

	enter := func(b begun, answer json.RawMessage) (*http.Client, reply) {
		client := r.browser()
		return client, r.send(client, "/sign-in/passkey", j("ceremony", b.Ceremony, "credential", answer))
	}
	step = begin(r.browser(), "/sign-in/passkey/begin", "")
	answer = device.get(t, step)
	client, a := enter(step, answer)
	r.wants("sign in", a, 200, "")
	if got := r.me(client); got != 200 {
		t.Errorf("signed in: %d", got)
	}
	_, a = enter(step, answer)
	r.wants("replay", a, 410, "ceremony_over")
	_, a = enter(begin(r.browser(), "/sign-in/passkey/begin", ""), answer)
	r.wants("an old answer", a, 401, "wrong_credentials")
	step = begin(r.browser(), "/sign-in/passkey/begin", "")
	_, a = enter(step, newAuthenticator(handle).get(t, step))
	r.wants("a key that is not registered", a, 401, "wrong_credentials")
	other := *device
	other.party.Origin = "https://evil.example"
	step = begin(r.browser(), "/sign-in/passkey/begin", "")
	_, a = enter(step, other.get(t, step))
	r.wants("for another site", a, 401, "wrong_credentials")
	step = begin(r.browser(), "/sign-in/passkey/begin", "")
	r.offset.move(11 * time.Minute)
	_, a = enter(step, device.get(t, step))
	r.wants("late", a, 410, "ceremony_over")

	var list struct{ Passkeys []PasskeyView }
	decode(t, r.ask(owner, "GET", "/api/v1/account/passkeys", ""), 200, &list)
	if len(list.Passkeys) != 1 || list.Passkeys[0].Name != "Laptop" || list.Passkeys[0].LastUsedAt == nil {
		t.Fatalf("%+v", list)
	}
	path := "/passkeys/" + list.Passkeys[0].ID + "/remove"
	r.wants("remove somebody else's", r.send(r.signedIn(), path, `{}`), 404, "not_found")
	r.offset.move(10 * time.Minute) // the sign-in is no longer fresh
	r.wants("remove without the password", r.send(owner, path, `{}`), 422, "wrong_password")
	r.wants("remove with another one", r.send(owner, path, j("password", "another password")), 422, "wrong_password")
	r.wants("remove", r.send(owner, path, j("password", goodPassword)), 204, "")
	box.next(email, "A passkey was removed")
	step = begin(r.browser(), "/sign-in/passkey/begin", "")
	_, a = enter(step, device.get(t, step))
	r.wants("removed", a, 401, "wrong_credentials")
}

// Routes that come before a sign-in take no key and no cookie, and say where a request is wrong without
// repeating it.
func TestBeforeSignIn(t *testing.T) {
	r, _ := startWithMail(t, func(c *Config) { c.PublicURL = "http://localhost:8080" })
	for _, c := range r.routes() {
		if c.need != beforeSignIn {
			continue
		}
		for _, body := range []string{`{`, `[]`, `{"token": 7, "email": {}, "password": null, "ceremony": []}`, ``} {
			a := r.ask(r.browser(), c.method, c.path, body, "Authorization", "Bearer nonsense")
			if a.status >= 500 || a.status < 400 && c.name != "begin-passkey-sign-in" {
				t.Errorf("%s with %s: %d %s", c.path, body, a.status, a.body)
			}
		}
		long := strings.Repeat("x", 2000)
		a := r.ask(r.browser(), c.method, c.path, j("token", long, "email", long, "password", long, "ceremony", long, "name", long, "credential", long))
		if a.status >= 500 || strings.Contains(a.body, "xxx") {
			t.Errorf("%s with long fields: %d %s", c.path, a.status, a.body)
		}
	}
}
