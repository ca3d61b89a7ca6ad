package admin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/kept"
	"noctra/admin/internal/slices"
)

// old inserts a pageview at noon, days ago, at a place of noctra.events. It is stored now, so that a day
// that the service has summed meanwhile is summed again.
func (r *rig) old(site string, days, partition, offset int) {
	r.t.Helper()
	at := r.noon(days).UnixMilli()
	r.exec(fmt.Sprintf(`INSERT INTO events (site_id, event_id, kind, via, occurred_at, received_at, visitor_id, visitor_kind, hostname, path, kafka_topic, kafka_partition, kafka_offset)
		SELECT %[1]s, 'old-%[2]d-%[3]d-%[4]d', 'pageview', 'browser', fromUnixTimestamp64Milli(%[5]d), fromUnixTimestamp64Milli(%[5]d), %[4]d + 1, 2, 'shop.noctra.example', '/', 'noctra.events', %[3]d, %[4]d`,
		site, days, partition, offset, at))
}

func (r *rig) noon(daysAgo int) time.Time {
	return r.now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -daysAgo).Add(12 * time.Hour)
}

// asked is one number of a report about a day.
func (r *rig) asked(metric string, daysAgo int) string {
	r.t.Helper()
	day := r.noon(daysAgo).Format(time.DateOnly)
	var out struct{ Results []struct{ Metrics []any } }
	decode(r.t, r.ask(r.client, "POST", "/api/v1/query", fmt.Sprintf(`{"site_id": %q, "metrics": [%q], "date_range": [%q, %q]}`, r.demo().SiteID, metric, day, day), "Authorization", "Bearer "+r.demo().APIKey), 200, &out)
	return fmt.Sprint(out.Results[0].Metrics[0])
}

// number asks ClickHouse for one.
func (r *rig) number(query string) (n uint64) {
	r.t.Helper()
	if err := r.writer.QueryRow(r.t.Context(), query).Scan(&n); err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// expireAgain does a round, whatever one of the service itself has done by now, and after one that is at it.
func (r *rig) expireAgain() {
	r.t.Helper()
	r.sql(`DELETE FROM site_retention`)
	eventually(r.t, "a round of retention", func() bool {
		sites, err := r.expiry.Round(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		return sites > 0
	})
}

// What was kept long enough goes: events first, whose days stay in reports, sums later. What was not
// audited yet stays, and so do other sites. The log says what went, also after a round that was killed.
func TestRetention(t *testing.T) {
	r := start(t, nil)
	r.offset.stop() // so that days ago are the same days, also at midnight
	site := r.demo().SiteID
	for days, n := range map[int]int{90: 2, 45: 3, 31: 1, 30: 1, 10: 2} {
		for i := range n {
			r.old(site, days, 1, days*10+i)
		}
	}
	r.old(site, 45, 3, 100)
	r.old("99", 90, 1, 5)
	r.exec("INSERT INTO partitions (topic, partition, audited) VALUES ('noctra.events', 1, 1000), ('noctra.events', 3, 50)")
	r.sql(`INSERT INTO retention_log (site_id, workspace_id, table_name, before, rows_found, begun_at) VALUES ($1::text::bigint, 1, 'events', now()::date - 100, 17, now())`, site)
	r.sql(`UPDATE sites SET retention_raw_days = 30, retention_aggregates_days = 60 WHERE id = $1::text::bigint`, site)
	r.expireAgain()
	left := r.number("SELECT count() FROM events WHERE site_id = " + site)
	if others := r.number("SELECT count() FROM events WHERE site_id = 99"); left != 4 || others != 1 { // 30 and 10 days, and the place that was not audited
		t.Errorf("%d events are left, and %d of another site", left, others)
	}
	got := map[int]string{}
	for _, days := range []int{90, 45, 31, 30, 10} {
		got[days] = r.asked("pageviews", days)
	}
	if diff := cmp.Diff(map[int]string{90: "0", 45: "4", 31: "1", 30: "1", 10: "2"}, got); diff != "" {
		t.Errorf("pageviews by days ago: %s", diff)
	}
	var log retentionLogOutput
	decode(t, r.ask(r.signedIn(), "GET", "/api/v1/sites/"+site+"/retention-log", ""), 200, &log.Body)
	found := map[string]int64{}
	for _, e := range log.Body.Entries {
		if e.RowsLeft == nil || *e.RowsLeft != 0 || e.CheckedAt == nil {
			t.Errorf("not checked: %+v", e)
		}
		found[e.Table] += e.RowsFound
	}
	if found["events"] < 6 || found["touched"] == 0 {
		t.Errorf("log %v", found)
	}
	if n, err := r.expiry.Round(t.Context()); err != nil || n != 0 {
		t.Errorf("a second round on the same day: %d, %v", n, err)
	}
	r.exec("INSERT INTO partitions (topic, partition, audited) VALUES ('noctra.events', 3, 200)")
	r.expireAgain()
	if left, views := r.number("SELECT count() FROM events WHERE site_id = "+site), r.asked("pageviews", 45); left != 3 || views != "4" {
		t.Errorf("once audited: %d events, %s pageviews", left, views)
	}
	if err := slices.NewMaker(r.writer, r.allSites, slices.MakerOptions{}).Round(t.Context()); err != nil { // beside the service's own
		t.Fatal(err)
	}
	if views := r.asked("pageviews", 45); views != "4" {
		t.Errorf("after the Maker: %s pageviews", views)
	}
}

// The page and the JSON say the same, and need nobody signed in; what sites have set needs it.
func TestWhatIsKept(t *testing.T) {
	r := start(t, nil)
	page := r.ask(r.browser(), "GET", "/privacy/data", "")
	if page.status != 200 || !strings.Contains(page.body, "30 days") || !strings.Contains(page.body, "Addresses of visitors") || strings.Contains(page.body, "Not described") {
		t.Errorf("%d %.300s", page.status, page.body)
	}
	var statement kept.Statement
	decode(t, r.ask(r.browser(), "GET", "/privacy/data.json", ""), 200, &statement)
	for _, p := range statement.Places {
		if p.Name == "sessions" && p.Seconds != int64(r.config.SessionMax/time.Second) {
			t.Errorf("%+v", p)
		}
	}
	r.sql(`UPDATE sites SET retention_raw_days = 400 WHERE id = $1::text::bigint`, r.demo().SiteID)
	var own retentionOutput
	decode(t, r.ask(r.signedIn(), "GET", "/api/v1/retention?site_id="+r.demo().SiteID, ""), 200, &own.Body)
	if len(own.Body.Sites) != 1 || own.Body.Sites[0].RetentionRawDays == nil || *own.Body.Sites[0].RetentionRawDays != 400 || len(own.Body.Places) != len(statement.Places) {
		t.Errorf("%+v", own.Body.Sites)
	}
	r.wants("somebody else's site", r.ask(r.signedIn(), "GET", "/api/v1/retention?site_id=987", ""), 404, "not_found")
}
