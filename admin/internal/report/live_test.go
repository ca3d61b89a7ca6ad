package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

func TestLive(t *testing.T) {
	db := openDatabase(t)
	now := time.Date(2026, 5, 4, 10, 30, 20, 0, time.UTC)
	site := schema.Site{ID: 7, TimeZone: "Asia/Kathmandu", Currency: "EUR"}
	engine := New(db.reader, Options{Now: func() time.Time { return now }})
	quiet, err := engine.Live(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	if quiet.LastEventAt != nil || quiet.VisitorsNow != 0 || len(quiet.Minutes) != 30 || len(quiet.Pages) != 0 {
		t.Errorf("without events: %+v", quiet)
	}
	n := 0
	event := func(ago time.Duration, kind schema.Kind, visitor schema.VisitorID, path string) schema.Event {
		n++
		return schema.Event{
			Site: 7, ID: fmt.Sprint("e", n), Kind: kind, Via: schema.ViaBrowser, Visitor: visitor, Path: path,
			OccurredAt: schema.MillisOf(now.Add(-ago)), ReceivedAt: schema.MillisOf(now.Add(-ago)),
		}
	}
	bot, probe, elsewhere := event(time.Second, schema.KindPageview, 90, "/bot"), event(time.Second, schema.KindPageview, 91, "/probe"), event(time.Second, schema.KindPageview, 92, "/other")
	bot.BotReasons, probe.Via, elsewhere.Site = []string{"crawler"}, schema.ViaCanary, 8
	db.insert(t, []schema.Event{
		bot, probe, elsewhere,
		event(-2*time.Minute, schema.KindPageview, 1, "/"),     // ahead of the clock: in the open minute
		event(10*time.Second, schema.KindInteraction, 2, "/"),  // the same minute
		event(4*time.Minute, schema.KindPageview, 2, "/a"),     //
		event(4*time.Minute, schema.KindPageview, 0, "/a"),     // of nobody known
		event(20*time.Minute, schema.KindPageview, 3, "/old"),  // not there any more
		event(29*time.Minute, schema.KindSale, 3, ""),          // the first bucket
		event(30*time.Minute, schema.KindPageview, 4, "/past"), // before it
	}, now)
	engine = New(db.reader, Options{Now: func() time.Time { return now }})
	got, err := engine.Live(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	if got.InsertedAt == nil || !got.InsertedAt.Equal(now) {
		t.Errorf("inserted at %v", got.InsertedAt)
	}
	var buckets []string
	for i, m := range got.Minutes {
		if m.Pageviews+m.Visitors > 0 {
			buckets = append(buckets, fmt.Sprintf("%d %s %d/%d", i, m.Minute.Format("15:04:05"), m.Pageviews, m.Visitors))
		}
	}
	figures := []any{got.VisitorsNow, got.Visitors30m, got.Pageviews30m, got.Events30m, buckets, got.Pages}
	want := []any{
		uint64(2), uint64(3), uint64(4), uint64(6),
		[]string{"0 10:01:00 0/1", "9 10:10:00 1/1", "25 10:26:00 2/1", "29 10:30:00 1/2"},
		[]LivePage{{"/", 2}, {"/a", 1}},
	}
	if diff := cmp.Diff(want, figures); diff != "" {
		t.Errorf("live (-want +got): %s", diff)
	}
	body, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(body), `{"at":"2026-05-04T10:30:20Z","visitors_now":2,"visitors_30m":3,"pageviews_30m":4,"events_30m":6,"minutes":[{"minute":"2026-05-04T10:01:00Z","pageviews":0,"visitors":1},`) {
		t.Errorf("live as JSON: %s", body)
	}
}

func TestMark(t *testing.T) {
	db := openDatabase(t)
	if err := db.migrator.Exec(t.Context(), "SYSTEM STOP MERGES touched"); err != nil { // a merge is seen as news
		t.Fatal(err)
	}
	site := schema.Site{ID: 7, TimeZone: "UTC", Currency: "EUR"}
	engine := New(db.reader, Options{})
	at := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	marks := map[Mark]int{}
	look := func(step int) {
		t.Helper()
		mark, err := engine.Mark(t.Context(), site)
		if err != nil {
			t.Fatal(err)
		}
		if before, known := marks[mark]; known {
			t.Errorf("step %d has the mark of step %d", step, before)
		}
		marks[mark] = step
		again, err := engine.Mark(t.Context(), site)
		if err != nil || again != mark {
			t.Errorf("step %d: asked twice: %v and %v, %v", step, mark, again, err)
		}
	}
	look(0)
	event := schema.Event{Site: 7, ID: "a", Kind: schema.KindPageview, OccurredAt: schema.MillisOf(at)}
	db.insert(t, []schema.Event{event}, at)
	look(1)
	event.ID = "b"
	db.insert(t, []schema.Event{event}, at.Add(-time.Second)) // began before the first, shows after it
	look(2)
	other := event
	other.ID, other.Site = "c", 8
	db.insert(t, []schema.Event{other}, at)
	mark, err := engine.Mark(t.Context(), site)
	if err != nil || marks[mark] != 2 {
		t.Errorf("rows of another site changed the mark: %v, %v", mark, err)
	}
}
