package sites

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"noctra/schema"
)

func site(id schema.SiteID, workspace schema.WorkspaceID, key string, hosts ...string) schema.Site {
	return schema.Site{ID: id, Workspace: workspace, PublicKey: key, Hostnames: hosts, TimeZone: "UTC"}
}

func key(secret string, workspace schema.WorkspaceID, ids ...schema.SiteID) ServerKey {
	return ServerKey{Workspace: workspace, Hash: sha256.Sum256([]byte(secret)), SiteIDs: ids}
}

func TestSnapshot(t *testing.T) {
	archived := site(4, 2, "d", "old.example")
	archived.Archived, archived.TimeZone = true, "No/Such"
	s := newSnapshot(Source{
		Sites: []schema.Site{site(1, 1, "a", "a.example"), site(2, 1, "b", "*.b.example"), site(3, 2, "c", "C.example"), archived},
		Keys:  []ServerKey{key("one", 1, 1), key("all", 1), key("two", 2), key("both", 1, 1, 2), key("foreign", 2, 1)},
	}, nil)
	for secret, want := range map[string]string{"one": "a", "all": "", "two": "c", "both": "", "foreign": ""} {
		k := s.Key([]byte(secret))
		if k == nil {
			t.Fatalf("key %s is not known", secret)
		}
		got := ""
		if k.Only != nil {
			got = k.Only.PublicKey
		}
		if got != want {
			t.Errorf("key %s stands for site %q, want %q", secret, got, want)
		}
	}
	if s.Key([]byte("none")) != nil || s.Site("x") != nil {
		t.Error("something unknown was found")
	}
	if k := s.Key([]byte("foreign")); k.Allows(s.Site("a")) {
		t.Error("a key reaches a site of another workspace")
	}
	if k := s.Key([]byte("one")); !k.Allows(s.Site("a")) || k.Allows(s.Site("b")) {
		t.Error("scope of a key")
	}
	for host, want := range map[string]bool{"a.example": true, "A.Example.": true, "x.y.b.example": true, "b.example": false, "c.example": true, "old.example": false, "": false, "example": false} {
		if s.AllowsHost(host) != want {
			t.Errorf("AllowsHost(%q) = %v", host, !want)
		}
	}
	if len(s.Zones()) != 2 {
		t.Errorf("%d zones", len(s.Zones()))
	}
}

// Of many sites those that did not change are taken over, and sites that let the same parameters
// through share what sees to it.
func TestReuse(t *testing.T) {
	a, b := site(1, 1, "a", "a.example"), site(2, 1, "b", "b.example")
	first := newSnapshot(Source{Sites: []schema.Site{a, b}, Keys: []ServerKey{key("one", 1, 2)}}, nil)
	if first.Site("a").Policy != first.Site("b").Policy || first.Site("a").Policy == first.Site("a").NoClicks {
		t.Error("policies are not shared")
	}
	b.QueryParams, b.TimeZone = []string{"color"}, "Europe/Berlin"
	again := newSnapshot(Source{Sites: []schema.Site{a, b}, Keys: []ServerKey{key("one", 1, 2)}}, first)
	if again.Site("a") != first.Site("a") || again.Site("b") == first.Site("b") || again.Site("b").Policy == first.Site("b").Policy {
		t.Error("what changed was taken over, or what did not was made again")
	}
	if again.Key([]byte("one")).Only != again.Site("b") || len(again.Zones()) != 2 || again.Site("a").Zone != first.Site("a").Zone {
		t.Error("a key or a calendar is not of this snapshot")
	}
	if third := newSnapshot(Source{Sites: []schema.Site{a}}, again); third.Site("b") != nil || len(third.Zones()) != 1 {
		t.Error("a site that is gone is known")
	}
}

func TestOriginHost(t *testing.T) {
	for origin, want := range map[string]string{
		"https://shop.example": "shop.example", "http://127.0.0.1:8082": "127.0.0.1", "http://localhost:1": "localhost", "http://[::1]:80": "::1",
		"null": "", "": "", "file://": "", "chrome-extension://abc": "", "https://shop.example/path": "", "https://a@b.example": "", "shop.example": "",
	} {
		if got := OriginHost(origin); got != want {
			t.Errorf("OriginHost(%q) = %q, want %q", origin, got, want)
		}
	}
}

// loader is a Loader in memory.
type loader struct {
	revision int64
	source   Source
	err      error
	loads    int
}

func (l *loader) Revision(context.Context) (int64, error) { return l.revision, l.err }

func (l *loader) Load(context.Context) (Source, error) {
	l.loads++
	return l.source, l.err
}

func TestPoll(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	l := &loader{err: errors.New("away")}
	changes := 0
	s := NewStore(l, slog.New(slog.NewTextHandler(io.Discard, nil)), func() time.Time { return now }, func() { changes++ })
	poll := func(wantLoads int) {
		t.Helper()
		if err := s.Poll(t.Context()); (err != nil) != (l.err != nil) {
			t.Errorf("poll: %v", err)
		}
		if l.loads != wantLoads || changes != wantLoads {
			t.Errorf("%d loads, %d changes, want %d", l.loads, changes, wantLoads)
		}
	}
	poll(0)
	if s.Ready() == nil {
		t.Error("ready without sites")
	}
	s.Restore(Source{Sites: []schema.Site{site(1, 1, "a")}})
	if s.Ready() != nil {
		t.Error("not ready with a private copy")
	}
	l.err = nil
	poll(1)
	if n, _ := s.Snapshot().Len(); n != 0 || s.Ready() != nil {
		t.Errorf("%d sites, ready %v", n, s.Ready())
	}
	now = now.Add(reloadFor + time.Second)
	poll(1)
	l.source.Sites = []schema.Site{site(2, 1, "b")}
	l.revision++
	poll(2)
	if s.Snapshot().Site("b") == nil {
		t.Error("a new site is not known")
	}
	now = now.Add(time.Second)
	poll(3) // the transaction may have ended after its number showed
	now = now.Add(reloadFor + time.Second)
	poll(3)
	l.source.Settled = true
	l.revision++
	poll(4)
	now = now.Add(time.Second)
	poll(4) // nothing was under way
	l.err = errors.New("away")
	now = now.Add(reloadAll)
	poll(4)
	if age, ok := s.Age(); !ok || age != reloadAll || s.Snapshot().Site("b") == nil {
		t.Errorf("away: %s, %v", age, ok)
	}
	l.err = nil
	poll(5)
}
