package schema

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files and docs/google.md anew")

// fullEvent has a value in every field; a field that is added to Event must be added here.
func fullEvent() Event {
	return Event{
		ID: "0199f3a2-7b1c-7000-8000-00000000abcd", Site: 7, Workspace: 3, Kind: KindSale, Name: "checkout", Via: ViaServer,
		OccurredAt: 1_795_000_000_123, ReceivedAt: 1_795_000_000_456, Visitor: 0xfedcba9876543210, VisitorKind: VisitorDaily, User: 99,
		Hostname: "shop.example", Path: "/products/trail-runner", Query: "utm_source=news", Title: "Trail runner · Shop",
		Referrer: "www.google.com/search", Source: "Google", Channel: "Paid Search",
		UTMSource: "google", UTMMedium: "cpc", UTMCampaign: "autumn", UTMTerm: "shoes", UTMContent: "a", UTMID: "42",
		ClickIDs: []ClickID{{Kind: "gclid", Value: "Cj0KCQjw_abc-123"}, {Kind: "fbclid", Value: "IwAR0123456789"}},
		Country:  "DE", Region: "Berlin", City: "Berlin", Browser: "Chrome", BrowserVersion: "150", OS: "Windows", OSVersion: "11", Device: "desktop",
		Screen: "1920x1080", Language: "de-DE", TimeZone: "Europe/Berlin", BotReasons: []string{"crawler", "headless"},
		Props:   []Prop{{Key: "plan", Value: "pro"}, {Key: "empty", Value: ""}},
		OrderID: "A-1001", Amount: -19_990_001, Currency: "EUR",
		Items:            []Item{{ID: "sku1", Name: "Shoe", Category: "Shoes", Quantity: 2, Price: 9_995_000}},
		ConsentAnalytics: ConsentGranted, ConsentAdUser: ConsentDenied, ConsentAdPerson: ConsentGranted,
		EmailHash: strings.Repeat("ab", 32), PhoneHash: strings.Repeat("cd", 32),
		Unknown: []byte{0xf8, 0x3f, 0x01},
	}
}

func TestEventSurvivesTheWire(t *testing.T) {
	want := fullEvent()
	value := reflect.ValueOf(want)
	for i := range value.NumField() {
		if value.Field(i).IsZero() {
			t.Errorf("fullEvent leaves %s empty", value.Type().Field(i).Name)
		}
	}
	var got Event
	if err := DecodeEvent(AppendEvent(nil, &want), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEventGolden(t *testing.T) {
	event := fullEvent()
	record := AppendEvent(nil, &event)
	path := filepath.Join("testdata", "event_v1.hex")
	if *update {
		if err := os.WriteFile(path, []byte(hex.EncodeToString(record)+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(golden, record) {
		t.Errorf("the record of version 1 changed: messages in Kafka would be read wrongly")
	}
	var got Event
	if err := DecodeEvent(golden, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(event, got); diff != "" {
		t.Error(diff)
	}
}

// fullLetter has a value in every field, as fullEvent does.
func fullLetter() DeadLetter {
	return DeadLetter{At: 5, Site: 2, Stage: "collector", Reason: "amount_invalid", Field: "amount", Message: "m", EventID: "x", Topic: TopicEvents, Partition: 1, Offset: 9, Body: []byte("{}"), Via: ViaPixel}
}

// Letters of before the door was kept are the same bytes without the last field.
func TestDeadLetterGolden(t *testing.T) {
	letter := fullLetter()
	record := AppendDeadLetter(nil, &letter)
	path := filepath.Join("testdata", "deadletter_v1.hex")
	if *update {
		if err := os.WriteFile(path, []byte(hex.EncodeToString(record)+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(golden, record) {
		t.Errorf("the record of a letter changed: letters in Kafka would be read wrongly")
	}
	check := func(name string, record []byte, want DeadLetter) {
		t.Helper()
		got, err := DecodeDeadLetter(record)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	check("this version's", golden, letter)
	letter.Via = ViaUnknown
	check("an older version's", golden[:len(golden)-2], letter)
	check("a newer version's", append(bytes.Clone(golden[:len(golden)-2]), 13<<3, 7), letter)
}

func TestVia(t *testing.T) {
	for v := ViaUnknown; v <= ViaCanary; v++ {
		if got, ok := ParseVia(v.String()); !ok || got != v {
			t.Errorf("%d is named %q, which is read as %d", v, v, got)
		}
	}
	if got, ok := ParseVia("window"); ok || Via(200).String() != "unknown" {
		t.Errorf("a door that is none is %v, a number that is none %s", got, Via(200))
	}
}

func TestDecodeRefuses(t *testing.T) {
	event := fullEvent()
	whole := AppendEvent(nil, &event)
	newer := bytes.Clone(whole)
	newer[1] = 2
	var version *VersionError
	if err := DecodeEvent(newer, &Event{}); !errors.As(err, &version) || version.Version != 2 {
		t.Errorf("newer version: %v", err)
	}
	for name, data := range map[string][]byte{"empty": nil, "json": []byte(`{"id":1}`)} {
		if err := DecodeEvent(data, &Event{}); !errors.Is(err, ErrWireMagic) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := DecodeEvent(whole[:len(whole)-5], &Event{}); !errors.Is(err, ErrWireTruncated) {
		t.Errorf("truncated: %v", err)
	}
	if err := DecodeEvent([]byte{'N', 1, 0x0d}, &Event{}); !errors.Is(err, ErrWireField) {
		t.Errorf("wire type 5: %v", err)
	}
}

func TestDecodeReusesTheEvent(t *testing.T) {
	full, small := fullEvent(), Event{ID: "b", Site: 1, Kind: KindPageview}
	reused := full
	if err := DecodeEvent(AppendEvent(nil, &small), &reused); err != nil {
		t.Fatal(err)
	}
	empty := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().Type().Kind() == reflect.Slice },
		cmp.Comparer(func(a, b any) bool { return reflect.ValueOf(a).Len() == 0 && reflect.ValueOf(b).Len() == 0 }))
	if diff := cmp.Diff(small, reused, empty); diff != "" {
		t.Error(diff)
	}
}

func FuzzDecodeEvent(f *testing.F) {
	event := fullEvent()
	f.Add(AppendEvent(nil, &event))
	f.Add([]byte{'N', 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second Event
		if DecodeEvent(data, &first) != nil {
			return
		}
		if err := DecodeEvent(AppendEvent(nil, &first), &second); err != nil {
			t.Fatalf("own record refused: %v", err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzDecodeDeadLetter(f *testing.F) {
	letter := fullLetter()
	f.Add(AppendDeadLetter(nil, &letter))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := DecodeDeadLetter(data)
		if err != nil {
			return
		}
		second, err := DecodeDeadLetter(AppendDeadLetter(nil, &first))
		if err != nil {
			t.Fatalf("own record refused: %v", err)
		}
		if diff := cmp.Diff(first, second); diff != "" && len(first.Body) > 0 {
			t.Fatal(diff)
		}
	})
}

func BenchmarkAppendEvent(b *testing.B) {
	event, buf := fullEvent(), make([]byte, 0, 2048)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendEvent(buf[:0], &event)
	}
}

func BenchmarkDecodeEvent(b *testing.B) {
	event := fullEvent()
	record := AppendEvent(nil, &event)
	var got Event
	b.ReportAllocs()
	for b.Loop() {
		if err := DecodeEvent(record, &got); err != nil {
			b.Fatal(err)
		}
	}
}
