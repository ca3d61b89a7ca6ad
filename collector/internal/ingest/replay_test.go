package ingest

import (
	"encoding/json"
	"errors"
	"testing"

	"noctra/schema"
)

func TestReplayBody(t *testing.T) {
	replay := Replay{ID: "dl-0-7", Site: "nst_x", At: 1_795_521_600_000}
	check := func(body, want string) {
		t.Helper()
		got, err := replay.Body([]byte(body))
		if err != nil || string(got) != want {
			t.Errorf("%s:\n got %s, %v\nwant %s", body, got, err, want)
		}
	}
	check(`{}`, `{"id":"dl-0-7","site":"nst_x","occurred_at":1795521600000}`)
	check(`{"type":"goal","id":"a","site":"nst_y"}`, `{"type":"goal","id":"a","site":"nst_y","occurred_at":1795521600000}`)
	check(`{"id":null,"type":"goal","site":null}`, `{"type":"goal","id":"dl-0-7","site":"nst_x","occurred_at":1795521600000}`)
	check(`{"id":5,"site":"s","occurred_at":1795521000000}`, `{"id":5,"site":"s","occurred_at":1795521000000}`)
	check(`{"id":"a","site":"s","occurred_at":"2026-11-24T11:00:00Z","sent_at":"2026-11-24T11:00:01Z","props":{"a":[1.50,"ä\n"]}}`,
		`{"id":"a","site":"s","props":{"a":[1.50,"ä\u000a"]},"occurred_at":1795521599000}`)
	check(`{"id":"a","site":"s","sent_at":1795521599000}`, `{"id":"a","site":"s","occurred_at":1795521600000}`)
	check(`{"id":"a","site":"s","sent_at":"soon"}`, `{"id":"a","site":"s","sent_at":"soon"}`)
	check(`{"id":"a","site":"s","occurred_at":"once","sent_at":1}`, `{"id":"a","site":"s","occurred_at":"once","sent_at":1}`)
	check(`{"id":"a","site":"s","occurred_at":1,"occurred_at":null}`, `{"id":"a","site":"s","occurred_at":1795521600000}`)

	for _, body := range []string{"", "N\x01", "[]", `"a"`, "null", `{"a":00}`, "{\"a\":\"\n\"}"} {
		if got, err := replay.Body([]byte(body)); err == nil {
			t.Errorf("%q: %s", body, got)
		}
	}
	replay.Site = ""
	if _, err := replay.Body([]byte(`{"type":"goal"}`)); !errors.Is(err, ErrNoSite) {
		t.Errorf("without a site: %v", err)
	}
}

// A body that was made ready is JSON that the collector splits, so that it harms none beside it,
// and making it ready again changes nothing.
func FuzzReplayBody(f *testing.F) {
	f.Add([]byte(`{"id":null,"occurred_at":"2026-11-24T11:00:00Z","sent_at":1795521599000,"a":{"b":[1,"\u0001"]}}`))
	f.Add([]byte(`{"a\"":"\ud83d\ude00","occurred_at":-5}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		replay := Replay{ID: "dl-0-7", Site: "nst_x", At: schema.Millis(1_795_521_600_000)}
		once, err := replay.Body(body)
		if err != nil {
			return
		}
		if !json.Valid(once) {
			t.Fatalf("%q became %q", body, once)
		}
		limits := Limits{Events: 2, EventBytes: 32 << 10, Depth: 8}
		if spans, refused := NewSplitter(limits).Split([]byte("["+string(once)+",{}]"), false); refused != nil || len(spans) != 2 {
			t.Fatalf("%q is split into %d, %v", once, len(spans), refused)
		}
		replay.ID, replay.At = "dl-0-8", replay.At+5
		twice, err := replay.Body(once)
		if err != nil || string(twice) != string(once) {
			t.Errorf("%q became %q, then %q, %v", body, once, twice, err)
		}
	})
}
