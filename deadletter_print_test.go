package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/collector"
	"noctra/schema"
)

// someLetters are what the printing is tested with.
func someLetters() []collector.Letter {
	at := schema.MillisOf(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	return []collector.Letter{
		{Place: collector.LetterPlace{Offset: 9}, Bytes: 120, DeadLetter: schema.DeadLetter{At: at, Site: 7, Stage: "collector", Reason: "too_long",
			Via: schema.ViaBrowser, Field: "\x1b[2J\n,\"", Message: "The url has 2,001 bytes.", EventID: "a", Body: []byte(`{"id":"a","title":"x\u0085\u001b"}`)}},
		{Place: collector.LetterPlace{Partition: 1, Offset: 10}, Bytes: 30, DeadLetter: schema.DeadLetter{At: at, Stage: "aggregator", Reason: "truncated",
			Topic: "noctra.events", Partition: 3, Offset: 99, Body: []byte("N\x01\xff")}},
		{Place: collector.LetterPlace{Offset: 11}, Bytes: 10, DeadLetter: schema.DeadLetter{At: at, Site: 7, Stage: "collector", Reason: "too_long"}},
	}
}

func TestLetterFormats(t *testing.T) {
	list := func(format string, letters []collector.Letter) string {
		t.Helper()
		var out bytes.Buffer
		o := newLetterList(&out, format)
		for i := range letters {
			if err := o.add(&letters[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.end(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	want := `
place  time                  site  stage       reason     field              event_id  bytes  door
0/9    2026-11-24T12:00:00Z  7     collector   too_long   \u001b[2J\u000a,"  a         120    browser
1/10   2026-11-24T12:00:00Z  0     aggregator  truncated                               30     unknown
0/11   2026-11-24T12:00:00Z  7     collector   too_long                                10     unknown

letters  bytes  stage       reason
2        130    collector   too_long
1        30     aggregator  truncated
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), list("table", someLetters())); diff != "" {
		t.Error(diff)
	}
	rows, err := csv.NewReader(strings.NewReader(list("csv", someLetters()))).ReadAll()
	if err != nil || len(rows) != 4 || rows[1][5] != `\u001b[2J\u000a,"` {
		t.Errorf("%q, %v", rows, err)
	}
	var answer struct {
		Letters []listed
		Sums    []letterSum
	}
	if err := json.Unmarshal([]byte(list("json", someLetters())), &answer); err != nil || len(answer.Letters) != 3 || answer.Letters[0].Field != "\x1b[2J\n,\"" || len(answer.Sums) != 2 {
		t.Errorf("%+v, %v", answer, err)
	}
	if got := list("table", nil) + list("csv", nil) + list("json", nil); got != "no letters\nplace,time,site,stage,reason,field,event_id,bytes,door\n{\"letters\":[\n],\"sums\":[]}\n" {
		t.Errorf("nothing is printed as %q", got)
	}
}

func TestShowLetter(t *testing.T) {
	letters := someLetters()
	check := func(l *collector.Letter, want string) {
		t.Helper()
		var out bytes.Buffer
		if err := showLetter(&out, l); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), out.String()); diff != "" {
			t.Error(diff)
		}
	}
	letters[0].Body = append(letters[0].Body[:len(letters[0].Body)-2], "\u009b\"}"...)
	check(&letters[0], `
place     0/9
time      2026-11-24T12:00:00Z
site      7
stage     collector
door      browser
reason    too_long
field     \u001b[2J\u000a,"
message   The url has 2,001 bytes.
event id  a
bytes     120

{
  "id": "a",
  "title": "x\u0085\u001b\u009b"
}
`)
	check(&letters[1], `
place       1/10
time        2026-11-24T12:00:00Z
site        0
stage       aggregator
door        unknown
reason      truncated
message of  noctra.events 3/99
bytes       30

00000000  4e 01 ff                                          |N..|
`)
	check(&letters[2], `
place   0/11
time    2026-11-24T12:00:00Z
site    7
stage   collector
door    unknown
reason  too_long
bytes   10

its body was not kept
`)
}
