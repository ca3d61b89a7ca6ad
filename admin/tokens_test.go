package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"noctra/admin/internal/token"
)

// tokenKind is a kind of secret that somebody shows: how one is made, used and made to expire.
type tokenKind struct {
	name    string // table and, where it has several, kind
	fresh   func(t *tokens) string
	use     func(t *tokens, secret string) reply
	foreign func(t *tokens, secret string) reply // by somebody else; nil: whoever has it is meant
	expire  string                               // SQL with the hash; empty: it does not expire
}

// misuses are what is done with a secret, besides using it.
var misuses = []string{"good", "again", "expired", "foreign", "unknown", "truncated", "malformed", "empty", "long"}

// elsewhere are secrets that the admin service does not take, with the tests that do the same to them.
var elsewhere = map[string]string{
	"server_keys.key_hash":                "../collector/secrets_test.go",
	"google_connections.file_secret_hash": "../internal/googleauth", // taken by the uploader
	"oauth_flows.state_hash":              "../internal/googleauth",
	"oauth_flows.session_hash":            "../internal/googleauth",
	"devices":                             "account_signin_test.go", // opens nothing: TestGuessing
}

// tokens is who shows them: mara, who is meant, and jon, who is not.
type tokens struct {
	team
	mara, jon, other *http.Client // other has no cookies
	account, foreign int64
	workspace        int64
	handle           []byte
	device           *authenticator
	registered       *authenticator
	answer           []byte   // of the device to the newest question
	codes            []string // recovery codes that are left
	foreignCodes     []string
}

func newTokens(r *rig, box *mailbox) *tokens {
	x := &tokens{team: team{rig: r, box: box}, other: r.client}
	x.mara, x.jon = r.joined(box, "mara@acme.example"), r.joined(box, "jon@other.example")
	_, x.codes = r.withTOTP(x.mara, goodPassword)
	_, x.foreignCodes = r.withTOTP(x.jon, goodPassword)
	var made OwnWorkspaceView
	decode(r.t, r.ask(x.mara, "POST", "/api/v1/workspaces", j("name", "Acme")), 201, &made)
	x.path = "/api/v1/workspaces/" + made.ID
	x.scan(`SELECT a.id, b.id, $1::text::bigint, a.passkey_handle FROM accounts a, accounts b WHERE a.email = 'mara@acme.example' AND b.email = 'jon@other.example'`, []any{made.ID},
		&x.account, &x.foreign, &x.workspace, &x.handle)
	return x
}

var quotedText = regexp.MustCompile(`'([a-z_]+)'::text`)

// row adds a row with the hash of a new secret.
func (t *tokens) row(query string, args ...any) string {
	secret := token.New("")
	t.sql(query, append([]any{token.Hash(secret)}, args...)...)
	return secret
}

func (t *tokens) post(client *http.Client, path string, pairs ...any) reply {
	return t.ask(client, "POST", "/api/v1"+path, j(pairs...))
}

// enter ends a sign-in with the next recovery code of somebody.
func (t *tokens) enter(secret string, codes *[]string) reply {
	a := t.post(t.browser(), "/account/sign-in/second-factor", "ceremony", secret, "recovery_code", (*codes)[0])
	if a.status == 200 {
		*codes = (*codes)[1:]
	}
	return a
}

// again signs mara in where something ended her sign-ins.
func (t *tokens) again() *http.Client {
	if t.me(t.mara) != 200 {
		base, err := url.Parse(t.url)
		if err != nil {
			t.t.Fatal(err)
		}
		secret := t.row(`INSERT INTO sessions (token_hash, account_id, created_at, last_seen_at, expires_at) VALUES ($1, $2, now(), now(), now() + interval '1 hour')`, t.account)
		t.mara.Jar.SetCookies(base, []*http.Cookie{{Name: t.cookieName(), Value: secret, Path: "/"}})
	}
	return t.mara
}

func (t *tokens) addPasskey(client *http.Client, ceremony string) reply {
	a := t.ask(client, "POST", "/api/v1/account/passkeys", fmt.Sprintf(`{"ceremony": %q, "name": "Laptop", "credential": %s}`, ceremony, t.answer))
	if a.status == 204 {
		t.registered = t.device
	}
	return a
}

// misuse does one of misuses with a new secret and says what the answer is.
func (t *tokens) misuse(k tokenKind, how string) string {
	t.sql(`DELETE FROM attempts`)
	secret := k.fresh(t)
	use := k.use
	switch how {
	case "again":
		k.use(t, secret)
	case "expired":
		if k.expire == "" {
			return "-"
		}
		t.sql(k.expire, token.Hash(secret))
	case "foreign":
		if use = k.foreign; use == nil {
			return "-"
		}
	case "unknown":
		last := secret[len(secret)-1]
		secret = secret[:len(secret)-1] + map[bool]string{true: "B", false: "A"}[last == 'A']
	case "truncated":
		secret = secret[:len(secret)-1]
	case "malformed":
		secret = secret[:len(secret)-1] + "_"
	case "empty":
		secret = ""
	case "long":
		secret += strings.Repeat("A", 3000)
	}
	a := use(t, secret)
	return strings.TrimSpace(fmt.Sprint(a.status, " ", cmp.Or(a.code(), strings.TrimPrefix(a.header.Get("Location"), "/?sign_in="))))
}

// declared are all kinds of secrets that the database has hashes of.
func (t *tokens) declared() (kinds []string) {
	rows, err := t.pool.Query(t.t.Context(), `SELECT c.table_name || CASE WHEN c.column_name IN ('token_hash', 'code_hash') THEN '' ELSE '.' || c.column_name END,
		coalesce((SELECT string_agg(pg_get_constraintdef(k.oid), ' ') FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND k.conkey = ARRAY[a.attnum]
			WHERE k.conrelid = c.table_name::regclass AND k.contype = 'c' AND (a.attname = 'purpose' OR a.attname = 'kind' AND c.table_name = 'ceremonies')), '')
		FROM information_schema.columns c WHERE c.table_schema = current_schema() AND c.data_type = 'bytea' AND c.column_name ~ '(token|key|code|state|secret|session)_hash$'`)
	if err != nil {
		t.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, check string
		if err := rows.Scan(&name, &check); err != nil {
			t.t.Fatal(err)
		}
		several := quotedText.FindAllStringSubmatch(check, -1)
		for _, kind := range several {
			kinds = append(kinds, name+" "+kind[1])
		}
		if len(several) == 0 {
			kinds = append(kinds, name)
		}
	}
	if err := rows.Err(); err != nil {
		t.t.Fatal(err)
	}
	return kinds
}

// Every kind of secret is taken as it is meant, and repeated, expired, of somebody else, malformed,
// truncated, empty or too long refused as it is written down here. A kind that is new has no line and fails.
func TestTokens(t *testing.T) {
	r, box := startWithMail(t, func(c *Config) { c.PublicURL = "http://localhost:8080" })
	x := newTokens(r, box)
	kinds := tokenKinds()
	var known []string
	for _, k := range kinds {
		known = append(known, k.name)
	}
	for name, where := range elsewhere {
		known = append(known, name)
		if _, err := os.Stat(where); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	declared := x.declared()
	slices.Sort(known)
	slices.Sort(declared)
	if diff := gocmp.Diff(known, declared); diff != "" {
		t.Errorf("kinds with a line (-) and kinds that there are (+):\n%s", diff)
	}
	var got strings.Builder
	for _, k := range kinds {
		fmt.Fprintf(&got, "%s\n", k.name)
		for _, how := range misuses {
			if answer := x.misuse(k, how); answer != "-" {
				fmt.Fprintf(&got, "  %-10s %s\n", how, answer)
			}
		}
	}
	want, err := os.ReadFile("testdata/tokens.txt")
	if *update {
		err = os.WriteFile("testdata/tokens.txt", []byte(got.String()), 0o600)
		want = []byte(got.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), got.String()); diff != "" {
		t.Error(diff)
	}
}
