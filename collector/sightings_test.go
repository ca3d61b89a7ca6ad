package collector

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"noctra/collector/internal/notes"
)

// noteWriter keeps what is written.
type noteWriter struct {
	mu   sync.Mutex
	uses []int64
	seen []string
}

func (w *noteWriter) WriteUses(_ context.Context, uses []notes.Use) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, u := range uses {
		w.uses = append(w.uses, u.Key)
	}
	return nil
}

func (w *noteWriter) WriteSightings(_ context.Context, seen []notes.Seen) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range seen {
		w.seen = append(w.seen, strings.Join([]string{map[bool]string{true: "shop", false: "other"}[s.Site == 7], s.Kind, s.Host, s.Detail, strings.Repeat("i", int(s.N))}, " "))
	}
	return nil
}

// What helps the owner of a site is noted: foreign hosts, unknown keys of known hosts, scripts, and which
// server keys are used.
func TestSightings(t *testing.T) {
	w := &noteWriter{}
	r := startWith(t, nil, nil, func(s *Service) { s.noted = notes.New(w, slog.New(slog.DiscardHandler)) })
	unknown := strings.Replace(goodEvent, shopKey, "nst_nobody", 1)
	foreign := strings.Replace(goodEvent, "shop.noctra", "www.shop", 1)
	for _, c := range []struct {
		method, path, body string
		headers            []string
	}{
		{"POST", "/v1/events", goodEvent, []string{"Origin", "https://WWW.Elsewhere.example:8443"}},
		{"POST", "/v1/events?site=" + shopKey, goodEvent, []string{"Origin", "https://www.elsewhere.example"}},
		{"POST", "/v1/events", foreign, nil},
		{"POST", "/v1/events", unknown, []string{"Origin", "https://shop.noctra.example"}},
		{"POST", "/v1/events", unknown, []string{"Origin", "https://nobody.example"}},
		{"POST", "/v1/events", goodEvent, []string{"Origin", "https://a<b.example"}},
		{"POST", "/v1/events", goodEvent, []string{"Authorization", "Bearer " + serverKey}},
		{"POST", "/v1/events", goodEvent, []string{"Authorization", "Bearer " + serverKey}},
		{"POST", "/v1/events", goodEvent, []string{"Authorization", "Bearer nsk_nobody"}},
		{"GET", "/n.js", "", []string{"Referer", "https://sub.other.example/cart?x=1"}},
		{"GET", "/n.js", "", []string{"Referer", "https://nobody.example/"}},
		{"GET", "/n.js", "", nil},
	} {
		r.call(t, c.method, c.path, c.body, c.headers...)
	}
	if err := r.noted.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(w.seen)
	want := []string{
		"other script_loaded sub.other.example " + r.scripts.newest.Version + " i",
		"shop host_not_allowed www.elsewhere.example  ii",
		"shop host_not_allowed www.shop.example  i",
		"shop site_unknown shop.noctra.example nst_nobody i",
	}
	if diff := cmp.Diff(want, w.seen); diff != "" {
		t.Error(diff)
	}
	slices.Sort(w.uses)
	if diff := cmp.Diff([]int64{1}, slices.Compact(w.uses)); diff != "" {
		t.Error(diff)
	}
}
