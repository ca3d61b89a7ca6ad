package send

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/fakes/google"
	"noctra/internal/envelope"
	"noctra/internal/googleauth"
	"noctra/internal/googleauth/authtest"
	"noctra/internal/testenv"
	"noctra/uploader/internal/datamanager"
	"noctra/uploader/internal/googleads"
	"noctra/uploader/internal/transport"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// shopAction is an action of the fake's world that takes conversions.
const (
	shopPerson   = "ads@shop.noctra.example"
	shopCustomer = "2000000002"
	shopAction   = "900000021"
	perClick     = "900000022" // counts one conversion a click
)

// rig is a fake Google, and a site with a connection to it.
type rig struct {
	*testing.T
	pool       *pgxpool.Pool
	url        string
	dir        string // of keys and secrets
	config     Config
	client     *googleauth.Client
	tokens     *googleauth.Tokens
	site       int64
	connection int64
	clock      time.Duration // by which clocks are off
}

// quick is settings under which everything happens at once.
func quick() Config {
	return Config{Timeout: 10 * time.Second, Lease: 20 * time.Second, BackOff: 20 * time.Millisecond, StatusAfter: 50 * time.Millisecond, PerMinute: 60_000, PerDay: 1_000_000}
}

func open(t *testing.T, change func(*google.Config)) *rig {
	t.Helper()
	config := google.Config{Dir: t.TempDir(), Addr: "127.0.0.1:0", ClientID: "client", ClientSecret: "secret", Processing: 10 * time.Millisecond, PerMinute: 1_000_000, PerDay: 1_000_000}
	if change != nil {
		change(&config)
	}
	fake, err := google.New(config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	testenv.Serve(t, fake.Run)
	r := &rig{T: t, dir: t.TempDir(), url: fake.URL(), config: quick()}
	if r.pool, err = testenv.Postgres(t).Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.pool.Close)
	r.auth()
	r.scan(&r.site, `WITH w AS (INSERT INTO workspaces (name) VALUES ('w') RETURNING id)
INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key) SELECT id, 'nst_a', 's', '{s.example}', 'UTC', 'EUR', sha256('k') FROM w RETURNING id`)
	r.connection = r.connect(shopPerson, shopCustomer)
	return r
}

func (r *rig) auth() {
	r.Helper()
	keys, secret := filepath.Join(r.dir, "keys.json"), filepath.Join(r.dir, "secret")
	if err := errors.Join(envelope.Ensure(keys), os.WriteFile(secret, []byte("secret\n"), 0o600)); err != nil {
		r.Fatal(err)
	}
	config := googleauth.Config{ClientID: "client", ClientSecretFile: secret, KeyFile: keys, AuthURL: r.url + "/o/oauth2/v2/auth", TokenURL: r.url + "/token", RevokeURL: r.url + "/revoke", DataManagerURL: r.url, AdsURL: r.url, AdsVersion: "v25"}
	var err error
	if r.client, err = googleauth.NewClient(config, time.Now); err != nil {
		r.Fatal(err)
	}
	off := r.clock
	if r.tokens, err = googleauth.Open(config, r.pool, func() time.Time { return time.Now().Add(off) }); err != nil {
		r.Fatal(err)
	}
}

// connect keeps a person's consent as an active connection to an account.
func (r *rig) connect(person, customer string) (id int64) {
	r.Helper()
	g := authtest.Grant(r, r.client, person)
	r.scan(&id, `SELECT nextval(pg_get_serial_sequence('google_connections', 'id'))`)
	sealed, err := r.tokens.Seal(id, g)
	if err != nil {
		r.Fatal(err)
	}
	r.sql(`INSERT INTO google_connections (id, workspace_id, state, transport, scopes, refresh_token, access_token, access_until, customer_id)
OVERRIDING SYSTEM VALUE SELECT $1, workspace_id, 'active', 'data_manager', $2, $3, $4, $5, $6 FROM sites WHERE id = $7`, id, g.Scopes, sealed.Refresh, sealed.Access, sealed.Until, customer, r.site)
	return id
}

// action maps the site's sales to an action of a connection.
func (r *rig) action(connection int64, action string) (mapping int64) {
	r.Helper()
	r.scan(&mapping, `INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since)
SELECT workspace_id, id, $2, $3, 'a', '2026-01-01Z' FROM sites WHERE id = $1 RETURNING id`, r.site, connection, action)
	return mapping
}

// makeConversions makes conversions from number first on that may be sent: o-PREFIX-NUMBER, each worth as many
// euros as its number.
const makeConversions = `WITH made AS (
  INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
    email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal)
  SELECT s.workspace_id, s.id, $3 || n, $3 || n, now() - interval '1 hour', n::bigint * 1000000, 'EUR', 1, 0, 'DE', 2, '{}', '{}', '{}', '', '', 1, 1, 1 FROM sites s, generate_series($4::int, $5::int) n WHERE s.id = $1
  RETURNING id, workspace_id, site_id, order_id, occurred_at, amount)
INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, value, currency, click_kind, click_value, consent_user_data, consent_personal, state)
SELECT m.workspace_id, m.site_id, m.id, a.id, a.action_id, 'o-' || m.order_id, m.occurred_at, m.amount, 'EUR', 'gclid', 'click-of-' || m.order_id, 1, 1, 'ready' FROM made m JOIN conversion_actions a ON a.id = $2`

func (r *rig) make(mapping int64, prefix string, first, last int) {
	r.Helper()
	r.sql(makeConversions, r.site, mapping, prefix, first, last)
	r.decided()
}

// decided says that package decide has looked at all sales.
func (r *rig) decided() { r.Helper(); r.sql(`UPDATE sales SET decide_at = NULL`) }

func (r *rig) sql(sql string, args ...any) {
	r.Helper()
	if _, err := r.pool.Exec(r.Context(), sql, args...); err != nil {
		r.Fatalf("%s: %v", sql, err)
	}
}

func (r *rig) scan(to any, sql string, args ...any) {
	r.Helper()
	if err := r.pool.QueryRow(r.Context(), sql, args...).Scan(to); err != nil {
		r.Fatalf("%s: %v", sql, err)
	}
}

// sender returns one that is not running.
func (r *rig) sender() *Sender {
	caller := transport.Caller{Access: transport.Connections(r.tokens), Client: transport.NewClient()}
	return New(r.config, Deps{Postgres: r.pool, Transports: []transport.Transport{datamanager.New(r.url, caller), googleads.New(googleads.Config{URL: r.url, Version: "v25"}, caller)}, Log: slog.New(slog.NewTextHandler(testWriter{r}, nil)),
		Registry: prometheus.NewRegistry(), Now: time.Now})
}

// testWriter shows the log of a test that fails.
type testWriter struct{ r *rig }

func (w testWriter) Write(b []byte) (int, error) {
	if w.r.Context().Err() == nil {
		w.r.Logf("%s", bytes.TrimSpace(b))
	}
	return len(b), nil
}

// run has a sender send until the test or stop ends.
func (r *rig) run(s *Sender) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { s.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); group.Wait() })
	r.Cleanup(stop)
	return stop
}

// await asks until a query answers what is wanted.
func (r *rig) await(want, sql string, args ...any) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Minute)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	got := ""
	for ctx.Err() == nil {
		if err := r.pool.QueryRow(ctx, sql, args...).Scan(&got); err == nil && got == want {
			return
		}
		<-ticker.C
	}
	r.Fatalf("%s: %q, want %q\n%s", sql, got, want, r.lines(`SELECT concat_ws(' ', state, reason, detail, count(*)::text, max(attempts)::text) FROM conversions GROUP BY state, reason, detail`))
}

func (r *rig) lines(sql string, args ...any) string {
	r.Helper()
	rows, err := r.pool.Query(r.Context(), sql, args...)
	if err != nil {
		r.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		r.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

const states = `SELECT coalesce(string_agg(concat_ws(' ', n::text, state, nullif(reason, '')), ', ' ORDER BY state, reason), '') FROM (SELECT state, reason, count(*) AS n FROM conversions GROUP BY 1, 2) s`

// faults orders faults at Google.
func (r *rig) faults(list string) {
	r.Helper()
	response, err := http.Post(r.url+"/_faults", "application/json", strings.NewReader(list))
	if err != nil {
		r.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		r.Fatalf("faults %s: %s", list, response.Status)
	}
}

// ledger is what Google has: "transaction value currency state adjustments", in order.
func (r *rig) ledger() (all google.Ledger, lines []string) {
	r.Helper()
	response, err := http.Get(r.url + "/_ledger")
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		r.Fatal(err)
	}
	for _, t := range all.Transactions {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", t.TransactionID, t.Value, t.Currency, t.State))
	}
	slices.Sort(lines)
	return all, lines
}

// ours is what Postgres says that Google has.
func (r *rig) ours() []string {
	r.Helper()
	text := r.lines(`SELECT concat_ws(' ', transaction_id, to_char(google_value / 1000000.0, 'FM999999990.00'), google_currency, 'accepted') FROM conversions WHERE state = 'accepted' AND google_value IS NOT NULL`)
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return lines
}

// noRegistry takes metrics and shows them to nobody.
type noRegistry struct{ prometheus.Registerer }

func (noRegistry) MustRegister(...prometheus.Collector) {}
