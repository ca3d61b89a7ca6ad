package erasure

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/report"
	visits "noctra/admin/internal/slices"
	"noctra/admin/internal/store"
	"noctra/internal/clickhouse"
	"noctra/internal/pseudonym"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// rig is databases of a test's own, with a workspace of two sites.
type rig struct {
	t         *testing.T
	pool      *pgxpool.Pool
	config    clickhouse.Config
	conn      driver.Conn
	workspace int64
	site      schema.Site // where somebody is erased
	control   schema.Site // has the same events without theirs
	mu        sync.Mutex
	ahead     time.Duration
	left      int // statements until the service is killed, below 0: it is not
	kill      context.CancelFunc
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, config: testenv.ClickHouse(t), left: -1}
	var err error
	if r.pool, err = testenv.Postgres(t).Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.pool.Close)
	if r.conn, err = r.config.Open(clickhouse.Writer); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.conn.Close() })
	r.scan(`INSERT INTO workspaces (name) VALUES ('Acme') RETURNING id`, &r.workspace)
	r.site, r.control = r.addSite("nst_a"), r.addSite("nst_b")
	return r
}

func (r *rig) scan(sql string, to any, args ...any) {
	r.t.Helper()
	if err := r.pool.QueryRow(r.t.Context(), sql, args...).Scan(to); err != nil {
		r.t.Fatalf("%.60s: %v", sql, err)
	}
}

func (r *rig) sql(sql string, args ...any) {
	r.t.Helper()
	if _, err := r.pool.Exec(r.t.Context(), sql, args...); err != nil {
		r.t.Fatalf("%.60s: %v", sql, err)
	}
}

var identityKey = []byte("an identity key that has 32 bytes")[:32]

func (r *rig) addSite(key string) schema.Site {
	r.t.Helper()
	var id int64
	r.scan(`INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key, identity_mode)
		VALUES ($1, $2, 'Shop', '{shop.example}', 'UTC', 'EUR', $3, 'consented') RETURNING id`, &id, r.workspace, key, identityKey)
	return schema.Site{ID: schema.SiteID(id), Workspace: schema.WorkspaceID(r.workspace), TimeZone: "UTC", Currency: "EUR"}
}

// fact is an event of the tests.
type fact struct {
	visitor uint64
	user    string
	order   string
	email   string
	back    bool // the order was given back
	ago     time.Duration
	path    string
}

// today is the noon before now: all facts lie in the past, and in the same days for the whole test.
var today = time.Now().UTC().Truncate(24 * time.Hour)

// insert stores facts of a site at places of its own, an hour ago.
func (r *rig) insert(site schema.Site, from int, facts []fact) {
	r.t.Helper()
	keys := pseudonym.KeysOf(identityKey)
	rows := make([]string, len(facts))
	for i, f := range facts {
		user, _ := keys.User(f.user, nil)
		kind, amount, email := 1, 0, ""
		if f.order != "" {
			kind, amount = 3, 12_000_000
		}
		if f.back {
			kind = 4
		}
		if f.email != "" {
			email = pseudonym.Digest(f.email)
		}
		at := today.Add(-f.ago).UnixMilli()
		rows[i] = fmt.Sprintf("(%d, %d, 'e-%d', %d, 1, %d, %d, %d, %d, 2, %d, 'shop.example', '%s', '%s', %d, 'EUR', '%s', '%s', %d, %d)",
			site.ID, r.workspace, from+i, kind, at, at, time.Now().Add(-time.Hour).UnixMilli(), f.visitor, user, f.path, f.order, amount, email, schema.TopicEvents, site.ID, from+i)
	}
	r.exec(`INSERT INTO events (site_id, workspace_id, event_id, kind, via, occurred_at, received_at, inserted_at, visitor_id, visitor_kind, user_hash, hostname, path, order_id, amount,
		currency, email_hash, kafka_topic, kafka_partition, kafka_offset) SETTINGS insert_deduplicate = 0 VALUES ` + strings.Join(rows, ", "))
}

func (r *rig) exec(sql string) {
	r.t.Helper()
	if err := r.conn.Exec(r.t.Context(), sql); err != nil {
		r.t.Fatalf("%.80s: %v", sql, err)
	}
}

func (r *rig) number(sql string) (n uint64) {
	r.t.Helper()
	if err := clickhouse.Each(onDisk(r.t.Context()), r.conn, sql, func(rows driver.Rows) error { return rows.Scan(&n) }); err != nil {
		r.t.Fatalf("%.80s: %v", sql, err)
	}
	return n
}

// none fails the test where a table has such rows, on disk too.
func (r *rig) none(table, where string) {
	r.t.Helper()
	if n := r.number("SELECT count() FROM " + table + " WHERE " + where); n != 0 {
		r.t.Errorf("%s has %d rows where %.100s", table, n, where)
	}
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Add(r.ahead)
}

func (r *rig) later(by time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ahead += by
}

// Exec implements Conn: where the service is to be killed, that happens before or after a statement.
func (r *rig) Exec(ctx context.Context, query string, args ...any) error {
	r.mu.Lock()
	r.left--
	left, kill := r.left, r.kill
	r.mu.Unlock()
	if left == 0 { // the statement is not even sent
		kill()
		return context.Canceled
	}
	err := r.conn.Exec(ctx, query, args...)
	if left == 1 { // it is done, and nobody hears of it
		kill()
	}
	return err
}

// Query implements Conn.
func (r *rig) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	return r.conn.Query(ctx, query, args...)
}

func (r *rig) runner() *Runner {
	return New(Deps{
		Pool: r.pool, Conn: r, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: r.now, Settle: time.Millisecond, Grace: time.Millisecond,
		EachServer: func(ctx context.Context, do func(context.Context, visits.Conn) error) error { return do(ctx, r) },
	})
}

// request asks for an erasure.
func (r *rig) request(request Request) (id int64) {
	r.t.Helper()
	err := store.Transact(r.t.Context(), r.pool, func(q *store.Queries) (err error) {
		id, err = Add(r.t.Context(), q, r.now(), request)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// finish runs a service until an erasure is done.
func (r *rig) finish(id int64) (store.Erasure, Receipt) {
	r.t.Helper()
	runner := r.runner()
	for range 400 {
		row, receipt := r.read(id)
		if row.DoneAt != nil {
			return row, receipt
		}
		if _, err := runner.Once(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
		r.later(50 * time.Millisecond)
	}
	row, _ := r.read(id)
	r.t.Fatalf("erasure is not done: %+v", row)
	return row, Receipt{}
}

func (r *rig) read(id int64) (store.Erasure, Receipt) {
	r.t.Helper()
	row, err := store.New(r.pool).ErasureByID(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	var receipt Receipt
	if err := json.Unmarshal(row.Erasure.Receipt, &receipt); err != nil {
		r.t.Fatal(err)
	}
	if row.Erasure.Problem != nil {
		r.t.Logf("erasure in state %s: %s", row.Erasure.State, *row.Erasure.Problem)
	}
	return row.Erasure, receipt
}

// reports answers questions over all days of a site.
func (r *rig) reports(site schema.Site) map[string]string {
	r.t.Helper()
	reader, err := r.config.Open(clickhouse.Reader)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	engine := report.New(reader, report.Options{Now: time.Now})
	all := map[string]string{}
	for _, dimension := range []string{"", "time:day", "event:page", "visit:entry_page"} {
		dimensions := "[]"
		if dimension != "" {
			dimensions = `["` + dimension + `"]`
		}
		body := fmt.Sprintf(`{"site_id":"%d","metrics":["visitors","visits","pageviews","events","sales","gross_revenue","bounce_rate","visit_duration"],"date_range":["%s","%s"],"dimensions":%s}`,
			site.ID, today.AddDate(0, 0, -5).Format(time.DateOnly), today.Format(time.DateOnly), dimensions)
		answer, err := engine.Query(r.t.Context(), site, []byte(body))
		if err != nil {
			r.t.Fatalf("%s: %v", dimension, err)
		}
		raw, err := json.Marshal(answer.Results)
		if err != nil {
			r.t.Fatal(err)
		}
		all[dimension] = string(raw)
	}
	return all
}

// everything is all text of Postgres but some tables.
func (r *rig) everything() string {
	r.t.Helper()
	var tables string
	r.scan(`SELECT string_agg(format('SELECT %L || t::text AS line FROM %I t', table_name || ' ', table_name), ' UNION ALL ') FROM information_schema.tables
		WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'`, &tables)
	var all string
	r.scan("SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '') FROM ("+tables+") x", &all)
	return all
}
