package identity

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

func zone(t testing.TB, name string) *Zone {
	t.Helper()
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return NewZone(location)
}

func TestDay(t *testing.T) {
	for _, tc := range []struct {
		zone, at, date string
		offset         int32
	}{
		{"UTC", "2026-11-24T23:59:59.999Z", "2026-11-24", 0},
		{"UTC", "2026-11-25T00:00:00Z", "2026-11-25", 0},
		{"Asia/Kathmandu", "2026-11-24T18:14:59Z", "2026-11-24", 345},
		{"Asia/Kathmandu", "2026-11-24T18:15:00Z", "2026-11-25", 345},
		{"America/New_York", "2026-11-24T04:59:59Z", "2026-11-23", -300},
		// The day on which the clock goes back has the offset of its midnight to the end.
		{"Europe/Berlin", "2026-10-24T22:30:00Z", "2026-10-25", 120},
		{"Europe/Berlin", "2026-10-25T22:30:00Z", "2026-10-25", 120},
		{"Europe/Berlin", "2026-10-25T23:30:00Z", "2026-10-26", 60},
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-29", 60},
		{"Europe/Berlin", "2026-12-31T23:00:00Z", "2027-01-01", 60},
		{"Pacific/Kiritimati", "2026-11-24T10:00:00Z", "2026-11-25", 840},
	} {
		at, err := time.Parse(time.RFC3339Nano, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		z := zone(t, tc.zone)
		for range 2 { // the second time from memory
			day := z.Day(schema.MillisOf(at))
			if got := day.Time().Format(time.DateOnly); got != tc.date || day.Offset != tc.offset {
				t.Errorf("%s in %s: %s %d, want %s %d", tc.at, tc.zone, got, day.Offset, tc.date, tc.offset)
			}
		}
	}
}

func TestDaily(t *testing.T) {
	salt, _ := SaltOf(bytes.Repeat([]byte{1}, 16))
	other, _ := SaltOf(bytes.Repeat([]byte{2}, 16))
	a, b := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::7")
	seen := map[schema.VisitorID]string{}
	try := func(name string, salt Salt, site schema.SiteID, addr netip.Addr, agent string) {
		t.Helper()
		id, _ := Daily(salt, site, addr, agent, nil)
		again, _ := Daily(salt, site, addr, agent, make([]byte, 0, 100))
		if id == 0 || id != again {
			t.Errorf("%s: %d, then %d", name, id, again)
		}
		if before, ok := seen[id]; ok {
			t.Errorf("%s is the same as %s", name, before)
		}
		seen[id] = name
	}
	try("a", salt, 1, a, "x")
	try("other salt", other, 1, a, "x")
	try("other site", salt, 2, a, "x")
	try("other address", salt, 1, b, "x")
	try("no address", salt, 1, netip.Addr{}, "x")
	try("other agent", salt, 1, a, "y")
	try("no agent", salt, 1, a, "")
}

func TestKeys(t *testing.T) {
	k, l := KeysOf(bytes.Repeat([]byte{1}, 32)), KeysOf(bytes.Repeat([]byte{2}, 32))
	visitor, _ := k.Visitor("id", nil)
	user, _ := k.User("id", nil)
	foreign, _ := l.Visitor("id", nil)
	if visitor == 0 || uint64(visitor) == uint64(user) || visitor == foreign {
		t.Errorf("%d %d %d", visitor, user, foreign)
	}
	if none, _ := k.Visitor("", nil); none != 0 {
		t.Errorf("no id: %d", none)
	}
	if none, _ := KeysOf(nil).Visitor("id", nil); none != 0 {
		t.Errorf("no key: %d", none)
	}
}

// shelf is a Shelf in memory that can be away.
type shelf struct {
	mu    sync.Mutex
	salts map[Day]Secret
	away  bool
	asked int
}

var errAway = errors.New("away")

func (s *shelf) Settle(_ context.Context, proposed Secret) (Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.away {
		return Secret{}, errAway
	}
	if have, ok := s.salts[proposed.Day]; ok {
		return have, nil
	}
	s.salts[proposed.Day] = proposed
	return proposed, nil
}

func (s *shelf) Load(_ context.Context, after time.Time) (all []Secret, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, errAway
	}
	for _, secret := range s.salts {
		if secret.Created.After(after) {
			all = append(all, secret)
		}
	}
	return all, nil
}

func (s *shelf) Destroy(_ context.Context, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return errAway
	}
	for day, secret := range s.salts {
		if !secret.Created.After(until) {
			delete(s.salts, day)
		}
	}
	return nil
}

func TestSaltsAreShared(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	s := &shelf{salts: map[Day]Secret{}}
	a, b := NewSalts(s, clock), NewSalts(s, clock)
	today := Day{Date: int32(now.Unix() / 86400)}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if a.Get(t.Context(), today) != b.Get(t.Context(), today) {
				t.Error("two collectors, two salts")
			}
		})
	}
	wait.Wait()
	if s.asked != 2 {
		t.Errorf("asked %d times", s.asked)
	}
	if a.Get(t.Context(), Day{Date: today.Date, Offset: 60}) == a.Get(t.Context(), today) {
		t.Error("one salt for two offsets")
	}
}

func TestSaltsAreDestroyed(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s := &shelf{salts: map[Day]Secret{}}
	salts := NewSalts(s, func() time.Time { return now })
	today := Day{Date: int32(now.Unix() / 86400)}
	first := salts.Get(t.Context(), today)
	now = now.Add(Lifetime - time.Second)
	if err := salts.Tend(t.Context(), nil); err != nil || salts.Get(t.Context(), today) != first {
		t.Errorf("changed before its time: %v", err)
	}
	now = now.Add(time.Second)
	if err := salts.Tend(t.Context(), nil); err != nil || len(s.salts) != 0 || len(salts.Secrets()) != 0 {
		t.Errorf("still there: %v, %d, %d", err, len(s.salts), len(salts.Secrets()))
	}
	if salts.Get(t.Context(), today) == first {
		t.Error("a late event got the destroyed salt")
	}
}

// Tomorrow's salts are there before its first event.
func TestSaltsAhead(t *testing.T) {
	now := time.Date(2026, 11, 24, 22, 59, 0, 0, time.UTC)
	s := &shelf{salts: map[Day]Secret{}}
	salts := NewSalts(s, func() time.Time { return now })
	zones := []*Zone{zone(t, "UTC"), zone(t, "Asia/Kathmandu")}
	days := func(want ...string) {
		t.Helper()
		if err := salts.Tend(t.Context(), zones); err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for day := range s.salts {
			got[day.String()] = true
		}
		all := map[string]bool{}
		for _, w := range want {
			all[w] = true
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Error(diff)
		}
	}
	days("2026-11-24+0", "2026-11-25+345")
	now = now.Add(time.Minute)
	days("2026-11-24+0", "2026-11-25+345", "2026-11-25+0")
}

// Without Postgres events get a salt all the same; it becomes everybody's, or gives way.
func TestSaltsWithoutPostgres(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	s := &shelf{salts: map[Day]Secret{}, away: true}
	a, b := NewSalts(s, clock), NewSalts(s, clock)
	today := Day{Date: int32(now.Unix() / 86400)}
	made := a.Get(t.Context(), today)
	if made == b.Get(t.Context(), today) || made != a.Get(t.Context(), today) {
		t.Error("salts made apart are not random, or not kept")
	}
	a.Get(t.Context(), Day{Date: today.Date - 1})
	if s.asked != 2 {
		t.Errorf("asked %d times while away", s.asked)
	}
	if err := a.Tend(t.Context(), nil); !errors.Is(err, errAway) {
		t.Errorf("tend: %v", err)
	}
	s.away = false
	if err := errors.Join(a.Tend(t.Context(), nil), b.Tend(t.Context(), nil)); err != nil {
		t.Fatal(err)
	}
	if a.Get(t.Context(), today) != made || b.Get(t.Context(), today) != made {
		t.Error("not settled on the first one")
	}
	if _, unsettled := b.Len(); unsettled != 0 {
		t.Errorf("%d unsettled", unsettled)
	}
	restored := NewSalts(&shelf{away: true}, clock)
	restored.Restore(a.Secrets())
	if restored.Get(t.Context(), today) != made {
		t.Error("not restored")
	}
	now = now.Add(Lifetime)
	old := NewSalts(&shelf{away: true}, clock)
	old.Restore(a.Secrets())
	if n, _ := old.Len(); n != 0 {
		t.Error("a salt past its time was restored")
	}
}

// A salt that was made here is kept before any pseudonym is made with it: whoever starts after a
// crash makes the same ones.
func TestSaltsKeptBeforeUse(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) }
	day, away := Day{Date: 20780}, &shelf{away: true}
	s := NewSalts(away, now)
	var kept []Secret
	s.Keep = func() {
		if n, _ := s.Len(); n != 0 {
			t.Error("in use before it was kept")
		}
		kept = s.Secrets()
	}
	made := s.Get(t.Context(), day)
	restored := NewSalts(away, now)
	restored.Restore(kept)
	if len(kept) != 1 || restored.Get(t.Context(), day) != made {
		t.Errorf("kept %d salts, and another pseudonym after a restart", len(kept))
	}
	if all := s.Secrets(); len(all) != 1 {
		t.Errorf("%d secrets", len(all))
	}
	calm := NewSalts(&shelf{salts: map[Day]Secret{}}, now)
	calm.Keep = func() { t.Error("kept a salt that Postgres has") }
	calm.Get(t.Context(), day)
}

func FuzzDaily(f *testing.F) {
	f.Add([]byte{203, 0, 113, 7}, "agent", int64(1795521600000))
	z := zone(f, "America/St_Johns")
	salt, _ := SaltOf(make([]byte, 16))
	f.Fuzz(func(t *testing.T, ip []byte, agent string, at int64) {
		addr, _ := netip.AddrFromSlice(ip)
		if id, _ := Daily(salt, 1, addr, agent, nil); id == 0 {
			t.Fatal("nobody")
		}
		if at > -1<<45 && at < 1<<45 {
			if day := z.Day(schema.Millis(at)); day != z.Day(schema.Millis(at)) || day.Offset < -16*60 || day.Offset > 16*60 {
				t.Fatalf("%v", day)
			}
		}
	})
}
