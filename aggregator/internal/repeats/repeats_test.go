package repeats

import (
	"fmt"
	"testing"
	"time"

	"noctra/schema"
)

func TestRule(t *testing.T) {
	const day = dayMillis
	for _, c := range []struct {
		name         string
		first, later Copy
		want         bool
	}{
		{"at once", Copy{100 * day, 100 * day}, Copy{100 * day, 100*day + 5}, true},
		{"seven days later", Copy{100 * day, 100 * day}, Copy{100 * day, 107 * day}, true},
		{"at the end of the window", Copy{100 * day, 100 * day}, Copy{100 * day, 108 * day}, true},
		{"after the window", Copy{100 * day, 100 * day}, Copy{100 * day, 108*day + 1}, false},
		{"received before the first", Copy{100 * day, 100 * day}, Copy{100 * day, 90 * day}, true},
		{"occurred far apart", Copy{100 * day, 100 * day}, Copy{83 * day, 100 * day}, false},
		{"occurred far apart, the other way", Copy{100 * day, 100 * day}, Copy{117 * day, 100 * day}, false},
	} {
		if got := Repeats(c.first, c.later); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestFilterForgetsNothingWithinItsDays(t *testing.T) {
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	f := NewFilter(1<<20, func() time.Time { return now })
	hash := func(day, i int) uint64 { return Hash(1, fmt.Sprintf("e-%d-%d", day, i)) }
	const perDay = 2000
	maybes := 0
	for day := range 15 { // more days than there are slots
		f.Turn()
		for i := range perDay {
			if f.Add(hash(day, i), schema.MillisOf(now)) {
				maybes++
			}
		}
		for back := range min(day, 10) + 1 {
			for i := range perDay {
				if !f.Add(hash(day-back, i), schema.MillisOf(now)) {
					t.Fatalf("day %d: event %d of %d days before is forgotten", day, i, back)
				}
			}
		}
		now = now.Add(24 * time.Hour)
	}
	if maybes > 15*perDay/100 {
		t.Errorf("%d of %d new events are maybe", maybes, 15*perDay)
	}
}

func TestFilterOutsideOfItsDays(t *testing.T) {
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	f := NewFilter(1<<20, func() time.Time { return now })
	for _, at := range []time.Time{now.Add(-3 * 24 * time.Hour), now.Add(3 * 24 * time.Hour)} {
		if !f.Add(Hash(1, at.String()), schema.MillisOf(at)) {
			t.Errorf("an event of %s is not looked up", at)
		}
		if !f.Add(Hash(1, at.String()), schema.MillisOf(now)) {
			t.Errorf("the copy of an event of %s is not looked up", at)
		}
	}
	if first, last := f.Oldest(), schema.MillisOf(now.Add(-10*24*time.Hour)); first > last {
		t.Errorf("oldest %d is after %d", first, last)
	}
}

func TestOverfullFilterOnlyAsksMore(t *testing.T) {
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	f := NewFilter(1, func() time.Time { return now })
	for i := range 1000 {
		f.Add(Hash(7, fmt.Sprint(i)), schema.MillisOf(now))
	}
	for i := range 1000 {
		if !f.Add(Hash(7, fmt.Sprint(i)), schema.MillisOf(now)) {
			t.Fatalf("event %d is forgotten", i)
		}
	}
	if f.Fill() < 1 {
		t.Errorf("fill is %v", f.Fill())
	}
}

// BenchmarkFilter is a look-up in memory: half of the ids are known.
func BenchmarkFilter(b *testing.B) {
	const known = 2_000_000
	now := time.Now()
	f := NewFilter(64<<20, func() time.Time { return now })
	at := schema.MillisOf(now)
	for i := range known {
		f.Add(Hash(7, fmt.Sprint(i)), at)
	}
	hashes := make([]uint64, known)
	for i := range hashes {
		hashes[i] = Hash(7, fmt.Sprint(2*i))
	}
	b.ResetTimer()
	for i := range b.N {
		f.Add(hashes[i%known], at)
	}
}
