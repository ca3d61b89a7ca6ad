package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/valyala/fastjson"
)

func TestSplit(t *testing.T) {
	split := func(body string, lines bool, want ...string) {
		t.Helper()
		spans, broken := NewSplitter(DefaultLimits()).Split([]byte(body), lines)
		got := []string{}
		for _, span := range spans {
			got = append(got, strings.TrimSpace(string(span.Text)+" "+string(span.Code)))
		}
		if broken != nil {
			got = append(got, string(broken.Code))
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q:\n%s", body, diff)
		}
	}
	split(`{"a":1}`, false, `{"a":1}`)
	split(`{}`, false, `{}`)
	split(`[{"a":1}, {"b":2}]`, false, `{"a":1}`, `{"b":2}`)
	split(`[ 1,"x",null]`, false, `1`, `"x"`, `null`)
	split(`{"x":[1],"events":[{"a":1},{"b":[2]}],"y":{}}`, false, `{"a":1}`, `{"b":[2]}`)
	split(`{"events":{"a":1}}`, false, `{"events":{"a":1}}`)
	split("{\"a\":1}\n{\"b\":2}\r\n\n", false, `{"a":1}`, `{"b":2}`)
	split("{\"a\":1}\n{\"b\":\n{\"c\":3}", true, `{"a":1}`, `{"b": body_invalid`, `{"c":3}`)
	split("{\"a\":1} x\n[1", true, `{"a":1} x body_invalid`, `[1 body_invalid`)
	split("{\"a\":1}\nx", false, `{"a":1}`, `x body_invalid`)
	split(``, false, "body_empty")
	split(" \n ", true, "body_empty")
	split("\xef\xbb\xbf", false, "body_empty")
	for _, broken := range []string{
		`{`, `[`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `{a:1}`, `{'a':1}`, `[1}`, `{"a":1]`, `nul`, `NaN`, `+1`, `01`, `1.`, `.5`, `1e`, `-`, `"`, `"a`,
		`{"a":"b}`, `[1 2]`, `{"a":1}{"b":2}`, "{\n\"a\":1}x", `{"events":[{"a":1},]}`, `]`, `{"a":1 "b":2}`, `"\`, `{"a":"\u00`, `[NaN]`,
	} {
		split(broken, false, "body_invalid")
	}
	split(`[]`, false)
	split(`{"events":[]}`, false)
	split(strings.Repeat(`[`, 1_000_000), false, "too_deep")
	split(strings.Repeat(`{"a":`, 1_000_000), false, "too_deep")
	split(`[[[[[[[[[1]]]]]]]]]`, false, `[[[[[[[[1]]]]]]]]`)
	split(`[[[[[[[[[[1]]]]]]]]]]`, false, `[[[[[[[[[1]]]]]]]]] too_deep`)
	split(`[`+strings.Repeat(`{},`, 999)+`{}]`, false, repeat(`{}`, 1000)...)
	split(`[`+strings.Repeat(`{},`, 1000)+`{}]`, false, "too_many_events")
	split(`{"events":[`+strings.Repeat(`{},`, 1000)+`{}]}`, false, "too_many_events")
	split(strings.Repeat("{}\n", 1001), true, "too_many_events")
	split("[{\"a\":\"\xff\"},{\"b\":\"\\u0000\"},{\"c\":1}]", false, "{\"a\":\"\xff\"} text_invalid", `{"b":"\u0000"} text_invalid`, `{"c":1}`)
}

func repeat(s string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = s
	}
	return all
}

func TestFieldAt(t *testing.T) {
	for _, tc := range []struct {
		text  string
		field string
	}{
		{"{\"title\":\"\xff\"}", "title"},
		{"{\"url\":\"x\", \"props\" : {\"a\":[\"\xff\"]} }", "props"},
		{"{\"gclid\":\"\xff\"}", "gclid"},
		{"{\"nobody\":\"\xff\"}", "body"},
		{"{\"\xff\":1}", "body"},
		{"[\"\xff\"]", "body"},
	} {
		if got := fieldAt([]byte(tc.text), strings.Index(tc.text, "\xff")); got != tc.field {
			t.Errorf("%q: %s, want %s", tc.text, got, tc.field)
		}
	}
}

// The scanner takes what the standard library takes, and parts what it hands on can be parsed.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e3,"\u00e4",null,true]}`, "[{},{\"x\":\"\xff\"}]", `{"events":[{"a":1}],"b":[]}`, "{}\n{}", `"\ud800\udc00"`} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	p := NewSplitter(DefaultLimits())
	f.Fuzz(func(t *testing.T, body []byte, lines bool) {
		spans, broken := p.Split(body, lines)
		if broken != nil && len(spans) > 0 {
			t.Fatal("both events and a rejection")
		}
		for _, span := range spans {
			if span.Code == BodyInvalid || len(span.Text) > 8<<10 {
				continue
			}
			if _, err := fastjson.ParseBytes(span.Text); err != nil {
				t.Fatalf("%q: %v", span.Text, err)
			}
			if span.Code == "" && !json.Valid(span.Text) {
				t.Fatalf("%q is not valid", span.Text)
			}
		}
		clean := bytes.TrimSpace(bytes.TrimPrefix(body, bom))
		if broken != nil && broken.Code == BodyInvalid && json.Valid(clean) {
			t.Fatalf("%q is valid, %s", clean, broken.Message)
		}
	})
}

func FuzzEvent(f *testing.F) {
	f.Add(`{"type":"sale","amount":1.5,"items":[{"price":"1"}],"id":"x","occurred_at":1795521600000}`, true)
	f.Add(`{"type":"pageview","url":"https://a.b/","props":{"a":1},"consent":{"analytics":"granted"},"email":"a@b.c"}`, true)
	d, draft := NewDecoder(DefaultLimits()), &Draft{}
	f.Fuzz(func(t *testing.T, text string, server bool) {
		spans, _ := NewSplitter(DefaultLimits()).Split([]byte(text), false)
		for _, span := range spans {
			r := d.Parse(span)
			if r == nil {
				r = d.Event(Context{Site: shop(), Server: server, Received: received}, draft)
			}
			if r != nil {
				if r.Code == "" || r.Message == "" || r.Field == "" || len(r.ID) > 64 {
					t.Fatalf("rejection %+v", r)
				}
				continue
			}
			if e := &draft.Event; e.OccurredAt < received-maxPast || e.OccurredAt > received+maxFuture || e.Amount < 0 {
				t.Fatalf("taken: %+v", e)
			}
		}
	})
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{"2026-11-24T12:00:00Z", "2026-11-24t12:00:00.5+23:59", "1795521600000", "-1.5", "2026-02-30T00:00:00Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, ok := parseTime(s)
		if !ok {
			return
		}
		if again, ok := parseTime(fmt.Sprint(int64(at))); !ok || again != at {
			t.Fatalf("%q is %d, read again %d", s, at, again)
		}
	})
}
