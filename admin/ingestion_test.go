package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/ingestion"
	"noctra/internal/clickhouse"
	"noctra/schema"
)

// exec runs statements as the writer.
func (r *rig) exec(statements ...string) {
	r.t.Helper()
	conn, err := r.config.ClickHouse.Open(clickhouse.Writer)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, statement := range statements {
		if err := conn.Exec(r.t.Context(), statement); err != nil {
			r.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// ingestionOf asks with the demo's API key.
func (r *rig) ingestionOf(site string, parameters ...string) reply {
	r.t.Helper()
	query := url.Values{}
	for i := 0; i+1 < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	return r.ask(r.client, "GET", "/api/v1/sites/"+site+"/ingestion?"+query.Encode(), "", "Authorization", "Bearer "+r.demo().APIKey)
}

func TestIngestion(t *testing.T) {
	r := start(t, nil)
	site := r.demo().SiteID
	hour := time.Now().UTC().Truncate(time.Hour).Add(-2 * time.Hour)
	first, second := hour.Add(5*time.Minute), hour.Add(65*time.Minute)
	insertEvents(t, r.config, site, first.Add(3*time.Second), 5)
	insertEvents(t, r.config, site, second.Add(59*time.Second), 7)
	insertEvents(t, r.config, "99", first, 100)
	row := func(site string, minute time.Time, source string, seq int, stage, reason string, n int) string {
		return fmt.Sprintf("INSERT INTO ingestion (site_id, minute, source, seq, stage, reason, n) VALUES (%s, %d, '%s', %d, '%s', '%s', %d)", site, minute.Unix(), source, seq, stage, reason, n)
	}
	for range 2 { // copies of rows are one
		r.exec(
			row(site, first, "noctra.events-1", 10, "aggregator", "repeated", 1),
			row(site, first, "noctra.events-1", 11, "aggregator", "repeated", 1),
			row(site, first, "noctra.events-2", 11, "aggregator", "conflicting", 1),
			row(site, second, "noctra.events-1", 20, "aggregator", "kind_unknown", 1),
			row(site, first, "00000000000000aa", 1, "browser", "amount_invalid", 3),
			row(site, second, "00000000000000aa", 2, "browser", "amount_invalid", 2),
			row(site, second, "00000000000000bb", 2, "server", "too_long", 4),
			row("99", first, "00000000000000bb", 3, "server", "too_long", 50),
			row("0", first, "noctra.events-1", 5, "aggregator", "missing", 6),
			row("0", first, "noctra.events-1", 12, "aggregator", "counts", 1),
		)
	}
	r.exec(
		fmt.Sprintf("INSERT INTO partitions (topic, partition, at, committed, high, oldest) VALUES ('noctra.events', 0, fromUnixTimestamp64Milli(%d), 10, 10, 0)", second.UnixMilli()),
		fmt.Sprintf("INSERT INTO partitions (topic, partition, at, committed, high, oldest, lost) VALUES ('noctra.events', 1, fromUnixTimestamp64Milli(%d), 10, 25, fromUnixTimestamp64Milli(%d), 1)", second.UnixMilli(), first.UnixMilli()),
	)
	until := first
	want := ingestion.Outcome{
		SiteID: site, From: hour, To: hour.Add(2 * time.Hour), Interval: ingestion.Hour,
		Product: ingestion.Product{InFlight: 15, Unaccounted: 1, Missing: 6, CompleteUntil: &until},
		Totals: ingestion.Figures{Received: 25, Accepted: 16, Refused: map[string]uint64{"browser/amount_invalid": 5, "server/too_long": 4},
			Stored: 12, Repeated: 3, Conflicting: 1, Quarantined: map[string]uint64{"kind_unknown": 1}},
		Buckets: []ingestion.Bucket{
			{At: hour, Figures: ingestion.Figures{Received: 11, Accepted: 8, Refused: map[string]uint64{"browser/amount_invalid": 3}, Stored: 5, Repeated: 3, Conflicting: 1, Quarantined: map[string]uint64{}}},
			{At: hour.Add(time.Hour), Figures: ingestion.Figures{Received: 14, Accepted: 8, Refused: map[string]uint64{"browser/amount_invalid": 2, "server/too_long": 4}, Stored: 7, Quarantined: map[string]uint64{"kind_unknown": 1}}},
		},
	}
	answer := func(a reply) (got ingestion.Outcome) {
		t.Helper()
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != http.StatusOK {
			t.Fatalf("%d %s: %v", a.status, a.body, err)
		}
		return got
	}
	for _, by := range []string{site, r.demo().SiteKey} {
		got := answer(r.ingestionOf(by, "from", first.Format(time.RFC3339), "to", second.Format(time.RFC3339)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("site %s, -want +got:\n%s", by, diff)
		}
	}
	minutes := answer(r.ingestionOf(site, "from", first.Format(time.RFC3339), "to", second.Format(time.RFC3339), "interval", "minute"))
	if len(minutes.Buckets) != 1 || !minutes.Buckets[0].At.Equal(first) || minutes.Totals.Stored != 5 { // second is exclusive
		t.Errorf("by minute: %+v", minutes)
	}
	zone := time.FixedZone("", 2*3600)
	days := answer(r.ingestionOf(site, "from", first.In(zone).Format(time.RFC3339), "interval", "day"))
	if diff := cmp.Diff(want.Totals, days.Totals); diff != "" {
		t.Errorf("by day, -want +got:\n%s", diff)
	}
	if usual := answer(r.ingestionOf(site)); usual.Interval != ingestion.Hour || usual.Totals.Received != 25 || usual.To.Sub(usual.From) > 26*time.Hour {
		t.Errorf("without parameters: %+v", usual)
	}
}

func TestIngestionRefuses(t *testing.T) {
	r := start(t, nil)
	site := r.demo().SiteID
	now := time.Now().UTC()
	ago := func(d time.Duration) string { return now.Add(-d).Format(time.RFC3339) }
	for name, c := range map[string]struct {
		parameters []string
		path       string
	}{
		"no time":      {[]string{"from", "yesterday"}, "query.from"},
		"no interval":  {[]string{"interval", "week"}, "query.interval"},
		"backwards":    {[]string{"from", ago(time.Hour), "to", ago(2 * time.Hour)}, "query.from"},
		"too long ago": {[]string{"from", ago(91 * 24 * time.Hour), "interval", "day"}, "query.from"},
		"far ahead":    {[]string{"to", now.Add(72 * time.Hour).Format(time.RFC3339)}, "query.to"},
		"too many":     {[]string{"from", ago(30 * time.Hour), "interval", "minute"}, "query.interval"},
	} {
		a := r.ingestionOf(site, c.parameters...)
		p := a.problem(t)
		if a.status != http.StatusUnprocessableEntity || p.Code != "invalid_request" || len(p.Errors) != 1 || p.Errors[0].Path != c.path || p.Errors[0].Message == "" {
			t.Errorf("%s: %d %+v", name, a.status, p)
		}
	}
	if a := r.ingestionOf("999999"); a.problem(t).Code != "not_found" {
		t.Errorf("a site of nobody: %d", a.status)
	}
	r.sql(`INSERT INTO workspaces (name) VALUES ('other')`)
	r.sql(`UPDATE sites SET workspace_id = (SELECT id FROM workspaces WHERE name = 'other') WHERE id = $1`, mustNumber(t, site))
	if a := r.ingestionOf(site); a.problem(t).Code != "not_found" {
		t.Errorf("a site of others: %d", a.status)
	}
	if a := r.ask(r.client, "GET", "/api/v1/sites/"+site+"/ingestion", ""); a.status != http.StatusUnauthorized {
		t.Errorf("without a key: %d", a.status)
	}
}

func mustNumber(t *testing.T, text string) (n int64) {
	t.Helper()
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestIngestionReadsTheProjection: what is stored is counted in milliseconds, however large a site is.
func TestIngestionReadsTheProjection(t *testing.T) {
	r := start(t, nil)
	now := time.Now()
	insertEvents(t, r.config, r.demo().SiteID, now, 20_000)
	rows, err := r.reader.Query(t.Context(), "EXPLAIN "+ingestion.StoredSQL(schema.SiteID(mustNumber(t, r.demo().SiteID)), ingestion.Range{From: now.Add(-time.Hour), To: now, Interval: ingestion.Hour}.Whole()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil || !strings.Contains(plan.String(), "by_receipt") {
		t.Errorf("%v: the plan does not read the projection:\n%s", err, plan.String())
	}
}
