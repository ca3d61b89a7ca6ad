package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/proc"
)

// texts are messages with their position as the key.
type texts []string

func (t texts) Len() int           { return len(t) }
func (t texts) Key(i int) uint64   { return uint64(i) }
func (t texts) Value(i int) []byte { return []byte(t[i]) }

// taken is a sink that keeps what was flushed.
type taken struct {
	all, open []string
	fail      func(n int) error // of the n-th flush, from 1; nil for never
	flushes   int
}

func (k *taken) Add(_ uint64, value []byte) { k.open = append(k.open, string(value)) }

func (k *taken) Flush() error {
	k.flushes++
	open := k.open
	k.open = nil
	if k.fail != nil {
		if err := k.fail(k.flushes); err != nil {
			return err
		}
	}
	k.all = append(k.all, open...)
	return nil
}

func open(t testing.TB, dir string, change func(c *Config)) *Spool {
	t.Helper()
	c := Config{Dir: dir, Bytes: 1 << 20, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&c)
	}
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func put(t testing.TB, s *Spool, messages ...string) {
	t.Helper()
	if err := s.Append(texts(messages)); err != nil {
		t.Fatal(err)
	}
}

func drainAll(t testing.TB, s *Spool) []string {
	t.Helper()
	var k taken
	if err := s.Drain(t.Context(), &k); err != nil {
		t.Fatal(err)
	}
	if !s.Empty() {
		t.Error("not empty after draining")
	}
	return k.all
}

func numbered(from, to int) (all []string) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprintf("message %d", i))
	}
	return all
}

// What was appended comes out once, in order, over many segments, also after a restart.
func TestOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s := open(t, dir, func(c *Config) { c.SegmentBytes = 200 })
	for _, m := range numbered(0, 50) {
		put(t, s, m, m+" too")
	}
	if st := s.Stats(); st.Messages != 100 || st.Segments < 5 || st.Oldest.IsZero() {
		t.Errorf("%+v", st)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, nil)
	if st := s.Stats(); st.Messages != 100 {
		t.Errorf("found: %+v", st)
	}
	put(t, s, "last")
	var want []string
	for _, m := range numbered(0, 50) {
		want = append(want, m, m+" too")
	}
	if diff := cmp.Diff(append(want, "last"), drainAll(t, s)); diff != "" {
		t.Error(diff)
	}
	if st := s.Stats(); st.Bytes != 0 || st.Messages != 0 || st.Drained != 101 {
		t.Errorf("at the end: %+v", st)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory %v, %v", info.Mode(), err)
	}
}

// A directory that is there becomes private, unless somebody else's files are in it.
func TestDirectoryOfOthers(t *testing.T) {
	for file, want := range map[string]os.FileMode{"": 0o700, "notes.txt": 0o755} {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if file != "" {
			if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		open(t, dir, nil)
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != want {
			t.Errorf("with %q: %v, %v", file, info.Mode(), err)
		}
	}
}

// Requests that come together share an fsync, and none is answered before it.
func TestGroups(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	counter := &counting{hold: make(chan struct{})}
	s.create = func(path string) (w writer, err error) {
		counter.writer, err = createFile(path)
		return counter, err
	}
	var wait sync.WaitGroup
	for _, m := range numbered(0, 100) {
		wait.Go(func() { put(t, s, m) })
	}
	want := int64(headerSize)
	for _, m := range numbered(0, 100) {
		want += int64(len(appendFrame(nil, s.config.Now().UnixMilli(), texts{m})))
	}
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for s.Stats().Bytes < want {
		<-ticker.C
	}
	close(counter.hold)
	wait.Wait()
	if counter.syncs < 1 || counter.syncs > 2 {
		t.Errorf("%d fsyncs for 100 requests that came during the first", counter.syncs)
	}
	if n := len(drainAll(t, s)); n != 100 {
		t.Errorf("%d messages", n)
	}
}

// counting is a file that counts fsyncs, the first of which waits.
type counting struct {
	writer
	hold  chan struct{}
	syncs int
}

func (c *counting) Sync() error {
	<-c.hold
	c.syncs++
	return c.writer.Sync()
}

// A spool holds to its bound, and has room again once it is drained.
func TestFull(t *testing.T) {
	s := open(t, t.TempDir(), func(c *Config) { c.Bytes = 4 << 10 })
	n := 0
	var err error
	for err == nil {
		err = s.Append(texts{strings.Repeat("x", 100)})
		n++
	}
	if !errors.Is(err, ErrFull) || n < 20 {
		t.Fatalf("after %d: %v", n, err)
	}
	if st := s.Stats(); st.Bytes > 4<<10 {
		t.Errorf("%+v", st)
	}
	if got := len(drainAll(t, s)); got != n-1 {
		t.Errorf("%d of %d", got, n-1)
	}
	put(t, s, "again")
}

// failing is a file on a disk that is full: some bytes are written, then none.
type failing struct {
	writer
	room *int
}

func (f failing) Write(b []byte) (int, error) {
	if len(b) <= *f.room {
		*f.room -= len(b)
		return f.writer.Write(b)
	}
	n, err := f.writer.Write(b[:*f.room])
	*f.room = 0
	return n, errors.Join(syscall.ENOSPC, err)
}

// A full disk costs what could not be written, and nothing else; with room it goes on.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	room := 150
	s.create = func(path string) (writer, error) {
		file, err := createFile(path)
		return failing{file, &room}, err
	}
	stored := 0
	for range 20 {
		if err := s.Append(texts{fmt.Sprintf("message %d", stored)}); err == nil {
			stored++
		} else if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	if stored == 0 || stored == 20 {
		t.Fatalf("%d stored", stored)
	}
	if st := s.Stats(); st.Segments != 1 {
		t.Errorf("%+v", st)
	}
	room = 1 << 20
	put(t, s, fmt.Sprintf("message %d", stored))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, nil)
	if diff := cmp.Diff(numbered(0, stored+1), drainAll(t, s)); diff != "" {
		t.Error(diff)
	}
	if st := s.Stats(); st.Damaged != 0 || st.Bytes != 0 {
		t.Errorf("%+v", st)
	}
}

// Two processes never share a directory.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	if _, err := Open(Config{Dir: dir, Bytes: 1 << 20, Log: slog.New(slog.DiscardHandler)}); !errors.Is(err, proc.ErrLocked) {
		t.Errorf("second: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(texts{"x"}); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	again := open(t, dir, func(c *Config) { c.Now = func() time.Time { return time.UnixMilli(5) } })
	put(t, again, "x")
	if got := again.Stats().Oldest.UnixMilli(); got != 5 {
		t.Errorf("oldest is %d", got)
	}
}
