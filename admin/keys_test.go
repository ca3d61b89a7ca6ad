package admin

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"noctra/admin/internal/token"
	"noctra/internal/envelope"
	"noctra/schema"
)

// keysOf are the server keys of the demo site by their ids.
func (r *rig) keysOf(owner *http.Client) map[string]ServerKeyView {
	r.t.Helper()
	var out serverKeysOutput
	decode(r.t, r.ask(owner, "GET", "/api/v1/sites/"+r.demo().SiteID+"/server-keys", ""), 200, &out.Body)
	all := map[string]ServerKeyView{}
	for _, k := range out.Body.Keys {
		all[k.ID] = k
	}
	return all
}

// A key that is rotated stays good for the overlap, and both are named in the list.
func TestRotation(t *testing.T) {
	dir := t.TempDir()
	r := start(t, func(c *Config) {
		c.SigningKeyFile, c.MasterKeyFile = filepath.Join(dir, "signing-keys.json"), filepath.Join(dir, "master-keys.json")
	})
	owner := r.signedIn()
	path := "/api/v1/sites/" + r.demo().SiteID + "/server-keys"
	var old NewKey
	ends := r.offset.now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	decode(t, r.ask(owner, "POST", path, `{"name": "Shop", "signature": "required", "expires_at": "`+ends.Format(time.RFC3339)+`"}`), 201, &old)
	if !token.Looks(old.SigningSecret, token.Signing) {
		t.Errorf("%+v", old)
	}
	var made RotatedKey
	first := r.ask(owner, "POST", path+"/"+old.ID+"/rotate", `{"overlap_hours": 24}`, "Idempotency-Key", "a")
	decode(t, first, 201, &made)
	if again := r.ask(owner, "POST", path+"/"+old.ID+"/rotate", `{"overlap_hours": 24}`, "Idempotency-Key", "a"); again.body != first.body {
		t.Errorf("again: %s", again.body)
	}
	r.wants("rotated twice", r.ask(owner, "POST", path+"/"+old.ID+"/rotate", `{"overlap_hours": 24}`), 409, "conflict")
	r.wants("too long", r.ask(owner, "POST", path+"/"+made.ID+"/rotate", `{"overlap_hours": 721}`), 422, "invalid_request")
	if !token.Looks(made.Key, token.Server) || made.Key == old.Key || made.SigningSecret == old.SigningSecret || made.Replaces != old.ID || made.OldExpiresAt.After(r.offset.now().Add(24*time.Hour)) {
		t.Errorf("%+v", made)
	}
	keys := r.keysOf(owner)
	was, is := keys[old.ID], keys[made.ID]
	if was.ReplacedBy != made.ID || was.State != "active" || is.Replaces != old.ID || is.Signature != "required" || !is.CanSign || is.Name != "Shop" || is.CreatedBy == nil || is.AllSites {
		t.Errorf("old %+v\nnew %+v", was, is)
	}
	if lasts := is.ExpiresAt.Sub(is.CreatedAt); lasts < 47*time.Hour || lasts > 48*time.Hour {
		t.Errorf("the new key lasts %s", lasts)
	}
	r.offset.move(25 * time.Hour)
	if keys = r.keysOf(owner); keys[old.ID].State != "expired" || keys[made.ID].State != "active" {
		t.Errorf("after the overlap: %+v", keys)
	}
	ring, err := envelope.Open(r.config.SigningKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	before := r.sealedOf(made.Key)
	if report, err := RotateKeys(t.Context(), r.config, Rotation{Apply: true}); err != nil || report.Signing != 2 {
		t.Errorf("%+v, %v", report, err)
	}
	sealed := r.sealedOf(made.Key)
	if bytes.Equal(sealed, before) {
		t.Error("the secret is under the old signing key")
	}
	for _, one := range [][]byte{before, sealed} {
		if plain, err := ring.Unseal(one, schema.SigningSecretPlace([32]byte(token.Hash(made.Key)))); err != nil || string(plain) != made.SigningSecret {
			t.Errorf("unsealed %q, %v", plain, err)
		}
	}
	if _, err := ring.Unseal(sealed, schema.SigningSecretPlace([32]byte(token.Hash(old.Key)))); err == nil {
		t.Error("the secret opens for another key")
	}
}

// sealedOf is the signing secret of a key, sealed.
func (r *rig) sealedOf(key string) (sealed []byte) {
	r.t.Helper()
	if err := r.pool.QueryRow(r.t.Context(), `SELECT signing_secret FROM server_keys WHERE key_hash = $1`, token.Hash(key)).Scan(&sealed); err != nil {
		r.t.Fatal(err)
	}
	return sealed
}

// The first use of a server key is one entry, however many services note it, and whoever is started again.
func TestFirstUseOfServerKey(t *testing.T) {
	r := start(t, nil)
	other := launch(t, r.config)
	eventually(t, "the second is ready", func() bool { return other.Ready() == nil })
	r.sql(`INSERT INTO workspaces (name) VALUES ('other')`)
	r.sql(`INSERT INTO server_keys (workspace_id, name, key_hash) SELECT w.id, 'key ' || i, sha256(convert_to(w.id || ' ' || i, 'UTF8')) FROM workspaces w, generate_series(1, 20) i`)
	r.sql(`INSERT INTO server_key_uses (key_id, first_used_at, last_used_at) SELECT id, now(), now() FROM server_keys`)
	noted := func() (n, keys int) {
		t.Helper()
		if err := r.pool.QueryRow(t.Context(), `SELECT count(*), count(DISTINCT after ->> 'key_id') FROM audit WHERE action = 'server_key.first_used'`).Scan(&n, &keys); err != nil {
			t.Fatal(err)
		}
		return n, keys
	}
	var group sync.WaitGroup
	for _, s := range []*rig{r, other, r, other} {
		group.Go(func() { s.noteKeyUses(t.Context()) })
	}
	group.Wait()
	eventually(t, "all are noted", func() bool { _, keys := noted(); return keys == 41 })
	launch(t, r.config).noteKeyUses(t.Context())
	r.sql(`UPDATE server_key_uses SET last_used_at = last_used_at + interval '1 hour'`)
	r.noteKeyUses(t.Context())
	if n, keys := noted(); n != 41 || keys != 41 {
		t.Errorf("%d entries for %d keys", n, keys)
	}
	if report, err := VerifyAudit(t.Context(), r.config, ""); err != nil || !report.Whole() {
		t.Errorf("%+v, %v", report, err)
	}
}

// Changes of a key name what they are based on; a key without a signing secret cannot be made to sign.
func TestChangeServerKey(t *testing.T) {
	r := start(t, nil)
	owner := r.signedIn()
	path := "/api/v1/sites/" + r.demo().SiteID + "/server-keys"
	r.wants("no signing keys", r.ask(owner, "POST", path, `{"name": "Shop", "signature": "required"}`), 503, "secrets_unavailable")
	for body, field := range map[string]string{`{"name": "x", "site_ids": ["99999"]}`: "site_ids", `{"name": "x", "site_ids": ["a"]}`: "site_ids[0]", `{"name": "x", "expires_at": "2020-01-01T00:00:00Z"}`: "expires_at"} {
		if p := r.ask(owner, "POST", path, body).problem(t); p.Code != "invalid_request" || len(p.Errors) != 1 || p.Errors[0].Path != field {
			t.Errorf("%s: %+v", body, p)
		}
	}
	var made NewKey
	decode(t, r.ask(owner, "POST", path, `{"name": "Shop", "all_sites": true}`), 201, &made)
	path += "/" + made.ID
	read := r.ask(owner, "GET", path, "")
	tag := read.header.Get("ETag")
	r.wants("without a tag", r.ask(owner, "PATCH", path, `{"name": "B"}`), 428, "precondition_required")
	r.wants("signature", r.ask(owner, "PATCH", path, `{"signature": "required"}`, "If-Match", tag), 409, "conflict")
	var changed ServerKeyView
	a := r.ask(owner, "PATCH", path, `{"name": " Back end "}`, "If-Match", tag)
	decode(t, a, 200, &changed)
	if changed.Name != "Back end" || !changed.AllSites || changed.CanSign || a.header.Get("ETag") == tag {
		t.Errorf("%+v, %s", changed, a.header.Get("ETag"))
	}
	r.wants("stale", r.ask(owner, "PATCH", path, `{"name": "C"}`, "If-Match", tag), 412, "changed_meanwhile")
	if got := r.audited("server_key"); got != "server_key.created server_key.changed" {
		t.Errorf("audit: %s", got)
	}
}

// audited are the actions of the demo's workspace that begin so, the oldest first.
func (r *rig) audited(begin string) string {
	r.t.Helper()
	var all []string
	if err := r.pool.QueryRow(r.t.Context(), `SELECT coalesce(array_agg(action ORDER BY seq), '{}') FROM audit WHERE chain = $1::text::bigint AND starts_with(action, $2 || '.')`,
		r.demo().WorkspaceID, begin).Scan(&all); err != nil {
		r.t.Fatal(err)
	}
	return strings.Join(all, " ")
}

// An API key reads what its scopes and sites say, is noted at its first use, and its last use is known
// to the minute.
func TestAPIKeyScopes(t *testing.T) {
	r := start(t, nil)
	owner, demo := r.signedIn(), r.demo()
	var other SiteView
	decode(t, r.ask(owner, "POST", "/api/v1/sites", `{"name": "Blog", "hostnames": ["blog.example"], "time_zone": "UTC", "currency": "EUR"}`), 201, &other)
	var key NewKey
	decode(t, r.ask(owner, "POST", "/api/v1/api-keys", `{"name": "Excel", "scopes": ["reports"], "site_ids": ["`+other.ID+`"]}`), 201, &key)
	r.wants("unknown scope", r.ask(owner, "POST", "/api/v1/api-keys", `{"name": "x", "scopes": ["everything"]}`), 422, "invalid_request")
	nobody := r.browser()
	as := func(key string) []string { return []string{"Authorization", "Bearer " + key} }
	r.wants("its site", r.ask(nobody, "POST", "/api/v1/query", pageviews(other.ID), as(key.Key)...), 200, "")
	r.wants("another site", r.ask(nobody, "POST", "/api/v1/query", pageviews(demo.SiteID), as(key.Key)...), 404, "not_found")
	r.wants("another scope", r.ask(nobody, "GET", "/api/v1/sites/"+other.ID+"/ingestion", "", as(key.Key)...), 403, "scope_needed")
	if a := r.ask(nobody, "GET", "/api/v1/sites", "", as(key.Key)...); strings.Contains(a.body, demo.SiteKey) || !strings.Contains(a.body, other.PublicKey) {
		t.Errorf("sites: %s", a.body)
	}
	r.offset.move(90 * time.Second)
	var made RotatedKey
	decode(t, r.ask(owner, "POST", "/api/v1/api-keys/"+key.ID+"/rotate", `{"overlap_hours": 1}`), 201, &made)
	for _, good := range []string{key.Key, made.Key, made.Key} {
		r.wants("in the overlap", r.ask(nobody, "POST", "/api/v1/query", pageviews(other.ID), as(good)...), 200, "")
	}
	var list apiKeysOutput
	decode(t, r.ask(owner, "GET", "/api/v1/api-keys", ""), 200, &list.Body)
	was, is := list.Body.Keys[1], list.Body.Keys[2]
	if was.ReplacedBy != is.ID || is.Scopes[0] != "reports" || len(is.Scopes) != 1 || len(is.SiteIDs) != 1 || was.LastUsedAt == nil || was.LastUsedAt.Sub(*was.FirstUsedAt) < time.Minute {
		t.Errorf("old %+v\nnew %+v", was, is)
	}
	r.offset.move(time.Hour)
	r.wants("after the overlap", r.ask(nobody, "POST", "/api/v1/query", pageviews(other.ID), as(key.Key)...), 401, "invalid_key")
	r.wants("the new key", r.ask(nobody, "POST", "/api/v1/query", pageviews(other.ID), as(made.Key)...), 200, "")
	want := "api_key.created api_key.first_used api_key.rotated api_key.first_used"
	if got := r.audited("api_key"); got != want {
		t.Errorf("audit: %s, want %s", got, want)
	}
}
