package collector

import (
	"bytes"
	"fmt"
	"testing"

	"noctra/collector/internal/sites"
	"noctra/internal/pseudonym"
	"noctra/schema"
)

// keepingOut starts a collector that knows of erasures of both sites.
func keepingOut(t *testing.T, erased ...sites.Erased) *rig {
	t.Helper()
	return startWith(t, nil, nil, func(s *Service) {
		source := knownSites()
		source.Erased = erased
		s.sites.Restore(source)
	})
}

// hashesOf makes what is kept of somebody who is erased on a site of the tests.
func hashesOf(site schema.SiteID) (pseudonym.Keys, pseudonym.ErasureKeys) {
	key := bytes.Repeat([]byte{byte(site)}, 32)
	return pseudonym.KeysOf(key), pseudonym.ErasureKeysOf(key)
}

// Events of somebody who is erased are counted, and nothing of them is kept. A browser hears nothing
// of it, the site's own server does.
func TestKeptOut(t *testing.T) {
	keys, erasure := hashesOf(8)
	visitor, _ := keys.Visitor("v-jane", nil)
	user, _ := keys.User("jane", nil)
	order, _ := erasure.Order("O-1", nil)
	email, _ := erasure.Email(pseudonym.Digest("jane@mail.example"), nil)
	r := keepingOut(t,
		sites.Erased{Site: 8, Kind: sites.ErasedVisitor, Hash: uint64(visitor)}, sites.Erased{Site: 8, Kind: sites.ErasedUser, Hash: uint64(user)},
		sites.Erased{Site: 8, Kind: sites.ErasedOrder, Hash: order}, sites.Erased{Site: 8, Kind: sites.ErasedEmail, Hash: email})
	event := func(fields string) string {
		return `{"type":"pageview","site":"` + otherKey + `","url":"https://a.other.example/x"` + fields + `}`
	}
	sale := func(fields string) string {
		return `{"type":"sale","site":"` + otherKey + `","amount":"5","url":"https://a.other.example/x"` + fields + `}`
	}
	kept := 0
	for _, c := range []struct {
		what, body string
		out        bool
	}{
		{"a visitor", event(`,"visitor_id":"v-jane"`), true},
		{"a user", event(`,"user_id":"jane","visitor_id":"v-other"`), true},
		{"a user who did not consent", event(`,"user_id":"jane","consent":{"analytics":"denied"}`), true},
		{"an order", sale(`,"order_id":"O-1"`), true},
		{"somebody else", event(`,"user_id":"joe","visitor_id":"v-joe"`), false},
		{"another order", sale(`,"order_id":"O-2"`), false},
	} {
		a := r.call(t, "POST", "/v1/events", c.body)
		if a.Status != 202 || a.Accepted != 1 || len(a.Rejected) != 0 {
			t.Errorf("%s, browser: %d %s", c.what, a.Status, a.Body)
		}
		a = r.call(t, "POST", "/v1/events", c.body, "Authorization", "Bearer "+wideKey)
		if told := len(a.Rejected) == 1 && a.Rejected[0].Code == "kept_out" && a.Accepted == 0; told != c.out || !c.out && a.Accepted != 1 {
			t.Errorf("%s, server: %d %s", c.what, a.Status, a.Body)
		}
		if stored := len(r.sink.take(t)); c.out && stored != 0 || !c.out && stored != 2 {
			t.Errorf("%s: %d events stored", c.what, stored)
		}
		if c.out {
			kept += 2
		}
	}
	mail := sale(`,"email":"Jane@Mail.example","consent":{"ad_user_data":"granted"}`)
	if a := r.call(t, "POST", "/v1/events", mail, "Authorization", "Bearer "+wideKey); len(a.Rejected) != 1 || a.Rejected[0].Code != "kept_out" {
		t.Errorf("an address: %d %s", a.Status, a.Body)
	}
	mixed := fmt.Sprintf("[%s,%s]", event(`,"user_id":"jane"`), event(`,"user_id":"joe"`))
	if a := r.call(t, "POST", "/v1/events", mixed); a.Status != 202 || a.Accepted != 2 || len(a.Rejected) != 0 || len(r.sink.take(t)) != 1 {
		t.Errorf("with somebody else: %d %s", a.Status, a.Body)
	}
	pixel := "/v1/pixel.gif?site=" + otherKey + "&url=https%3A%2F%2Fa.other.example%2F&user_id=jane"
	if a := r.call(t, "GET", pixel, ""); a.Status != 200 || len(r.sink.take(t)) != 0 || a.Header.Get(refusedHeader) != "" {
		t.Errorf("pixel: %d %v", a.Status, a.Header)
	}
	if got, want := r.metric(t, "events_refused_total", "kept_out"), float64(kept+3); got != want {
		t.Errorf("%v events are counted as kept out, want %v", got, want)
	}
	r.conserved(t)
	if counted := r.sink.refusedFor("kept_out"); counted != uint64(kept+3) {
		t.Errorf("%d events stand in the stored counts", counted)
	}
}

// refusedFor is how many refused events were stored under a reason.
func (m *memory) refusedFor(reason string) (n uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.counts {
		for _, row := range c.Rows {
			if row.Reason == reason {
				n += row.N
			}
		}
	}
	return n
}

// What is refused for another reason leaves no letter with the person's name in it, and the same
// people of another site are others.
func TestKeptOutLeavesNoLetter(t *testing.T) {
	keys, _ := hashesOf(8)
	user, _ := keys.User("jane", nil)
	letters := &memory{}
	r := startWith(t, nil, nil, func(s *Service) {
		source := knownSites()
		source.Erased = []sites.Erased{{Site: 8, Kind: sites.ErasedUser, Hash: uint64(user)}}
		s.sites.Restore(source)
		s.letters.sink = letters
	})
	bad := func(user string) string {
		return `{"type":"pageview","site":"` + otherKey + `","url":"https://foreign.example/","user_id":"` + user + `"}`
	}
	r.call(t, "POST", "/v1/events", bad("jane"))
	r.call(t, "POST", "/v1/events", bad("joe"))
	eventually(t, "the other's letter is stored", func() bool { return r.metric(t, "dead_letters_total", "stored") > 0 })
	letters.mu.Lock()
	defer letters.mu.Unlock()
	if len(letters.records) != 1 || bytes.Contains(letters.records[0], []byte("jane")) {
		t.Errorf("%d letters: %q", len(letters.records), letters.records)
	}
}

// Once an erasure is done, only what occurred before is kept out: copies, and letters that are
// replayed.
func TestKeptOutBefore(t *testing.T) {
	keys, _ := hashesOf(8)
	user, _ := keys.User("jane", nil)
	done := schema.MillisOf(fixedNow)
	r := keepingOut(t, sites.Erased{Site: 8, Kind: sites.ErasedUser, Hash: uint64(user), Before: done})
	site := r.sites.Snapshot().Site(otherKey)
	jane := sites.Person{User: "jane"}
	for at, want := range map[schema.Millis]bool{done - 1: true, done: false, done + 1: false} {
		if got := site.KeptOut.Names(jane, at); got != want {
			t.Errorf("an event %d ms after the end is kept out: %v", at-done, got)
		}
	}
	if r.sites.Snapshot().Site(shopKey).KeptOut.Names(jane, done-1) {
		t.Error("another site keeps somebody out")
	}
}
