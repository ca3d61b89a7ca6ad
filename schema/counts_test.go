package schema

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fullCounts() Counts {
	return Counts{Source: 0xfedcba9876543210, Sequence: 7, Rows: []Count{
		{Site: 7, Minute: 1_795_000_020_000, Stage: "browser", Reason: "amount_invalid", N: 3},
		{Site: 0, Minute: 1_795_000_080_000, Stage: "server", Reason: "key_unknown", N: 1 << 40},
	}}
}

func TestCountsGolden(t *testing.T) {
	want := fullCounts()
	record := AppendCounts(nil, &want)
	path := filepath.Join("testdata", "counts_v1.hex")
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
	got, err := DecodeCounts(golden)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestCountsAndEventsAreToldApart(t *testing.T) {
	counts, event := fullCounts(), fullEvent()
	record, other := AppendCounts(nil, &counts), AppendEvent(nil, &event)
	if !IsCounts(record) || IsCounts(other) || IsCounts(nil) || IsCounts([]byte("C")) {
		t.Error("records of counts and events are not told apart")
	}
	if err := DecodeEvent(record, &Event{}); !errors.Is(err, ErrWireMagic) {
		t.Errorf("counts as an event: %v", err)
	}
	if _, err := DecodeCounts(other); !errors.Is(err, ErrWireMagic) {
		t.Errorf("an event as counts: %v", err)
	}
	newer := bytes.Clone(record)
	newer[1] = 2
	var version *VersionError
	if _, err := DecodeCounts(newer); !IsCounts(newer) || !errors.As(err, &version) || version.Version != 2 {
		t.Errorf("newer version: %v", err)
	}
	if _, err := DecodeCounts(record[:len(record)-2]); !errors.Is(err, ErrWireTruncated) {
		t.Errorf("truncated: %v", err)
	}
	for name, c := range map[string]Counts{"source": {Sequence: 1, Rows: counts.Rows}, "sequence": {Source: 1, Rows: counts.Rows}, "rows": {Source: 1, Sequence: 1}} {
		if _, err := DecodeCounts(AppendCounts(nil, &c)); !errors.Is(err, ErrCounts) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func FuzzDecodeCounts(f *testing.F) {
	counts := fullCounts()
	f.Add(AppendCounts(nil, &counts))
	f.Add([]byte{'C', 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := DecodeCounts(data)
		if err != nil {
			return
		}
		second, err := DecodeCounts(AppendCounts(nil, &first))
		if diff := cmp.Diff(first, second); diff != "" || err != nil {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}
