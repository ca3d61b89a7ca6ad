package googleauth_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/fakes/google"
	"noctra/internal/envelope"
	"noctra/internal/googleauth"
	"noctra/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const redirect = "https://noctra.example/google/callback"

// rig is a fake Google, and a database with a workspace.
type rig struct {
	t         *testing.T
	pool      *pgxpool.Pool
	client    *googleauth.Client
	tokens    *googleauth.Tokens
	workspace int64
	moved     time.Duration
}

func (r *rig) now() time.Time { return time.Now().Add(r.moved) }

func start(t *testing.T) *rig {
	t.Helper()
	fake, err := google.New(google.Config{Dir: t.TempDir(), Addr: "127.0.0.1:0", ClientID: "client", ClientSecret: "secret", PerMinute: 300, PerDay: 1000}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	testenv.Serve(t, fake.Run)
	r := &rig{t: t}
	keys := filepath.Join(t.TempDir(), "google-keys.json")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := errors.Join(envelope.Ensure(keys), os.WriteFile(secret, []byte("secret\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	config := googleauth.Config{
		ClientID: "client", ClientSecretFile: secret, KeyFile: keys, AuthURL: fake.URL() + "/o/oauth2/v2/auth", TokenURL: fake.URL() + "/token", RevokeURL: fake.URL() + "/revoke",
		DataManagerURL: fake.URL(), AdsURL: fake.URL(), AdsVersion: "v25",
	}
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	if r.pool, err = testenv.Postgres(t).Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.pool.Close)
	if r.client, err = googleauth.NewClient(config, r.now); err != nil {
		t.Fatal(err)
	}
	if r.tokens, err = googleauth.Open(config, r.pool, r.now); err != nil {
		t.Fatal(err)
	}
	if err := r.pool.QueryRow(t.Context(), `INSERT INTO workspaces (name) VALUES ('w') RETURNING id`).Scan(&r.workspace); err != nil {
		t.Fatal(err)
	}
	return r
}

// allow answers the consent page, and exchanges what comes back.
func (r *rig) allow(scopes ...string) googleauth.Grant {
	r.t.Helper()
	verifier := googleauth.Verifier()
	page := r.client.ConsentURL(redirect, "the state", verifier)
	address, query, _ := strings.Cut(page, "?")
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.PostForm(address, url.Values{"query": {query}, "user": {"ads@shop.noctra.example"}, "answer": {"allow"}, "scope": scopes})
	if err != nil {
		r.t.Fatal(err)
	}
	_ = answer.Body.Close()
	back, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || back.Query().Get("state") != "the state" {
		r.t.Fatalf("%d, back to %s: %v", answer.StatusCode, back, err)
	}
	if _, err := r.client.Exchange(r.t.Context(), redirect, "4/0Awrong", verifier); !googleauth.InvalidGrant(err) {
		r.t.Errorf("a wrong code: %v", err)
	}
	g, err := r.client.Exchange(r.t.Context(), redirect, back.Query().Get("code"), verifier)
	if err != nil {
		r.t.Fatal(err)
	}
	return g
}

// connection keeps a grant as a connection.
func (r *rig) connection(g googleauth.Grant) (id int64) {
	r.t.Helper()
	if err := r.pool.QueryRow(r.t.Context(), `SELECT nextval(pg_get_serial_sequence('google_connections', 'id'))`).Scan(&id); err != nil {
		r.t.Fatal(err)
	}
	s, err := r.tokens.Seal(id, g)
	if err != nil {
		r.t.Fatal(err)
	}
	_, err = r.pool.Exec(r.t.Context(), `INSERT INTO google_connections (id, workspace_id, state, transport, scopes, refresh_token, access_token, access_until)
		OVERRIDING SYSTEM VALUE VALUES ($1, $2, 'active', 'data_manager', $3, $4, $5, $6)`, id, r.workspace, g.Scopes, s.Refresh, s.Access, s.Until)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func (r *rig) token(id int64) string {
	r.t.Helper()
	token, err := r.tokens.Token(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return token
}

// problem is state, problem and detail of a connection.
func (r *rig) problem(id int64) (all string) {
	r.t.Helper()
	if err := r.pool.QueryRow(r.t.Context(), `SELECT concat_ws(' ', state, problem, problem_detail, problem_at IS NOT NULL) FROM google_connections WHERE id = $1`, id).Scan(&all); err != nil {
		r.t.Fatal(err)
	}
	return all
}

func TestTokens(t *testing.T) {
	r := start(t)
	grant := r.allow(googleauth.Scopes()...)
	if grant.Refresh == "" || len(grant.Lacks()) != 0 {
		t.Fatalf("scopes %v", grant.Scopes)
	}
	id := r.connection(grant)
	if got := r.token(id); got != grant.Access {
		t.Error("a good token was not given out")
	}
	var sealed []byte
	if err := r.pool.QueryRow(t.Context(), `SELECT refresh_token || access_token FROM google_connections WHERE id = $1`, id).Scan(&sealed); err != nil || strings.Contains(string(sealed), grant.Refresh) || strings.Contains(string(sealed), grant.Access) {
		t.Errorf("tokens stand open in the database, %v", err)
	}

	r.moved = time.Hour // many want a new one at once, and there is one
	all := make([]string, 8)
	var group sync.WaitGroup
	for i := range all {
		group.Go(func() {
			var err error
			if all[i], err = r.tokens.Token(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, got := range all {
		if got == "" || got == grant.Access || got != all[0] {
			t.Error("it was refreshed more than once, or not at all")
		}
	}

	if err := r.tokens.Drop(t.Context(), id, "another"); err != nil || r.token(id) != all[0] {
		t.Errorf("a token was dropped that was not meant: %v", err)
	}
	if err := r.tokens.Drop(t.Context(), id, all[0]); err != nil || r.token(id) == all[0] {
		t.Errorf("a token that Google refused was given out again: %v", err)
	}
}

// A consent that is over ends the connection, once, with its reason.
func TestEnd(t *testing.T) {
	r := start(t)
	revoked, grant := r.connection(r.allow(googleauth.Scopes()...)), r.allow(googleauth.ScopeDataManager)
	if missing := grant.Lacks(); len(missing) != 1 || missing[0] != googleauth.ScopeAds {
		t.Errorf("missing %v", missing)
	}
	lacking := r.connection(grant)
	var sealed []byte
	if err := r.pool.QueryRow(t.Context(), `SELECT refresh_token FROM google_connections WHERE id = $1`, revoked).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if _, err := r.tokens.Refresher(sealed, lacking); err == nil {
		t.Error("a token opened in another row")
	}
	refresh, err := r.tokens.Refresher(sealed, revoked)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds it over, which is as good
		if err := r.client.Revoke(t.Context(), refresh); err != nil {
			t.Error(err)
		}
	}
	r.moved = time.Hour
	for _, c := range []struct {
		id         int64
		code, want string
	}{
		{revoked, "INVALID_GRANT", "needs_reconnecting INVALID_GRANT the consent was revoked or has run out t"},
		{lacking, "MISSING_SCOPES", "needs_reconnecting MISSING_SCOPES " + googleauth.ScopeAds + " t"},
	} {
		for range 2 { // asked of Google once, and then of the connection
			var refused *googleauth.Refused
			if _, err := r.tokens.Token(t.Context(), c.id); !errors.As(err, &refused) || refused.Code != c.code {
				t.Errorf("token: %v, want %s", err, c.code)
			}
		}
		if got := r.problem(c.id); got != c.want {
			t.Errorf("the connection is %q, want %q", got, c.want)
		}
	}
	at := time.Date(2026, 10, 1, 12, 40, 0, 0, time.UTC)
	if err := errors.Join(googleauth.Note(t.Context(), r.pool, revoked, "upload", at), googleauth.Note(t.Context(), r.pool, revoked, "upload", at.Add(time.Minute))); err != nil {
		t.Error(err)
	}
	var calls int
	if err := r.pool.QueryRow(t.Context(), `SELECT calls FROM google_accesses WHERE at = '2026-10-01 12:00+00'`).Scan(&calls); err != nil || calls != 2 {
		t.Errorf("%d accesses, %v", calls, err)
	}
}

func TestConfig(t *testing.T) {
	good := googleauth.Config{AuthURL: "https://a", TokenURL: "https://a", RevokeURL: "https://a", DataManagerURL: "https://a", AdsURL: "http://127.0.0.1:1", AdsVersion: "v25"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for flag, change := range map[string]func(*googleauth.Config){
		"--google-client-secret-file": func(c *googleauth.Config) { c.ClientID = "x" },
		"--google-key-file":           func(c *googleauth.Config) { c.ClientID, c.ClientSecretFile = "x", "x" },
		"--google-client-id":          func(c *googleauth.Config) { c.ClientSecretFile = "x" },
		"--google-token-url":          func(c *googleauth.Config) { c.TokenURL = "http://tokens.example" },
		"--google-ads-url":            func(c *googleauth.Config) { c.AdsURL = "https://x@y" },
		"--google-ads-version":        func(c *googleauth.Config) { c.AdsVersion = "25" },
	} {
		bad := good
		change(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}
