package installation

import (
	"strings"
	"testing"
	"time"

	"noctra/schema"
)

func TestCheck(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	good := []taken{{"browser", "shop.example", 100, ago(time.Minute)}}
	foreign := Sighting{SawHost, "www.shop.example", "", 12, ago(5 * time.Minute)}
	cases := map[string]struct {
		taken     []taken
		last      time.Time // of the newest event, where none is in the window
		refused   []refusal
		sightings []Sighting
		state     string
		first     string // code of the first reason
		says      string // what its message has
	}{
		"nothing yet":                {state: Waiting, first: "nothing_yet", says: "Nothing has come"},
		"nothing for long":           {last: ago(50 * time.Hour), state: Waiting, first: "silent", says: "2026-11-24 10:00"},
		"a script without events":    {sightings: []Sighting{{SawScript, "shop.example", "1.0.0", 7, ago(time.Minute)}}, state: Waiting, first: "script_without_events", says: "shop.example"},
		"works":                      {taken: good, state: Works},
		"works through a busy while": {taken: good, refused: []refusal{{"browser", "overloaded", 4, ago(time.Minute)}}, state: Works, first: "overloaded", says: "4 events"},
		"a foreign host alone":       {refused: []refusal{{"browser", "origin_not_allowed", 12, ago(5 * time.Minute)}}, sightings: []Sighting{foreign}, state: Refused, first: SawHost, says: "12 events in the last 24 hours came from www.shop.example, which is not one"},
		"a foreign host too":         {taken: good, refused: []refusal{{"browser", "origin_not_allowed", 12, ago(5 * time.Minute)}}, sightings: []Sighting{foreign}, state: Partly, first: SawHost, says: "www.shop.example"},
		"a foreign host unseen":      {refused: []refusal{{"browser", "origin_not_allowed", 12, ago(5 * time.Minute)}}, state: Refused, first: "origin_not_allowed", says: "12 events"},
		"a host of before":           {taken: good, sightings: []Sighting{{SawHost, "shop.example", "", 3, ago(2 * time.Hour)}}, state: Works, first: SawHost, says: "before it was one"},
		"a fault that is over":       {taken: good, refused: []refusal{{"browser", "url_invalid", 3, ago(3 * time.Hour)}}, state: Works, first: "url_invalid", says: "3 events"},
		"it worked until two hours":  {taken: []taken{{"browser", "shop.example", 9, ago(2 * time.Hour)}}, refused: []refusal{{"browser", "site_archived", 1, ago(time.Minute)}}, state: Refused, first: "site_archived", says: "1 event in"},
		"another key":                {sightings: []Sighting{{SawKey, "shop.example", "nst_old", 8, ago(time.Minute)}}, state: Refused, first: SawKey, says: "nst_old"},
		"servers alone":              {taken: []taken{{"server", "", 3, ago(time.Minute)}}, state: Waiting, first: "servers_only", says: "3 events"},
		"an unknown code":            {refused: []refusal{{"server", "brand_new", 2, ago(time.Minute)}}, state: Refused, first: "brand_new", says: "brand_new"},
		"a key that ended":           {taken: good, refused: []refusal{{"server", "key_expired", 2, ago(time.Minute)}}, state: Partly, first: "key_expired", says: "server key"},
	}
	for name, c := range cases {
		f := facts{site: schema.Site{ID: 3, PublicKey: "nst_good", Hostnames: []string{"shop.example"}}, now: now, taken: c.taken, last: c.last, refused: c.refused, sightings: c.sightings}
		for _, one := range c.taken {
			f.total += one.n
			f.last = one.last.Truncate(time.Minute)
		}
		got := f.check()
		if got.State != c.state {
			t.Errorf("%s: %s, want %s: %+v", name, got.State, c.state, got.Reasons)
		}
		if c.first == "" {
			if len(got.Reasons) > 0 {
				t.Errorf("%s: %+v", name, got.Reasons)
			}
			continue
		}
		if len(got.Reasons) != 1 || got.Reasons[0].Code != c.first || !strings.Contains(got.Reasons[0].Message, c.says) || got.Reasons[0].Action == "" || strings.Contains(got.Reasons[0].Message+got.Reasons[0].Action, "%!") {
			t.Errorf("%s: %+v, want %s with %q", name, got.Reasons, c.first, c.says)
		}
	}
}
