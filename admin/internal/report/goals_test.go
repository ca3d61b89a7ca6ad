package report

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
	"noctra/schema/goals"
)

// definedGoals overlap: events have several of them, and two have taken names that are sent as well.
var definedGoals = []goals.Goal{
	{ID: 1, Name: "Thanks", Version: 1, Match: goals.Match{Kind: goals.Page, Path: "/a*"}},
	{ID: 2, Name: "Any page", Version: 3, Match: goals.Match{Kind: goals.Page, Path: "/*b*"}},
	{ID: 3, Name: "Home", Match: goals.Match{Kind: goals.Page, Path: "/"}},
	{ID: 4, Name: "Signup", Match: goals.Match{Kind: goals.Event, EventType: "goal", Name: "Download"}},
	{ID: 5, Name: "Pro", Match: goals.Match{Kind: goals.Event, Name: "Signup", Props: map[string]string{"plan's": "pro"}}},
	{ID: 6, Name: "All' sales", Match: goals.Match{Kind: goals.Sale}},
	{ID: 7, Name: "Large", Match: goals.Match{Kind: goals.Sale, MinAmount: "500"}},
}

// TestOracleOfGoals asks about a site with definitions: with and without one that only raw events know.
func TestOracleOfGoals(t *testing.T) {
	db := openDatabase(t)
	for i, defined := range [][]goals.Goal{definedGoals, append(append([]goals.Goal{}, definedGoals[:4]...), definedGoals[5:]...)} {
		r := rand.New(rand.NewPCG(uint64(70+i), *oracleSeed))
		w := newWorld(t, r, schema.Site{ID: schema.SiteID(i + 1), TimeZone: "Europe/Berlin", Currency: "EUR"})
		w.people, w.goals = i, defined
		askWorld(t, db, w, *oracleRounds/4+1)
	}
}

// A page's goal is the same over raw events, over slices and over days that are both; its definition stands in meta.
func TestGoalsUsed(t *testing.T) {
	for _, c := range []struct {
		question string
		want     []string
	}{
		{`"metrics": ["visitors"]`, nil},
		{`"metrics": ["visitors"], "dimensions": ["event:goal"]`, []string{"Thanks", "Any page", "Home", "Signup", "Pro", "All' sales", "Large"}},
		{`"metrics": ["visitors"], "filters": [["is", "event:goal", ["Home", "Large", "none"]]]`, []string{"Home", "Large"}},
		{`"metrics": ["visitors"], "filters": [["has_not_done", ["contains", "event:goal", ["sale"]]]]`, []string{"All' sales"}},
		{`"metrics": ["visitors"], "filters": [["not", ["matches", "event:goal", ["^H"]]]]`, []string{"Home"}},
	} {
		q, err := decodeText(c.question)
		if err != nil {
			t.Fatal(err)
		}
		q.goals = define(definedGoals)
		var got []string
		for _, g := range q.goalsUsed() {
			got = append(got, g.Name)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.question, diff)
		}
	}
}

// Definitions hold what means something to one of the languages they pass through; each finds its event.
func TestHostileGoals(t *testing.T) {
	db := openDatabase(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	site := schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR"}
	texts := []string{"'", `\`, `\'`, `"`, "`", "%", "_", "{p0:String}", "{tz:String}", "$1", "?", "--", "/*/", "')) OR 1 --", `\x27`, "NULL", "ä", "😀", "[a]", "(", ".", "^$"}
	var events []schema.Event
	var defined []goals.Goal
	for i, v := range texts {
		page := goals.Match{Kind: goals.Page, Path: "/" + v + "-*x"}
		event := goals.Match{Kind: goals.Event, Name: v, Props: map[string]string{v: v}}
		for j, m := range []goals.Match{page, event} {
			if _, problems := goals.CheckMatch(m); len(problems) > 0 {
				t.Fatalf("%q: %v", v, problems)
			}
			defined = append(defined, goals.Goal{ID: int64(2*i + j + 1), Name: fmt.Sprint(v, j), Match: m})
		}
		e := schema.Event{Site: 1, ID: fmt.Sprint("e", i), Kind: schema.KindPageview, Visitor: schema.VisitorID(i + 1), OccurredAt: schema.MillisOf(now), ReceivedAt: schema.MillisOf(now), Path: "/" + v + "-x"}
		named := e
		named.ID, named.Kind, named.Path, named.Name, named.Props = e.ID+"n", schema.KindInteraction, "", v, []schema.Prop{{Key: v, Value: v}}
		events = append(events, e, named)
	}
	db.insert(t, events, now)
	engine := New(db.reader, Options{Now: func() time.Time { return now }})
	answer, err := engine.Query(t.Context(), site, []byte(`{"site_id": "x", "metrics": ["visitors", "events"], "date_range": "day", "dimensions": ["event:goal"]}`), defined...)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, row := range answer.Results {
		got[row.Dimensions[0]] = row.Metrics[0] == uint64(1) && row.Metrics[1] == uint64(1)
	}
	for _, g := range defined {
		if !got[g.Name] {
			t.Errorf("%q: %v", g.Name, got[g.Name])
		}
		body, err := json.Marshal(map[string]any{"site_id": "x", "metrics": []string{"events"}, "date_range": "day", "filters": []any{[]any{"is", "event:goal", []string{g.Name}}}})
		if err != nil {
			t.Fatal(err)
		}
		q, err := decode(body, site, now, now)
		if err != nil {
			t.Fatal(err)
		}
		if q.goals = define(defined); len(compile(q, threeDays(time.UTC), nil).sql) > 64<<10 {
			t.Errorf("%q: long SQL", g.Name)
		}
	}
}
