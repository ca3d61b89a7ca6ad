package collector

import (
	"bytes"
	"crypto/sha256"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/collector/internal/identity"
	"noctra/collector/internal/sites"
	"noctra/internal/postgres"
	"noctra/internal/testenv"
	"noctra/schema"
)

// tables returns a database of the product's schema, with one workspace.
func tables(t *testing.T) (postgres.Config, *pgxpool.Pool) {
	t.Helper()
	config := testenv.Postgres(t)
	pool, err := config.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	run(t, pool, `INSERT INTO workspaces (id, name) OVERRIDING SYSTEM VALUE VALUES (5, 'Test')`)
	return config, pool
}

func run(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%.60s: %v", sql, err)
	}
}

const insertSite = `INSERT INTO sites (id, workspace_id, public_key, name, hostnames, time_zone, currency, identity_mode, identity_key, query_params, state)
	OVERRIDING SYSTEM VALUE VALUES ($1, 5, $2, 'Shop', '{shop.example,*.b.example}', 'Europe/Berlin', 'EUR', 'consented', $3, '{color}', $4)`

func TestSitesOfPostgres(t *testing.T) {
	_, pool := tables(t)
	secret, hash, revoked := make([]byte, 32), sha256.Sum256([]byte("nsk_a")), sha256.Sum256([]byte("nsk_b"))
	run(t, pool, insertSite, 11, "nst_a", secret, "active")
	run(t, pool, insertSite, 12, "nst_b", secret, "archived")
	run(t, pool, insertSite, 13, "nst_c", secret, "active")
	run(t, pool, `UPDATE sites SET state = 'deleted', erase_after = now() WHERE id = 13`)
	run(t, pool, `UPDATE sites SET consent_mode = 'required', sales_from_browsers = 'hold', excluded_addresses = '{10.0.0.0/8}', excluded_paths = '{/admin/**}',
		bot_rules = '[{"kind": "path", "value": "/wp-*", "action": "mark"}]' WHERE id = 11`)
	run(t, pool, `INSERT INTO server_keys (id, workspace_id, name, key_hash, site_ids, revoked_at)
		OVERRIDING SYSTEM VALUE VALUES (1, 5, 'a', $1, '{11}', NULL), (2, 5, 'b', $2, '{}', now())`, hash[:], revoked[:])
	got, err := sites.Postgres{Pool: pool}.Load(t.Context())
	got.Settled = false // others may be at work in the same server
	slices.SortFunc(got.Sites, func(a, b schema.Site) int { return int(a.ID) - int(b.ID) })
	if err != nil {
		t.Fatal(err)
	}
	one := schema.Site{ID: 11, Workspace: 5, PublicKey: "nst_a", Name: "Shop", Hostnames: []string{"shop.example", "*.b.example"}, TimeZone: "Europe/Berlin",
		Currency: "EUR", IdentityMode: schema.IdentityConsented, IdentityKey: secret, QueryParams: []string{"color"}}
	two := one
	two.ID, two.PublicKey, two.Archived = 12, "nst_b", true
	for _, s := range []*schema.Site{&one, &two} { // as a site is that nobody has set up
		s.ConsentMode, s.SalesFromBrowsers, s.BotRules, s.ExcludedAddresses, s.ExcludedPaths = schema.ConsentUnsetAllows, schema.BrowserSalesAccept, []schema.BotRule{}, []string{}, []string{}
	}
	one.ConsentMode, one.SalesFromBrowsers, one.ExcludedAddresses, one.ExcludedPaths = schema.ConsentRequired, schema.BrowserSalesHold, []string{"10.0.0.0/8"}, []string{"/admin/**"}
	one.BotRules = []schema.BotRule{{Kind: schema.BotByPath, Value: "/wp-*", Action: schema.BotMark}}
	want := sites.Source{Sites: []schema.Site{one, two}, Keys: []sites.ServerKey{{ID: 1, Workspace: 5, Hash: hash, SiteIDs: []schema.SiteID{11}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A change whose transaction is under way is counted already and not seen yet: what was read then does
// not count as the last word.
func TestSitesAreSettled(t *testing.T) {
	_, pool := tables(t)
	p := sites.Postgres{Pool: pool}
	load := func() sites.Source {
		t.Helper()
		got, err := p.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	before, err := p.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), insertSite, 11, "nst_a", make([]byte, 32), "active"); err != nil {
		t.Fatal(err)
	}
	after, err := p.Revision(t.Context())
	if got := load(); err != nil || after == before || got.Settled || len(got.Sites) != 0 {
		t.Errorf("under way: revision %d after %d, settled %v, %d sites, %v", after, before, got.Settled, len(got.Sites), err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nothing is under way", func() bool { got := load(); return got.Settled && len(got.Sites) == 1 })
}

func TestPublicKeys(t *testing.T) {
	config, pool := tables(t)
	run(t, pool, insertSite, 11, "nst_a", make([]byte, 32), "active")
	run(t, pool, insertSite, 12, "nst_b", make([]byte, 32), "archived")
	keys, err := ReadPublicKeys(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(PublicKeys{11: "nst_a", 12: "nst_b"}, keys); diff != "" {
		t.Error(diff)
	}
	check := func(keys PublicKeys, name string, want schema.SiteID) {
		t.Helper()
		if got, err := keys.Site(name); got != want || (err == nil) != (want != 0) {
			t.Errorf("%s is %d, %v", name, got, err)
		}
	}
	check(keys, "nst_b", 12)
	check(keys, "7", 7)
	check(keys, "nst_c", 0)
	check(keys, "0", 0)
	check(nil, "7", 7)
	check(nil, "nst_a", 0)
}

func TestSaltsOfPostgres(t *testing.T) {
	_, pool := tables(t)
	shelf := identity.Postgres{Pool: pool}
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	secret := identity.Secret{Day: identity.Day{Date: int32(at.Unix() / 86400), Offset: 345}, Bytes: make([]byte, 16), Created: at}
	first, err := shelf.Settle(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	other := secret
	other.Bytes, other.Created = []byte("another salt, 16"), at.Add(time.Hour)
	second, err := shelf.Settle(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the second proposal won: %s", diff)
	}
	all, err := shelf.Load(t.Context(), at.Add(-time.Second))
	if err != nil || len(all) != 1 || all[0].Day != secret.Day {
		t.Errorf("%+v, %v", all, err)
	}
	if err := shelf.Destroy(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	if all, err := shelf.Load(t.Context(), time.Time{}); err != nil || len(all) != 0 {
		t.Errorf("%d left, %v", len(all), err)
	}
}

// A change in Postgres holds within two seconds, and outlives both Postgres and the process.
func TestChangesAndPrivateCopy(t *testing.T) {
	config, pool := tables(t)
	file := tempFile(t, "snapshot.json")
	now := noonish()
	r := startAt(t, func(c *Config) { c.Postgres, c.SnapshotFile = config, file }, now)
	run(t, pool, insertSite, 11, "nst_new", make([]byte, 32), "active")
	began := time.Now()
	event := `{"id":"x","type":"pageview","site":"nst_new","url":"https://a.b.example/"}`
	eventually(t, "the new site is known", func() bool { return r.call(t, "POST", "/v1/events", event).Status == 202 })
	if took := time.Since(began); took > slow {
		t.Errorf("took %s", took)
	}
	visitor := r.sink.take(t)[0].Visitor
	run(t, pool, `UPDATE sites SET excluded_paths = '{/out}'`)
	began = time.Now()
	out := strings.Replace(event, "a.b.example/", "a.b.example/out", 1)
	eventually(t, "the new rule is known", func() bool { return r.call(t, "POST", "/v1/events", out).Status == 400 })
	if took := time.Since(began); took > slow {
		t.Errorf("the rule took %s", took)
	}
	r.sink.take(t)
	eventually(t, "the private copy is written", func() bool {
		info, err := os.Stat(file)
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Fatalf("mode %s", info.Mode())
		}
		raw, _ := os.ReadFile(file)
		return err == nil && r.written() && bytes.Contains(raw, []byte(`"/out"`))
	})
	r.end()

	again := startAt(t, func(c *Config) { c.SnapshotFile = file }, now)
	defer func() {
		if a := again.call(t, "POST", "/v1/events", out); a.Status != 400 || a.Rejected[0].Code != "excluded" {
			t.Errorf("a rule without Postgres: %d %s", a.Status, a.Body)
		}
	}()
	again.restore() // over what tests start with
	if a := again.call(t, "POST", "/v1/events", event); a.Status != 202 {
		t.Fatalf("without Postgres: %d %s", a.Status, a.Body)
	}
	if got := again.sink.take(t)[0].Visitor; got != visitor {
		t.Errorf("visitor %d before, %d after", visitor, got)
	}
}

// noonish returns a clock that goes on from noon of today, so that no visitor becomes another one at midnight.
func noonish() func() time.Time {
	began := time.Now()
	return func() time.Time { return began.UTC().Truncate(24 * time.Hour).Add(12*time.Hour + time.Since(began)) }
}

// written reports whether the copy on disk has all salts that are held.
func (r *rig) written() bool {
	raw, err := os.ReadFile(r.config.SnapshotFile)
	if err != nil {
		return false
	}
	c, err := decodeCopy(raw)
	held, _ := r.salts.Len()
	return err == nil && held > 0 && len(c.Salts) == held && len(c.Sites.Sites) == 1
}

// A key that is rotated in Postgres, and one that is revoked, are known within two seconds; that keys were
// used comes back there; and the private copy has all of it.
func TestRotatedKeys(t *testing.T) {
	config, pool := tables(t)
	file := tempFile(t, "snapshot.json")
	r := startAt(t, func(c *Config) { c.Postgres, c.SnapshotFile = config, file }, nil)
	run(t, pool, insertSite, 11, "nst_new", make([]byte, 32), "active")
	add := func(id int, key string) {
		t.Helper()
		hash := sha256.Sum256([]byte(key))
		run(t, pool, `INSERT INTO server_keys (id, workspace_id, name, key_hash, site_ids, replaces, signing_secret) OVERRIDING SYSTEM VALUE VALUES ($1, 5, 'a', $2, '{11}', nullif($1::bigint - 1, 0), '\x01')`, id, hash[:])
	}
	status := func(key string) int {
		return r.call(t, "POST", "/v1/events", `{"type":"pageview","url":"https://a.b.example/"}`, "Authorization", "Bearer "+key).Status
	}
	within := func(what string, yes func() bool) {
		t.Helper()
		began := time.Now()
		if eventually(t, what, yes); time.Since(began) > slow {
			t.Errorf("%s: took %s", what, time.Since(began))
		}
	}
	add(1, "nsk_old")
	within("the key is known", func() bool { return status("nsk_old") == 202 })
	ends := time.Now().Add(time.Hour)
	add(2, "nsk_new")
	run(t, pool, `UPDATE server_keys SET expires_at = $1 WHERE id = 1`, ends)
	within("its successor is known", func() bool { return status("nsk_new") == 202 })
	if got := status("nsk_old"); got != 202 {
		t.Errorf("in the overlap: %d", got)
	}
	eventually(t, "uses are written", func() bool {
		var n int
		err := pool.QueryRow(t.Context(), `SELECT count(*) FROM server_key_uses`).Scan(&n)
		return err == nil && n == 2
	})
	eventually(t, "the private copy has both", func() bool {
		raw, err := os.ReadFile(file)
		if err != nil {
			return false
		}
		c, err := decodeCopy(raw)
		return err == nil && len(c.Sites.Keys) == 2 && slices.ContainsFunc(c.Sites.Keys, func(k sites.ServerKey) bool {
			return k.ID == 1 && k.Expires == schema.MillisOf(ends) && len(k.Sealed) == 1
		})
	})
	run(t, pool, `UPDATE server_keys SET revoked_at = now() WHERE id = 2`)
	within("it is revoked", func() bool { return status("nsk_new") == 401 })
	if got := status("nsk_old"); got != 202 {
		t.Errorf("the old one afterwards: %d", got)
	}
}

// A private copy of a version that knew less of keys is read as it is meant: they do not end and need not
// be signed.
func TestOldPrivateCopy(t *testing.T) {
	c, err := decodeCopy([]byte(`{"Version":1,"Written":"2026-11-20T00:00:00Z","Sites":{"Sites":[],"Keys":[{"ID":1,"Workspace":5,"Hash":[` + strings.Repeat("1,", 31) + `1],"SiteIDs":[11]}],"Layouts":null},"Salts":[]}`))
	if err != nil || len(c.Sites.Keys) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	if k := c.Sites.Keys[0]; k.Ended(schema.MillisOf(fixedNow)) || k.MustSign || k.ID != 1 || k.SiteIDs[0] != 11 {
		t.Errorf("%+v", k)
	}
}
