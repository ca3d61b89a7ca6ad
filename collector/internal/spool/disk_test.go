package spool

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A disk that does not answer keeps nobody for longer than the bound, and nobody else at all; what
// was on its way is there when it does answer.
func TestSlowDisk(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	put(t, s, "before") // however long a disk that is well takes
	s.config.Timeout = 50 * time.Millisecond
	hold := make(chan struct{})
	s.create = func(path string) (writer, error) {
		file, err := createFile(path)
		return &counting{writer: file, hold: hold}, err
	}
	if err := s.seal(); err != nil { // the next one is written to a new file
		t.Fatal(err)
	}
	if err := s.Append(texts{"slow"}); !errors.Is(err, ErrSlow) {
		t.Errorf("the first: %v", err)
	}
	isStuck := func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.stuck() }
	for !isStuck() {
		<-time.After(time.Millisecond)
	}
	began := time.Now()
	for range 1000 { // as soon as the disk counts as stuck nobody waits
		if err := s.Append(texts{"later"}); !errors.Is(err, ErrSlow) {
			t.Fatalf("later: %v", err)
		}
	}
	if took := time.Since(began); took > 1000*s.config.Timeout/2 {
		t.Errorf("a thousand took %s", took)
	}
	close(hold)
	s.config.Timeout = time.Minute
	for { // until the disk answers
		if err := s.Append(texts{"after"}); err == nil {
			break
		} else if !errors.Is(err, ErrSlow) {
			t.Fatal(err)
		}
	}
	got := drainAll(t, s)
	if len(got) < 3 || got[0] != "before" || got[1] != "slow" || got[len(got)-1] != "after" {
		t.Errorf("%q", got)
	}
}

// A segment that the disk does not give for a while is not lost and not set aside; one that it
// never gives is, and what comes after it is drained.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	put(t, s, "first")
	if err := s.seal(); err != nil {
		t.Fatal(err)
	}
	put(t, s, "second")
	path, hidden := filepath.Join(dir, nameOf(1)), filepath.Join(dir, "hidden")
	swap := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	swap(path, hidden)
	if err := os.Mkdir(path, 0o700); err != nil { // opens, and cannot be read
		t.Fatal(err)
	}
	var sink taken
	for range readTries - 1 {
		if err := s.Drain(t.Context(), &sink); !errors.Is(err, syscall.EISDIR) {
			t.Fatalf("unreadable: %v", err)
		}
	}
	swap(path, path+"-away")
	swap(hidden, path)
	if diff := cmp.Diff([]string{"first", "second"}, drainAll(t, s)); diff != "" {
		t.Error(diff)
	}
	if st := s.Stats(); st.Damaged != 0 || st.Messages != 0 {
		t.Errorf("%+v", st)
	}

	put(t, s, "third")
	if err := s.seal(); err != nil {
		t.Fatal(err)
	}
	put(t, s, "fourth")
	path = filepath.Join(dir, nameOf(3))
	swap(path, hidden)
	swap(filepath.Join(dir, nameOf(1)+"-away"), path)
	var err error
	for range readTries {
		if err = s.Drain(t.Context(), &sink); err == nil {
			break
		}
	}
	if st := s.Stats(); err != nil || st.Damaged != 1 || st.Messages != 0 {
		t.Errorf("%v, %+v", err, st)
	}
	if diff := cmp.Diff([]string{"fourth"}, sink.all); diff != "" {
		t.Error(diff)
	}
}
