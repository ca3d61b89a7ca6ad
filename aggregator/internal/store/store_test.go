package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/aggregator/internal/repeats"
	"noctra/aggregator/internal/rows"
	"noctra/internal/clickhouse"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestMain(m *testing.M) { testenv.Main(m) }

var noon = schema.MillisOf(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))

// full is an event with every field.
func full(i int) schema.Event {
	return schema.Event{
		ID: fmt.Sprintf("event-%d", i), Site: schema.SiteID(7 + i%2), Workspace: 3, Kind: schema.KindSale, Name: "signup", Via: schema.ViaServer,
		OccurredAt: noon + schema.Millis(i), ReceivedAt: noon + 80, Visitor: 1<<63 + 5, VisitorKind: schema.VisitorLasting, User: 99,
		Hostname: "shop.example", Path: fmt.Sprintf("/p/%d", i), Query: "a=b", Title: "Ünïcode – 'quoted'",
		Referrer: "google.com/", Source: "Google", Channel: "Paid Search",
		UTMSource: "s", UTMMedium: "m", UTMCampaign: "c", UTMTerm: "t", UTMContent: "n", UTMID: "i",
		ClickIDs: []schema.ClickID{{Kind: "gclid", Value: "abc"}, {Kind: "fbclid", Value: "def"}},
		Country:  "DE", Region: "Berlin", City: "Berlin", Browser: "Firefox", BrowserVersion: "145", OS: "Linux", OSVersion: "6", Device: "desktop",
		Screen: "1x1", Language: "de", TimeZone: "Europe/Berlin", BotReasons: []string{"agent"}, Props: []schema.Prop{{Key: "k", Value: "v"}, {Key: "l", Value: "w"}},
		OrderID: "o-1", Amount: -12_345_678, Currency: "EUR", Items: []schema.Item{{ID: "1", Name: "one", Category: "x", Quantity: 2, Price: 5}, {ID: "2"}},
		ConsentAnalytics: schema.ConsentGranted, ConsentAdUser: schema.ConsentDenied, EmailHash: "e", PhoneHash: "p", Unknown: []byte{0xf8, 0x07, 0x01},
	}
}

func open(t *testing.T) (*Store, clickhouse.Config) {
	t.Helper()
	config := testenv.ClickHouse(t)
	s, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, config
}

func block(n int) *rows.Rows {
	r := rows.New()
	for i := range n {
		e := full(i)
		r.Append(&e, rows.Place{Topic: "noctra.events", Partition: 2, Offset: int64(1000 + i)}, repeats.Hash(e.Site, e.ID))
	}
	return r
}

func TestEveryColumnArrives(t *testing.T) {
	s, _ := open(t)
	if err := s.Insert(t.Context(), block(2).Block(), "a"); err != nil {
		t.Fatal(err)
	}
	got, err := s.query(t.Context(), `SELECT * EXCEPT (inserted_at), toUnixTimestamp64Milli(inserted_at) > 0 AS now FROM events ORDER BY kafka_offset DESC LIMIT 1 FORMAT TSKV`)
	if err != nil {
		t.Fatal(err)
	}
	want := "site_id=8\tworkspace_id=3\tevent_id=event-1\tkind=sale\tname=signup\tvia=server\toccurred_at=2026-11-25 12:00:00.001\treceived_at=2026-11-25 12:00:00.080\tvisitor_id=9223372036854775813\tvisitor_kind=2\tuser_hash=99\thostname=shop.example\tpath=/p/1\tquery=a=b\ttitle=Ünïcode – \\'quoted\\'\treferrer=google.com/\tsource=Google\tchannel=Paid Search\tutm_source=s\tutm_medium=m\tutm_campaign=c\tutm_term=t\tutm_content=n\tutm_id=i\tclick_kinds=['gclid','fbclid']\tclick_values=['abc','def']\tcountry=DE\tregion=Berlin\tcity=Berlin\tbrowser=Firefox\tbrowser_version=145\tos=Linux\tos_version=6\tdevice=desktop\tscreen=1x1\tlanguage=de\ttime_zone=Europe/Berlin\tbot_reasons=['agent']\tis_bot=1\tprops={'k':'v','l':'w'}\torder_id=o-1\tamount=-12345678\tcurrency=EUR\titem_ids=['1','2']\titem_names=['one','']\titem_categories=['x','']\titem_quantities=[2,0]\titem_prices=[5,0]\tconsent_analytics=granted\tconsent_ad_user_data=denied\tconsent_ad_personalization=unset\temail_hash=e\tphone_hash=p\tunknown=\xf8\a\x01\tkafka_topic=noctra.events\tkafka_partition=2\tkafka_offset=1001\tcorrected=0\tnow=1\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestInsertIsOneUnderItsToken(t *testing.T) {
	s, _ := open(t)
	const n = 70_000 // more than a default block; dictionaries wider than 8 and than 16 bits
	r := block(n)
	for range 3 {
		if err := s.Insert(t.Context(), r.Block(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	for sql, want := range map[string]string{
		"SELECT count(), uniqExact(event_id), uniqExact(path) FROM events":                                     "70000\t70000\t70000\n",
		"SELECT count(), uniqExact(site_id) FROM touched":                                                      "2\t2\n",
		"SELECT count() FROM system.parts WHERE active AND table = 'events' AND database = currentDatabase()":  "1\n",
		"SELECT max(at) = (SELECT max(inserted_at) FROM events) FROM touched":                                  "1\n",
		"SELECT countIf(" + repeats.HashSQL + " = " + fmt.Sprint(repeats.Hash(8, "event-1")) + ") FROM events": "1\n",
	} {
		got, err := s.query(t.Context(), sql)
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", sql, got, err, want)
		}
	}
}

func TestStoredRowsAreFound(t *testing.T) {
	s, _ := open(t)
	r := block(100)
	if err := s.Insert(t.Context(), r.Block(), "a"); err != nil {
		t.Fatal(err)
	}
	lookup := Lookup{
		Topic: "noctra.events", Partition: 2, Before: 1050, Received: noon, OccurredAt: [2]schema.Millis{noon - 1, noon + 1000},
		IDs: []ID{{7, "event-2"}, {8, "event-3"}, {7, "event-60"}, {7, "event-none"}},
	}
	got, err := s.Stored(t.Context(), lookup)
	if err != nil {
		t.Fatal(err)
	}
	offsets := map[ID]int64{}
	for _, row := range got {
		offsets[row.ID] = row.Offset
		if row.Kind != schema.KindSale || row.Amount != -12_345_678 || row.Received != noon+80 || row.OccurredAt != noon+schema.Millis(row.Offset-1000) {
			t.Errorf("row %+v", row)
		}
	}
	if diff := cmp.Diff(map[ID]int64{{7, "event-2"}: 1002, {8, "event-3"}: 1003}, offsets); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := s.query(t.Context(), "ALTER TABLE events UPDATE amount = 1, corrected = 1 WHERE event_id = 'event-2' SETTINGS mutations_sync = 2"); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Stored(t.Context(), lookup); err != nil {
		t.Fatal(err)
	}
	for _, row := range got {
		if is := row.ID.Event == "event-2"; row.Corrected != is || row.Kind != schema.KindSale {
			t.Errorf("row %+v", row)
		}
	}
	hashes := map[uint64]int{}
	err = s.Hashes(t.Context(), Part{"noctra.events", []Share{{Partition: 2, From: 1090}, {Partition: 3}}, noon}, func(hash uint64, received schema.Millis) {
		if received/86_400_000 != noon/86_400_000 {
			t.Errorf("received at %d", received)
		}
		hashes[hash]++
	})
	if err != nil || len(hashes) != 10 || hashes[repeats.Hash(8, "event-99")] != 1 {
		t.Errorf("%d hashes, %v", len(hashes), err)
	}
	last, err := s.Last(t.Context(), Part{"noctra.events", []Share{{Partition: 2}, {Partition: 3}}, noon})
	if diff := cmp.Diff(map[int]int64{2: 1099}, last); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestErrorsHaveTheServersWords(t *testing.T) {
	s, config := open(t)
	config.Database = "noctra_test_none"
	away, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	var answer *Error
	if err := away.Insert(t.Context(), block(1).Block(), "a"); !errors.As(err, &answer) || answer.Status == 200 {
		t.Errorf("insert into nothing: %v", err)
	}
	s.address = "http://127.0.0.1:1/"
	if err := s.Insert(t.Context(), block(1).Block(), "a"); err == nil {
		t.Errorf("insert at nobody: %v", err)
	}
}

// TestTokenCountsPerMonth: of a block over two months, one went in; the repetition adds the other to
// the table. The view's target knows the token already, so it has to be mended.
func TestTokenCountsPerMonth(t *testing.T) {
	s, _ := open(t)
	months := func(from int) *rows.Rows {
		r := rows.New()
		for i := from; i < 20; i++ {
			e := full(i)
			if i < 10 {
				e.OccurredAt -= 40 * 24 * 3600 * 1000
			}
			r.Append(&e, rows.Place{Topic: "noctra.events", Partition: 2, Offset: int64(i)}, repeats.Hash(e.Site, e.ID))
		}
		return r
	}
	for _, from := range []int{10, 0, 0} {
		if err := s.Insert(t.Context(), months(from).Block(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Mend(t.Context(), Range{"noctra.events", 2, 0, 20}); err != nil {
		t.Fatal(err)
	}
	got, err := s.query(t.Context(), "SELECT count(), uniqExact(event_id), (SELECT uniqExact(site_id, hour) FROM touched) FROM events")
	if want := "20\t20\t4\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func TestMendIsWhatTheViewDoes(t *testing.T) {
	s, _ := open(t)
	if err := s.Insert(t.Context(), block(50).Block(), "a"); err != nil {
		t.Fatal(err)
	}
	const state = "SELECT site_id, hour, max(at) FROM touched GROUP BY site_id, hour ORDER BY site_id, hour"
	want, err := s.query(t.Context(), state)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.query(t.Context(), "TRUNCATE TABLE touched"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Mend(t.Context(), Range{"noctra.events", 2, 1000, 1050}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.query(t.Context(), state)
	if diff := cmp.Diff(string(want), string(got)); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}
