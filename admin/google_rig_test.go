package admin

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"noctra/fakes/google"
	"noctra/internal/googleauth"
	"noctra/internal/testenv"
)

// openGoogleFake runs a Google of the test's own.
func openGoogleFake(t testing.TB) *google.Service {
	t.Helper()
	s, err := google.New(google.Config{Dir: t.TempDir(), Addr: "127.0.0.1:0", ClientID: "client", ClientSecret: "client-secret", PerMinute: 100_000, PerDay: 1_000_000}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	testenv.Serve(t, s.Run)
	return s
}

// withGoogle runs a Google of the test's own and points the settings at it.
func withGoogle(t testing.TB) func(*Config) {
	t.Helper()
	fake := openGoogleFake(t)
	dir := t.TempDir()
	return func(c *Config) {
		secret := filepath.Join(dir, "google-client")
		if err := os.WriteFile(secret, []byte("client-secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c.Google = googleauth.Config{
			ClientID: "client", ClientSecretFile: secret, KeyFile: filepath.Join(dir, "google-keys.json"), AuthURL: fake.URL() + "/o/oauth2/v2/auth", TokenURL: fake.URL() + "/token",
			RevokeURL: fake.URL() + "/revoke", DataManagerURL: fake.URL(), AdsURL: fake.URL(), AdsVersion: "v25",
		}
	}
}

// consentAs answers Google's consent page as somebody, who grants some scopes (all, where none is
// named), and returns where the browser is sent.
func consentAs(t testing.TB, page, person string, scopes ...string) string {
	t.Helper()
	if len(scopes) == 0 {
		scopes = googleauth.Scopes()
	}
	address, query, _ := strings.Cut(page, "?")
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"query": {query}, "user": {person}, "answer": {"allow"}, "scope": scopes}
	if person == "" {
		form.Set("answer", "deny")
	}
	answer, err := browser.PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("consent: %d %s", answer.StatusCode, body)
	}
	return answer.Header.Get("Location")
}

// googleScene is what a scene has for uploads: a connection with a conversion action.
type googleScene struct{ connection, mapping string }

var sharedGrant = struct {
	sync.Mutex
	of map[*Service]googleauth.Grant
}{of: map[*Service]googleauth.Grant{}}

// grant is what somebody allowed, the same for all connections of a rig.
func (r *rig) grant() googleauth.Grant {
	r.t.Helper()
	sharedGrant.Lock()
	defer sharedGrant.Unlock()
	g, ok := sharedGrant.of[r.Service]
	if !ok {
		verifier := googleauth.Verifier()
		back, err := url.Parse(consentAs(r.t, r.google.client.ConsentURL(r.redirectURL(), "x", verifier), "ads@shop.noctra.example"))
		if err == nil {
			g, err = r.google.client.Exchange(r.t.Context(), r.redirectURL(), back.Query().Get("code"), verifier)
		}
		if err != nil {
			r.t.Fatal(err)
		}
		sharedGrant.of[r.Service] = g
	}
	return g
}

// googleOf gives a scene a connection to the demo's shop at Google.
func (r *rig) googleOf(s scene) (of googleScene) {
	r.t.Helper()
	if r.google.client == nil {
		return of
	}
	id, err := r.store.NextConnectionID(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	sealed, err := r.google.tokens.Seal(id, r.grant())
	if err == nil {
		err = r.pool.QueryRow(r.t.Context(), `WITH c AS (INSERT INTO google_connections (id, workspace_id, state, transport, scopes, refresh_token, access_token, access_until, customer_id, customer_name, abilities)
				OVERRIDING SYSTEM VALUE VALUES ($1, $2::text::bigint, 'active', 'data_manager', $3, $4, $5, $6, '2000000002', $7, '{"data_manager": {"can": true, "code": "", "checked_at": "2026-10-01T00:00:00Z"}}') RETURNING id),
			m AS (INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since) SELECT $2::text::bigint, $8::text::bigint, id, '900000021', $7, now() FROM c RETURNING id)
			SELECT c.id::text, m.id::text FROM c, m`, id, s.workspace, googleauth.Scopes(), sealed.Refresh, sealed.Access, sealed.Until, s.mark, s.site).Scan(&of.connection, &of.mapping)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return of
}
