package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Cut anywhere, a segment gives all that was whole; what is left of it is set aside.
func TestTornTail(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	for _, m := range numbered(0, 4) {
		put(t, s, m)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, nameOf(1)))
	if err != nil {
		t.Fatal(err)
	}
	frameSize := (len(whole) - headerSize) / 4
	for cut := range len(whole) + 1 {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, nameOf(1)), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir, nil)
		frames := max(0, cut-headerSize) / frameSize
		if diff := cmp.Diff(numbered(0, frames), drainAll(t, s)); diff != "" {
			t.Errorf("cut at %d: %s", cut, diff)
		}
		torn := int64(1)
		if cut == 0 || cut >= headerSize && (cut-headerSize)%frameSize == 0 {
			torn = 0
		}
		if st := s.Stats(); st.Damaged != torn || (st.Aside == int64(cut)) != (torn == 1 || cut == 0) {
			t.Errorf("cut at %d: %+v", cut, st)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// With any bit turned over, nothing is handed out that was not put in, and what stands before
// the damage comes out.
func TestBitFlips(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	for _, m := range numbered(0, 3) {
		put(t, s, m)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, nameOf(1)))
	if err != nil {
		t.Fatal(err)
	}
	frameSize := (len(whole) - headerSize) / 3
	for bit := range 8 * len(whole) {
		flipped := bytes.Clone(whole)
		flipped[bit/8] ^= 1 << (bit % 8)
		r, err := newReader(bytes.NewReader(flipped), int64(len(flipped)))
		var got []string
		for err == nil {
			var f frame
			if f, err = r.next(); err == nil {
				f.each(func(_ uint64, value []byte) { got = append(got, string(value)) })
			}
		}
		var damage *Damage
		if !errors.As(err, &damage) {
			t.Fatalf("bit %d: %v", bit, err)
		}
		good := max(0, bit/8-headerSize) / frameSize
		if bit/8 < headerSize {
			good = 0
		}
		if diff := cmp.Diff(numbered(0, good), got); diff != "" {
			t.Errorf("bit %d: %s", bit, diff)
		}
	}
}

// Damage is set aside under a name that says so, once; other files stay as they are.
func TestDamageAndStrangers(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	put(t, s, "good")
	put(t, s, "bad")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, nameOf(1))
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	newer := appendHeader(nil, 0)
	binary.LittleEndian.PutUint32(newer[8:], version+1)
	newer = binary.LittleEndian.AppendUint32(newer[:20], checksum(newer[:4], newer[4:20]))
	for name, content := range map[string][]byte{nameOf(1): raw, "notes.txt": []byte("x"), nameOf(5): newer} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	logged := func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) }
	s = open(t, dir, logged)
	if diff := cmp.Diff([]string{"good"}, drainAll(t, s)); diff != "" {
		t.Error(diff)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, logged)
	put(t, s, "new")
	if diff := cmp.Diff([]string{"new"}, drainAll(t, s)); diff != "" {
		t.Error(diff)
	}
	files, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]Kind{}
	for _, f := range files {
		kinds[f.Name] = f.Kind
	}
	aside := fmt.Sprintf("%s.damaged-at-%d", nameOf(1), headerSize+(len(raw)-headerSize+1)/2)
	if diff := cmp.Diff(map[string]Kind{aside: KindDamaged, "notes.txt": KindForeign, nameOf(5): KindForeign}, kinds); diff != "" {
		t.Error(diff)
	}
	for text, times := range map[string]int{"is damaged": 1, "checksum is wrong": 1, "notes.txt": 2, nameOf(5): 2} {
		if n := strings.Count(log.String(), text); n != times {
			t.Errorf("%q is logged %d times: %s", text, n, log.String())
		}
	}
}

// FuzzReader: whatever a file holds, reading it ends, and what is read would be written alike.
func FuzzReader(f *testing.F) {
	seed := appendFrame(appendFrame(appendHeader(nil, 7), 8, texts{"a", "", "ccc"}), 9, texts{})
	f.Add(seed)
	f.Add(seed[:len(seed)-3])
	f.Add(seed[:10])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := newReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return
		}
		for {
			at := r.offset
			f, err := r.next()
			if err != nil {
				return
			}
			if r.offset <= at || r.offset > int64(len(raw)) {
				t.Fatalf("offset %d after %d", r.offset, at)
			}
			n := 0
			f.each(func(uint64, []byte) { n++ })
			if n != f.count {
				t.Fatalf("%d messages of %d", n, f.count)
			}
		}
	})
}
