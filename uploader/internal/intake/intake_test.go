package intake

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/clickhouse"
	"noctra/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

var start = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

// rig is a site with stored events.
type rig struct {
	t        *testing.T
	writer   driver.Conn
	reader   driver.Conn
	postgres *pgxpool.Pool
	site     int64
	next     map[int]int64 // offset by partition
}

func open(t *testing.T) *rig {
	t.Helper()
	config := testenv.ClickHouse(t)
	r := &rig{t: t, next: map[int]int64{}}
	var err error
	for role, conn := range map[clickhouse.Role]*driver.Conn{clickhouse.Writer: &r.writer, clickhouse.Reader: &r.reader} {
		if *conn, err = config.Open(role); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = (*conn).Close() })
	}
	if r.postgres, err = testenv.Postgres(t).Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.postgres.Close)
	err = r.postgres.QueryRow(t.Context(), `WITH w AS (INSERT INTO workspaces (name) VALUES ('w') RETURNING id)
INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key) SELECT id, 'nst_a', 's', '{s.example}', 'UTC', 'EUR', sha256('k') FROM w RETURNING id`).Scan(&r.site)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) intake() *Intake { return New("events", r.reader, r.postgres, prometheus.NewRegistry()) }

// fact is a stored event of the tests.
type fact struct {
	id, kind      string
	at            time.Time
	visitor, user uint64
	click         string // kind=value
	order         string
	amount        int64
	via           string // browser by default
	consent       int    // for ads
	name          string
}

// store puts events into a partition; they are settled with settle.
func (r *rig) store(partition int, facts ...fact) {
	r.t.Helper()
	var values []string
	for _, f := range facts {
		kinds, ids, campaign := "[]", "[]", ""
		if kind, id, ok := strings.Cut(f.click, "="); ok {
			kinds, ids, campaign = "["+clickhouse.Quote(kind)+"]", "["+clickhouse.Quote(id)+"]", "for "+id
		}
		if f.via == "" {
			f.via = "browser"
		}
		values = append(values, fmt.Sprintf("('%s', %d, %s, %d, %s, %s, fromUnixTimestamp64Milli(%d, 'UTC'), %d, %d, %s, %s, %s, %d, 'EUR', 's.example', '/p', %s, 'events', %d, %d)",
			f.via, f.consent, clickhouse.Quote(f.name), r.site, clickhouse.Quote(f.id), clickhouse.Quote(f.kind), f.at.UnixMilli(), f.visitor, f.user, kinds, ids, clickhouse.Quote(f.order), f.amount, clickhouse.Quote(campaign), partition, r.next[partition]))
		r.next[partition]++
	}
	err := r.writer.Exec(r.t.Context(), "INSERT INTO events (via, consent_ad_user_data, name, site_id, event_id, kind, occurred_at, visitor_id, user_hash, click_kinds, click_values, order_id, amount, currency, hostname, path, utm_campaign, kafka_topic, kafka_partition, kafka_offset) VALUES "+strings.Join(values, ", "))
	if err != nil {
		r.t.Fatal(err)
	}
}

// settle says up to where a partition is settled.
func (r *rig) settle(partition int, to int64) {
	r.t.Helper()
	err := r.writer.Exec(r.t.Context(), fmt.Sprintf("INSERT INTO partitions (topic, partition, at, committed, high, audited, lost, doubled) VALUES ('events', %d, now64(3), %d, %d, 0, 0, 0)", partition, to, to))
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) settleAll() {
	r.t.Helper()
	for partition, next := range r.next {
		r.settle(partition, next)
	}
}

// step reads everything that is settled.
func (r *rig) step(i *Intake) {
	r.t.Helper()
	for more := true; more; {
		var err error
		if more, err = i.Step(r.t.Context()); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) exec(sql string, args ...any) {
	r.t.Helper()
	if _, err := r.postgres.Exec(r.t.Context(), sql, args...); err != nil {
		r.t.Fatal(err)
	}
}

// sales returns what is kept of sales: "rule kind=value path".
func (r *rig) sales() map[string]string {
	r.t.Helper()
	rows, err := r.postgres.Query(r.t.Context(), `SELECT s.event_id, coalesce(google_rule || ' ' || google_kind || '=' || google_value || CASE WHEN google_clicked_at IS NULL THEN ' unknown' ELSE '' END, 'none')
  || coalesce((SELECT string_agg(' ' || c.value, '' ORDER BY p.n) FROM unnest(s.path) WITH ORDINALITY AS p (id, n) JOIN clicks c ON c.id = p.id), '') FROM sales s`)
	if err != nil {
		r.t.Fatal(err)
	}
	got := map[string]string{}
	var id, what string
	if _, err := pgx.ForEachRow(rows, []any{&id, &what}, func() error { got[id] = what; return nil }); err != nil {
		r.t.Fatal(err)
	}
	return got
}

func at(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }

func TestRules(t *testing.T) {
	r, days := open(t), 24*60
	i := r.intake()
	r.store(0,
		fact{id: "click 1", kind: "pageview", at: at(0), visitor: 1, click: "gclid=one"}, fact{id: "click 1 again", kind: "pageview", at: at(5), visitor: 1, click: "gclid=one"},
		fact{id: "click 2", kind: "click", at: at(10), visitor: 2, click: "wbraid=two"}, fact{id: "as a user", kind: "pageview", at: at(20), visitor: 2, user: 99},
		fact{id: "click 3", kind: "pageview", at: at(0), visitor: 3, click: "fbclid=three"},
		fact{id: "click 4", kind: "pageview", at: at(0), visitor: 1<<63 + 4, click: "gbraid=four"})
	r.store(1,
		fact{id: "by visitor", kind: "sale", at: at(30), visitor: 1, amount: 1}, fact{id: "by user", kind: "sale", at: at(31), visitor: 5, user: 99, amount: 1},
		fact{id: "by own", kind: "sale", at: at(32), visitor: 1, click: "gclid=unknown", amount: 1}, fact{id: "no Google", kind: "sale", at: at(33), visitor: 3, amount: 1},
		fact{id: "too late", kind: "sale", at: at(91 * days), visitor: 1, amount: 1}, fact{id: "too early", kind: "sale", at: at(-1), visitor: 1, amount: 1},
		fact{id: "nobody", kind: "sale", at: at(30), amount: 1}, fact{id: "high bit", kind: "sale", at: at(30), visitor: 1<<63 + 4, amount: 1},
		fact{id: "held", kind: "held_sale", at: at(29), visitor: 1, click: "gclid=held", amount: 1})
	r.settleAll()
	r.step(i)
	want := map[string]string{
		"by visitor": "visitor gclid=one one", "by user": "user wbraid=two two", "by own": "click_id gclid=unknown unknown one", "no Google": "none three",
		"too late": "none", "too early": "none", "nobody": "none", "high bit": "visitor gbraid=four four",
	}
	if diff := cmp.Diff(want, r.sales()); diff != "" {
		t.Error(diff)
	}
	r.store(0, fact{id: "late click", kind: "pageview", at: at(15), visitor: 8, click: "gclid=unknown"}, fact{id: "later user", kind: "pageview", at: at(16), visitor: 3, user: 7},
		fact{id: "late click of 1", kind: "pageview", at: at(29), visitor: 1, click: "gclid=newer"})
	r.store(1, fact{id: "user 7", kind: "sale", at: at(40), user: 7, amount: 1})
	r.settleAll()
	r.step(i)
	want["by own"], want["by visitor"], want["user 7"] = "click_id gclid=unknown one unknown newer", "visitor gclid=newer one newer", "none three"
	if diff := cmp.Diff(want, r.sales()); diff != "" {
		t.Errorf("after late clicks: %s", diff)
	}
	campaign := ""
	if err := r.postgres.QueryRow(t.Context(), `SELECT string_agg(google_campaign, ', ' ORDER BY event_id) FROM sales WHERE google_campaign <> ''`).Scan(&campaign); err != nil || campaign != "for unknown, for two, for newer, for four" {
		t.Errorf("campaigns %q, %v", campaign, err)
	}
	gone, err := i.Forget(t.Context(), at(121*days))
	if err != nil || gone == 0 || len(r.sales()) != len(want) {
		t.Errorf("%d clicks forgotten, %v", gone, err)
	}
}

func TestRefundsWait(t *testing.T) {
	r := open(t)
	r.exec(`INSERT INTO postback_partners (site_id, name, parameters, created_at, changed_at) SELECT id, n, '{}', now(), now() FROM sites, unnest('{awin,awin-uk}'::text[]) n`)
	r.store(1, fact{id: "pb-awin-uk-7", kind: "sale", at: at(0), via: "server", amount: 1}, fact{id: "pb-awin-8", kind: "sale", at: at(0), via: "server", amount: 1}, fact{id: "pb-awin-9", kind: "sale", at: at(0), amount: 1})
	defer func() {
		partners := ""
		if err := r.postgres.QueryRow(t.Context(), `SELECT string_agg(partner, ' ' ORDER BY event_id) FROM sales WHERE event_id LIKE 'pb-%'`).Scan(&partners); err != nil || partners != " awin awin-uk" && partners != "awin  awin-uk" {
			t.Errorf("partners %q, %v", partners, err)
		}
	}()
	i := r.intake()
	linked := func() (n, waiting int) {
		if err := r.postgres.QueryRow(t.Context(), `SELECT count(sale_id), count(*) - count(sale_id) FROM refunds`).Scan(&n, &waiting); err != nil {
			t.Fatal(err)
		}
		return n, waiting
	}
	r.store(0, fact{id: "r1", kind: "refund", at: at(1), order: "o-1", amount: 1}, fact{id: "r2", kind: "refund", at: at(2), order: "o-2", amount: 1})
	r.settleAll()
	r.step(i)
	if n, waiting := linked(); n != 0 || waiting != 2 {
		t.Errorf("%d linked, %d waiting", n, waiting)
	}
	r.store(0, fact{id: "s1", kind: "sale", at: at(0), order: "o-1", amount: 5}, fact{id: "r3", kind: "refund", at: at(3), order: "o-1", amount: 1})
	r.settleAll()
	r.step(i)
	if n, waiting := linked(); n != 2 || waiting != 1 {
		t.Errorf("%d linked, %d waiting", n, waiting)
	}
}

// breaking is ClickHouse that goes away in the middle of reading.
type breaking struct {
	Conn
	left int
}

func (b *breaking) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	if b.left--; b.left < 0 {
		return nil, errors.New("gone")
	}
	return b.Conn.Query(ctx, query, args...)
}

func TestOnlyWhatIsSettledAndOnce(t *testing.T) {
	r := open(t)
	for k := range 4 {
		r.store(0, fact{id: fmt.Sprint("s", k), kind: "sale", at: at(k), amount: 1})
	}
	r.settle(0, 2)
	for left := range 3 { // of reads that break off nothing stays
		broken := New("events", &breaking{r.reader, left}, r.postgres, prometheus.NewRegistry())
		if _, err := broken.Step(t.Context()); err == nil {
			t.Errorf("broken after %d questions, and no error", left)
		}
		if got := r.sales(); len(got) != 0 {
			t.Errorf("broken after %d questions: %v", left, got)
		}
	}
	i := r.intake()
	for range 2 {
		r.step(i)
		if got := r.sales(); len(got) != 2 {
			t.Errorf("%v", got)
		}
	}
	r.settleAll()
	r.step(i)
	if got := r.sales(); len(got) != 4 {
		t.Errorf("%v", got)
	}
}

// Whatever the order in which partitions come and however many read: the same as of all at once.
func TestSameInAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	const partitions, count = 3, 300
	var facts []fact
	for k := range count {
		f := fact{id: fmt.Sprint("e", k), kind: "pageview", at: at(random.IntN(200 * 24 * 60)), visitor: uint64(random.IntN(30)), user: uint64(random.IntN(4) * random.IntN(10))}
		switch random.IntN(4) {
		case 0:
			f.kind, f.amount, f.order = "sale", 1, fmt.Sprint("o", k)
			if random.IntN(3) == 0 {
				f.click = fmt.Sprint("gclid=c", random.IntN(40))
			}
		case 1, 2:
			f.click = fmt.Sprint([]string{"gclid", "gbraid", "fbclid"}[random.IntN(3)], "=c", random.IntN(40))
		}
		if f.visitor != 0 { // a visitor is one user at most
			f.user = f.visitor % 5 * uint64(random.IntN(2))
		}
		facts = append(facts, f)
	}
	reference, parallel := open(t), open(t)
	reference.store(0, facts...)
	reference.settleAll()
	reference.step(reference.intake())
	parallel.site = reference.site
	random.Shuffle(len(facts), func(a, b int) { facts[a], facts[b] = facts[b], facts[a] })
	site := int64(0)
	if err := parallel.postgres.QueryRow(t.Context(), `SELECT id FROM sites`).Scan(&site); err != nil {
		t.Fatal(err)
	}
	parallel.site = site
	for k, f := range facts {
		parallel.store(k%partitions, f)
	}
	intakes := []*Intake{parallel.intake(), parallel.intake()}
	for done := int64(0); done <= count/partitions; done += 40 {
		for p := range partitions {
			parallel.settle(p, min(done+40, parallel.next[p]))
		}
		var group sync.WaitGroup
		for _, i := range intakes {
			group.Go(func() {
				for range partitions { // the other may hold a partition
					if _, err := i.Step(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
	}
	parallel.step(intakes[0])
	want := reference.sales()
	if len(want) < 40 {
		t.Fatalf("only %d sales", len(want))
	}
	if diff := cmp.Diff(want, parallel.sales()); diff != "" {
		t.Error(diff)
	}
}
