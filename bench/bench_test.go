package bench

import (
	"encoding/json"
	"testing"
	"time"

	"noctra/schema"
)

func TestIDs(t *testing.T) {
	place := make([]byte, idLength)
	for _, n := range []uint64{0, 1, 0xabc, 1<<63 + 5} {
		writeID(place, n)
		if got, ok := parseID(string(place)); !ok || got != n || !schema.ValidID(string(place)) {
			t.Errorf("id %q of %d reads as %d, %v", place, n, got, ok)
		}
	}
	for _, id := range []string{"", "bench-1", "other-0000000000000000", "bench-000000000000000g"} {
		if n, ok := parseID(id); ok {
			t.Errorf("id %q reads as %d", id, n)
		}
	}
}

func TestRequestBody(t *testing.T) {
	type event struct{ ID, Site, Type, URL, IP string }
	check := func(batch int, decode func(body []byte) ([]event, error)) {
		t.Helper()
		body, places := requestBody("nst_a", batch, 3)
		for i, at := range places {
			writeID(body[at:at+idLength], uint64(i))
		}
		events, err := decode(body)
		if err != nil || len(events) != batch || len(places) != batch {
			t.Fatalf("batch of %d: %d events, %d places, %v", batch, len(events), len(places), err)
		}
		for i, e := range events {
			if n, ok := parseID(e.ID); !ok || n != uint64(i) || e.Site != "nst_a" || e.Type != "pageview" || e.URL == "" || e.IP == "" {
				t.Errorf("batch of %d: event %d is %+v", batch, i, e)
			}
		}
	}
	check(1, func(body []byte) ([]event, error) {
		var e event
		err := json.Unmarshal(body, &e)
		return []event{e}, err
	})
	check(100, func(body []byte) ([]event, error) {
		var all struct{ Events []event }
		err := json.Unmarshal(body, &all)
		return all.Events, err
	})
}

func TestRows(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 1, 0, time.UTC)
	made := rows{site: 7, now: now, days: 30}
	ids, days := map[string]bool{}, map[string]bool{}
	for i := range 20_000 {
		e := made.event(i)
		ids[e.ID] = true
		at := e.OccurredAt.Time()
		days[at.Format(time.DateOnly)] = true
		if at.After(now.Add(4*time.Second)) || at.Before(now.AddDate(0, 0, -30)) || !schema.ValidID(e.ID) || e.Site != 7 {
			t.Fatalf("event %d: %+v", i, e)
		}
	}
	if len(ids) != 20_000 || len(days) != 30 {
		t.Errorf("%d ids of 20000, %d days of 30", len(ids), len(days))
	}
}

func TestQuantile(t *testing.T) {
	sorted := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for _, c := range []struct {
		q, want float64
	}{{0, 1}, {0.5, 6}, {0.95, 10}, {1, 10}} {
		if got := quantile(sorted, c.q); got != c.want {
			t.Errorf("quantile %v is %v, want %v", c.q, got, c.want)
		}
	}
	if got := median([]float64{9, 1, 5}); got != 5 {
		t.Errorf("median is %v, want 5", got)
	}
}
