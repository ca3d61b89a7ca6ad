package importfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/internal/importcsv"
	"noctra/internal/testenv"
	"noctra/schema"
	"noctra/uploader/internal/transport"
)

func TestMain(m *testing.M) { testenv.Main(m) }

var now = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

// rig is a site whose sales go into a file.
type rig struct {
	*testing.T
	pool       *pgxpool.Pool
	file       *Transport
	connection int64
}

func open(t *testing.T) *rig {
	t.Helper()
	pool, err := testenv.Postgres(t).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	r := &rig{T: t, pool: pool, file: New(pool, func() time.Time { return now })}
	r.scan(&r.connection, `WITH w AS (INSERT INTO workspaces (name) VALUES ('w') RETURNING id),
s AS (INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key) SELECT id, 'nst_a', 's', '{s.example}', 'UTC', 'EUR', sha256('k') FROM w RETURNING id, workspace_id),
g AS (INSERT INTO google_connections (workspace_id, state, transport, file_user, file_secret_hash) SELECT id, 'active', 'file', 'u', 'h' FROM w RETURNING id),
m AS (INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since) SELECT s.workspace_id, s.id, g.id, '1', 'Sale', '2026-01-01Z' FROM s, g)
SELECT id FROM g`)
	return r
}

func (r *rig) scan(into any, sql string, args ...any) {
	r.Helper()
	if err := r.pool.QueryRow(r.Context(), sql, args...).Scan(into); err != nil {
		r.Fatalf("%s: %v", sql, err)
	}
}

// offer puts conversions into a part, as the sender does.
func (r *rig) offer(names ...string) (attempt int64) {
	r.Helper()
	r.scan(&attempt, `INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until) VALUES ($1, '1', 'file', 'conversion', $2, 'sending', now(), now()) RETURNING id`, r.connection, len(names))
	request := &transport.Request{To: transport.Destination{ConnectionID: r.connection}, Kind: transport.Conversion, AttemptID: attempt}
	for _, name := range names {
		var id int64
		r.scan(&id, `WITH m AS (SELECT * FROM conversion_actions),
sale AS (INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values, email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal)
  SELECT workspace_id, site_id, $1, '', now(), 1, 'EUR', 0, 0, '', 0, '{}', '{}', '{}', '', '', 1, 1, 1 FROM m RETURNING id)
INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, click_kind, click_value, state, reason)
SELECT m.workspace_id, m.site_id, sale.id, m.id, '1', 'e-' || $1, now(), 'gclid', 'Cj0', 'waiting', 'delay' FROM m, sale RETURNING id`, name)
		for _, step := range []string{`state = 'ready', reason = ''`, `state = 'sending', frozen_at = now(), attempts = 1, attempt_id = $2`} {
			if _, err := r.pool.Exec(r.Context(), `UPDATE conversions SET `+step+` WHERE id = $1 AND ($2 > 0)`, id, attempt); err != nil {
				r.Fatal(err)
			}
		}
		request.Rows = append(request.Rows, transport.Row{ConversionID: id, TransactionID: "e-" + name, ClickKind: "gclid", ClickValue: "Cj0"})
	}
	for range 2 { // the second changes nothing
		if answer, err := r.file.Send(r.Context(), request); err != nil || !answer.Offered || answer.Final {
			r.Fatalf("%+v, %v", answer, err)
		}
	}
	return attempt
}

// run changes something.
func (r *rig) run(sql string, args ...any) {
	r.Helper()
	if _, err := r.pool.Exec(r.Context(), sql, args...); err != nil {
		r.Fatalf("%s: %v", sql, err)
	}
}

// fetch fetches the file to its end and returns the order ids in it.
func (r *rig) fetch(at time.Time) string {
	r.Helper()
	var file bytes.Buffer
	err := pgx.BeginFunc(r.Context(), r.pool, func(tx pgx.Tx) error {
		served, err := importcsv.Write(r.Context(), tx, r.connection, at, &file)
		if err != nil || served.LeftOut > 0 || served.Bytes != int64(file.Len()) {
			return errors.Join(err, fmt.Errorf("%+v of %d bytes", served, file.Len()))
		}
		return importcsv.Fetched(r.Context(), tx, r.connection, served, "Google", at)
	})
	if err != nil {
		r.Fatal(err)
	}
	_, text, found := strings.Cut(file.String(), importcsv.Head)
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !found {
		r.Fatalf("%q: %v", file.String(), err)
	}
	var ids []string
	for _, line := range lines {
		ids = append(ids, line[7])
	}
	return strings.Join(ids, " ")
}

func (r *rig) states() (all string) {
	r.Helper()
	r.scan(&all, `SELECT string_agg(transaction_id || ' ' || state || ' ' || reason, ', ' ORDER BY id) FROM conversions`)
	return all
}

// TestCollect: conversions of a part are received once it was fetched, each once, and nothing before.
func TestCollect(t *testing.T) {
	r := open(t)
	first, second := r.offer("a", "b", "c"), r.offer("d")
	recorded := `WITH a AS (UPDATE upload_attempts SET state = 'offered' WHERE id = $1 RETURNING id)
UPDATE conversions SET state = 'waiting', reason = 'in_file', frozen_at = NULL FROM a WHERE attempt_id = a.id`
	r.run(recorded, first)
	collect := func(want int, states string) {
		t.Helper()
		if got, err := r.file.Collect(t.Context()); err != nil || got != want {
			t.Errorf("collected %d, %v, want %d", got, err, want)
		}
		if diff := cmp.Diff(states, r.states()); diff != "" {
			t.Error(diff)
		}
	}
	collect(0, "e-a waiting in_file, e-b waiting in_file, e-c waiting in_file, e-d sending ")
	r.run(`UPDATE conversions SET state = 'held', reason = 'bot' WHERE transaction_id = 'e-b'`)
	if diff := cmp.Diff("e-a e-c", r.fetch(now.Add(-time.Minute))); diff != "" { // e-d is not offered yet, and its part not fetched
		t.Error(diff)
	}
	var served string // is what Google has, before it is collected
	if r.scan(&served, `SELECT string_agg(transaction_id, ' ' ORDER BY id) FROM conversions WHERE frozen_at IS NOT NULL AND state = 'waiting'`); served != "e-a e-c" {
		t.Errorf("as served: %s", served)
	}
	collect(2, "e-a received fetched, e-b held bot, e-c received fetched, e-d sending ")
	collect(0, "e-a received fetched, e-b held bot, e-c received fetched, e-d sending ")
	r.run(recorded, second)
	collect(0, "e-a received fetched, e-b held bot, e-c received fetched, e-d waiting in_file")
	if diff := cmp.Diff("e-a e-c e-d", r.fetch(now.Add(-time.Minute))); diff != "" { // the first once more, in case Google lost it
		t.Error(diff)
	}
	collect(1, "e-a received fetched, e-b held bot, e-c received fetched, e-d received fetched")
	r.run(`DELETE FROM sales USING conversions c WHERE c.sale_id = sales.id AND c.transaction_id = 'e-a'`) // an erasure
	if got := r.fetch(now.Add(time.Minute)) + "|" + r.fetch(now.Add(25*time.Hour)); got != "e-c e-d|" {
		t.Errorf("afterwards: %q", got)
	}
	var fetches string
	r.scan(&fetches, `SELECT string_agg(concat_ws(' ', agent, rows::text, cardinality(attempt_ids)::text, (bytes > 100)::text), ', ' ORDER BY id) FROM import_fetches`)
	if fetches != "Google 2 1 true, Google 3 2 true, Google 2 2 true, Google 0 0 true" {
		t.Errorf("fetches: %s", fetches)
	}
	var attempts string
	r.scan(&attempts, `SELECT string_agg(state || ' ' || extract(epoch FROM final_at - answered_at)::int || ' ' || coalesce(poll_at::text, 'never'), ', ') FROM upload_attempts`)
	if attempts != "received 60 never, received 60 never" {
		t.Errorf("attempts: %s", attempts)
	}
}

// TestBounds: what cannot stand in a file is no request, and what is kept of a row has no identifier.
func TestBounds(t *testing.T) {
	file := New(nil, time.Now)
	click := transport.Row{TransactionID: "o-1", ClickKind: "gclid", ClickValue: "Cj0KCQ-abcdef", OccurredAt: now, HasValue: true, Value: 19_990_000, Currency: "EUR", EmailHash: strings.Repeat("ab", 32)}
	request := func(kind transport.Kind, rows ...transport.Row) *transport.Request {
		return &transport.Request{Kind: kind, Rows: rows, ValidateOnly: true}
	}
	for name, bad := range map[string]*transport.Request{
		"nothing": request(transport.Conversion), "too many": request(transport.Conversion, make([]transport.Row, Most+1)...),
		"an adjustment": request(transport.Retraction, click), "no click": request(transport.Conversion, transport.Row{TransactionID: "o-1"}),
	} {
		if _, err := file.Send(t.Context(), bad); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if answer, err := file.Send(t.Context(), request(transport.Conversion, click)); err != nil || !answer.Final || answer.Offered || answer.Rows[0].Code != "" {
		t.Errorf("checked alone: %+v, %v", answer, err)
	}
	got, err := file.Payload(request(transport.Conversion, click), 0)
	want := `{"Conversion Currency":"EUR","Conversion Time":"2026-10-01 12:00:00","Conversion Value":"19.99","Google Click ID":"Cj…","Order ID":"o-1"}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if file.Most(transport.Conversion) != 2000 || file.Most(transport.Restatement)+file.Most(transport.Retraction)+file.Most(transport.Enhancement) != 0 {
		t.Error("what it can do")
	}
	if _, err := file.Ask(t.Context(), transport.Destination{}, ""); err == nil {
		t.Error("there is a status")
	}
	if reason, known := schema.ReasonOf(schema.ReasonFetched); !known || reason.Class != schema.UploadDone {
		t.Error(fmt.Sprint(reason))
	}
}

// TestWhatWasFetched: what is kept of a row is what Google fetched, and not what was offered before; of one
// that was taken out, that it was.
func TestWhatWasFetched(t *testing.T) {
	r := open(t)
	attempt := r.offer("a", "b", "c", "d")
	r.run(`INSERT INTO upload_rows (attempt_id, number, conversion_id, payload) SELECT attempt_id, row_number() OVER (ORDER BY id) - 1, id, '{"Order ID": "as offered"}' FROM conversions`)
	r.run(`WITH a AS (UPDATE upload_attempts SET state = 'offered' WHERE id = $1 RETURNING id)
UPDATE conversions SET state = 'waiting', reason = 'in_file', frozen_at = NULL FROM a WHERE attempt_id = a.id`, attempt)
	for name, set := range map[string]string{
		"a": `value = 19990000, currency = 'EUR', click_value = 'Cj0KCQ-abcdefghijk', occurred_at = '2026-10-01T12:00:00Z'`, "b": `value = 500000, currency = 'USD', click_kind = 'wbraid', occurred_at = '2026-10-01T12:00:00Z'`,
		"c": `value = 20000001, currency = 'EUR', occurred_at = '2026-10-01T12:00:00Z'`, "d": `state = 'held', reason = 'refunded'`,
	} {
		r.run(`UPDATE conversions SET ` + set + ` WHERE transaction_id = 'e-` + name + `'`)
	}
	r.fetch(now)
	if n, err := r.file.Collect(t.Context()); err != nil || n != 3 {
		t.Errorf("collected %d, %v", n, err)
	}
	rows := map[string]transport.Row{
		"e-a": {ClickKind: "gclid", ClickValue: "Cj0KCQ-abcdefghijk", HasValue: true, Value: 19_990_000, Currency: "EUR"}, "e-b": {ClickKind: "wbraid", ClickValue: "Cj0", HasValue: true, Value: 500_000, Currency: "USD"},
		"e-c": {ClickKind: "gclid", ClickValue: "Cj0", HasValue: true, Value: 20_000_001, Currency: "EUR"},
	}
	for id, row := range rows {
		row.TransactionID, row.OccurredAt = id, time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
		want, err := r.file.Payload(&transport.Request{Rows: []transport.Row{row}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		var same bool
		if r.scan(&same, `SELECT payload = $2 AND message = '' FROM upload_rows u JOIN conversions c ON c.id = u.conversion_id WHERE transaction_id = $1`, id, string(want)); !same {
			t.Errorf("%s is not kept as %s", id, want)
		}
	}
	var out string
	r.scan(&out, `SELECT payload ->> 'Order ID' || ': ' || message FROM upload_rows u JOIN conversions c ON c.id = u.conversion_id WHERE transaction_id = 'e-d'`)
	if out != "as offered: It was taken out of the file before Google fetched it" {
		t.Errorf("of what was taken out is kept %q", out)
	}
}
