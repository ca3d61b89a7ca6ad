package intent

import (
	"errors"
	"strings"
	"testing"
)

func TestIntentSurvivesMetadata(t *testing.T) {
	for _, want := range []Intent{
		{From: 0, To: 1, Rows: 1, Born: 1764000000000},
		{From: 1 << 60, To: 1<<60 + 200_000, Rows: 200_000, Born: -1, At: 1764000000000, Again: true},
	} {
		got, found, err := Parse(want.String())
		if err != nil || !found || got != want {
			t.Errorf("%q: %+v, %v, %v", want.String(), got, found, err)
		}
		if n := len(want.String()); n > 120 {
			t.Errorf("%q has %d characters", want.String(), n)
		}
	}
	if _, found, err := Parse(""); found || err != nil {
		t.Errorf("no metadata: %v, %v", found, err)
	}
}

func TestMetadataOfOthers(t *testing.T) {
	for _, metadata := range []string{
		"x", "noctra", "noctra 1", "noctra 1 5 4 1 0 0 0", "noctra 1 5 5 1 0 0 0", "noctra 1 -1 5 1 0 0 0", "noctra 1 0 5 -1 0 0 0",
		"noctra 1 0 5 1 0 0 2", "noctra 1 0 5 1 0 0 ", "noctra 1 0 5 1 0 0", "noctra 1 0 5 1 0 0 0 0", "noctra 1 00 5 1 0 0 0", "noctra 1 +0 5 1 0 0 0", strings.Repeat("a", 4096),
	} {
		if i, found, err := Parse(metadata); err == nil || found || errors.Is(err, ErrVersion) {
			t.Errorf("%q: %+v, %v, %v", metadata, i, found, err)
		}
	}
	if _, _, err := Parse("noctra 2 whatever"); !errors.Is(err, ErrVersion) {
		t.Errorf("newer version: %v", err)
	}
}

func TestTokens(t *testing.T) {
	a := Intent{From: 5, To: 9, Rows: 4, Born: 7}
	seen := map[string]bool{}
	for _, i := range []Intent{a, {From: 5, To: 10, Rows: 4, Born: 7}, {From: 4, To: 9, Rows: 4, Born: 7}, {From: 5, To: 9, Rows: 4, Born: 8}} {
		seen[i.Token("noctra.events", 1)] = true
	}
	seen[a.Token("noctra.events", 2)] = true
	if len(seen) != 5 {
		t.Errorf("tokens are not told apart: %v", seen)
	}
	b := a
	b.Rows, b.At, b.Again = 3, 9, true
	if a.Token("t", 1) != b.Token("t", 1) {
		t.Error("the token of a batch depends on more than its place")
	}
}

// TestMachineOwnsWhatItInserts walks every path of a length that meets all cycles, and checks what
// the whole design stands on.
func TestMachineOwnsWhatItInserts(t *testing.T) {
	var walk func(step Step, recorded, inserted, empty bool, depth int)
	walk = func(step Step, recorded, inserted, empty bool, depth int) {
		if step == Insert && !recorded {
			t.Fatal("an insert without a recorded intent")
		}
		if step == Advance && !inserted && !empty {
			t.Fatal("the offset moves on without an insert")
		}
		if depth == 0 || step == End {
			return
		}
		for result, next := range transitions[step] {
			r, i, e := recorded, inserted, empty
			switch {
			case step == Record && result == Done:
				r = true
			case step == Insert && result == Done:
				i = true
			case result == Empty:
				e = true
			case step == Advance && result == Found:
				r, i, e = true, false, false
			case step == Advance && result == Done, step == Rebuild && result == Lost:
				r, i, e = false, false, false
			}
			walk(next, r, i, e, depth-1)
		}
	}
	walk(Load, false, false, false, 12)
}

func TestMachineRefusesTheImpossible(t *testing.T) {
	m := NewMachine()
	if err := m.Apply(Outdated); err == nil || m.Step() != Load {
		t.Errorf("load ended with outdated: %v, then %s", err, m.Step())
	}
	for step := Load; step < End; step++ {
		if transitions[step][Refused] != End {
			t.Errorf("%s goes on when the partition is lost", step)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Intent{From: 3, To: 9, Rows: 6, Born: 1}.String())
	f.Add("noctra 1 0 5 1 0 0 0")
	f.Add("noctra 2")
	f.Fuzz(func(t *testing.T, metadata string) {
		i, found, err := Parse(metadata)
		if found && (err != nil || i.String() != metadata) {
			t.Fatalf("%q is read as %+v, %v", metadata, i, err)
		}
	})
}
