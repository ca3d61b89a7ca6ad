package slices

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

func TestPlan(t *testing.T) {
	const day, minute = int64(dayMillis), int64(minuteMillis)
	now := 20_000*day + 12*hourMillis // noon of day 20,000
	closedSlice := func(madeAgo int64) map[DayNumber]slice {
		return map[DayNumber]slice{19_999: {gen: 1, madeAt: now - madeAgo, zone: "UTC", rollups: rollupVersion}}
	}
	openSlice := func(madeAgo int64) map[DayNumber]slice {
		return map[DayNumber]slice{20_000: closedSlice(madeAgo)[19_999]}
	}
	touched := func(number, ago int64) map[int64]int64 { return map[int64]int64{number * day: now - ago} }
	tests := []struct {
		name    string
		work    siteWork
		state   State
		openDay uint64
		due     []DayNumber
		wanting int
	}{
		{"nothing", siteWork{}, State{}, 0, nil, 0},
		{"closed and quiet", siteWork{}, State{touched: touched(19_999, 3*minute)}, 0, []DayNumber{19_999}, 1},
		{"closed, rows just came", siteWork{}, State{touched: touched(19_999, 3*minute-1)}, 0, nil, 1},
		{"closed, rows keep coming", siteWork{wanting: map[DayNumber]int64{19_999: now - 30*minute}}, State{touched: touched(19_999, 0)}, 0, []DayNumber{19_999}, 1},
		{"made, nothing since", siteWork{}, State{slices: closedSlice(5 * minute), touched: touched(19_999, 8*minute)}, 0, nil, 0},
		{"made, late rows", siteWork{}, State{slices: closedSlice(15 * minute), touched: touched(19_999, 4*minute)}, 0, []DayNumber{19_999}, 1},
		{"made a moment ago, late rows", siteWork{}, State{slices: closedSlice(9 * minute), touched: touched(19_999, 4*minute)}, 0, nil, 1},
		{"dear to make", siteWork{cost: map[DayNumber]int64{19_999: 20_000}}, State{slices: closedSlice(19 * minute), touched: touched(19_999, 4*minute)}, 0, nil, 1},
		{"dear to make, long ago", siteWork{cost: map[DayNumber]int64{19_999: 20_000}}, State{slices: closedSlice(20 * minute), touched: touched(19_999, 4*minute)}, 0, []DayNumber{19_999}, 1},
		{"open, small", siteWork{}, State{touched: touched(20_000, 0)}, 99, nil, 0},
		{"open, big", siteWork{}, State{touched: touched(20_000, 0)}, 100, []DayNumber{20_000}, 1},
		{"open, made three minutes ago", siteWork{}, State{slices: openSlice(3 * minute), touched: touched(20_000, 0)}, 100, []DayNumber{20_000}, 1},
		{"open, made two minutes ago", siteWork{}, State{slices: openSlice(2 * minute), touched: touched(20_000, 0)}, 100, nil, 1},
		{"open, dear to make", siteWork{cost: map[DayNumber]int64{20_000: 15_000}}, State{slices: openSlice(4 * minute), touched: touched(20_000, 0)}, 100, nil, 1},
		{"made without rollups", siteWork{}, State{slices: map[DayNumber]slice{19_998: {gen: 1, madeAt: now - day, zone: "UTC"}},
			touched: map[int64]int64{19_997 * day: now - day, 19_998 * day: now - 2*day}}, 0, []DayNumber{19_997, 19_998}, 2},
		{"made for another currency", siteWork{}, State{slices: map[DayNumber]slice{19_999: {gen: 1, madeAt: now - day, zone: "UTC", currency: "USD", rollups: rollupVersion}},
			touched: touched(19_999, 2*day)}, 0, []DayNumber{19_999}, 1},
		{"rows ahead of the clock", siteWork{}, State{touched: touched(20_001, 0)}, 0, nil, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.work.openEvents = test.openDay
			test.work.plan(&test.state, time.UTC, planAt{now: now, openFrom: 100})
			if diff := cmp.Diff(test.due, test.work.due); diff != "" || len(test.work.wanting) != test.wanting {
				t.Errorf("%d wanting; due (-want +got): %s", len(test.work.wanting), diff)
			}
		})
	}
}

func TestIdle(t *testing.T) {
	const day, minute = int64(dayMillis), int64(minuteMillis)
	now := 20_000*day + 12*hourMillis
	site := schema.Site{ID: 1, TimeZone: "UTC"}
	seen := mark{at: now - minute, older: now - day, rows: 9}
	rested := siteWork{mark: seen, zone: "UTC", today: 20_000, planned: now - minute}
	with := func(change func(*siteWork)) siteWork {
		w := rested
		change(&w)
		return w
	}
	tests := []struct {
		name string
		work siteWork
		idle bool
	}{
		{"nothing new", rested, true},
		{"never looked at", siteWork{}, false},
		{"another zone", with(func(w *siteWork) { w.zone = "Europe/Berlin" }), false},
		{"another currency", with(func(w *siteWork) { w.currency = "USD" }), false},
		{"another day", with(func(w *siteWork) { w.today-- }), false},
		{"left over", with(func(w *siteWork) { w.due = []DayNumber{3} }), false},
		{"not ready yet", with(func(w *siteWork) { w.wanting, w.next = map[DayNumber]int64{3: 0}, now+1 }), true},
		{"ready", with(func(w *siteWork) { w.wanting, w.next = map[DayNumber]int64{3: 0}, now }), false},
		{"rows of today", with(func(w *siteWork) { w.mark.at-- }), true},
		{"rows of today for a while", with(func(w *siteWork) { w.mark.at--; w.planned = now - 2*minute }), false},
		{"rows of another day", with(func(w *siteWork) { w.mark.older-- }), false},
	}
	for _, test := range tests {
		if got := test.work.idle(site, look{seen, now, 2 * minute}); got != test.idle {
			t.Errorf("%s: idle %v", test.name, got)
		}
	}
}

func TestSpan(t *testing.T) {
	tests := []struct{ zone, day, want string }{
		{"UTC", "2026-03-29", "2026-03-29T00:00:00Z 24h0m0s"},
		{"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z 23h0m0s"},
		{"Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z 25h0m0s"},
		{"America/Havana", "2026-03-08", "2026-03-08T05:00:00Z 23h0m0s"}, // begins at one o'clock
		{"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z 25h0m0s"}, // midnight happens twice
		{"Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z 24h30m0s"},
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z 0s"}, // never happened
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z 24h0m0s"},
		{"Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15:00Z 24h0m0s"},
	}
	for _, test := range tests {
		t.Run(test.zone+" "+test.day, func(t *testing.T) {
			zone, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			span := date(t, test.day).Span(zone)
			got := fmt.Sprint(time.UnixMilli(span.From).UTC().Format(time.RFC3339), " ", time.Duration(span.To-span.From)*time.Millisecond)
			if got != test.want {
				t.Errorf("span %s, want %s", got, test.want)
			}
		})
	}
}
