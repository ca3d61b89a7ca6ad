package spool

import (
	"bytes"
	"context"
	"encoding/binary"
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

// When sending fails, draining goes on where it stopped; after a crash it begins the segment
// anew, so some come twice and none is left out.
func TestDrainInterrupted(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, func(c *Config) { c.Bytes, c.SegmentBytes = 64<<20, 8<<20 })
	long := strings.Repeat("y", 100<<10)
	for i := range 40 {
		put(t, s, fmt.Sprintf("%d %s", i, long))
	}
	away := errors.New("kafka is away")
	k := &taken{fail: func(n int) error {
		if n == 2 || n == 3 {
			return away
		}
		return nil
	}}
	for range 2 {
		if err := s.Drain(t.Context(), k); !errors.Is(err, away) {
			t.Fatal(err)
		}
	}
	some := len(k.all)
	if some == 0 || some >= 40 || s.Stats().Messages != int64(40-some) {
		t.Fatalf("%d drained, %+v", some, s.Stats())
	}
	copied := t.TempDir() // as after a kill, on another machine
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := s.Drain(t.Context(), k); err != nil || len(k.all) != 40 {
		t.Fatalf("%d drained, %v", len(k.all), err)
	}
	for _, all := range [][]string{k.all, drainAll(t, open(t, copied, func(c *Config) { c.Bytes = 64 << 20 }))} {
		for i, text := range all {
			if !strings.HasPrefix(text, fmt.Sprintf("%d y", i)) {
				t.Fatalf("message %d is %.10q", i, text)
			}
		}
	}
	put(t, s, "one more")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Drain(ctx, k); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// What is appended while another drains is neither lost nor doubled.
func TestDrainBesideAppend(t *testing.T) {
	s := open(t, t.TempDir(), func(c *Config) { c.SegmentBytes = 1000 })
	var wait sync.WaitGroup
	for writer := range 8 {
		wait.Go(func() {
			for i := range 100 {
				put(t, s, fmt.Sprintf("%d-%d", writer, i))
			}
		})
	}
	written := make(chan struct{})
	go func() { wait.Wait(); close(written) }()
	var k taken
	for running := true; running; {
		select {
		case <-s.Stored():
		case <-written:
			running = false
		}
		if err := s.Drain(t.Context(), &k); err != nil {
			t.Fatal(err)
		}
	}
	seen, last := map[string]int{}, map[string]int{}
	for _, m := range k.all {
		seen[m]++
		var writer string
		var i int
		if _, err := fmt.Sscanf(strings.Replace(m, "-", " ", 1), "%s %d", &writer, &i); err != nil {
			t.Fatal(err)
		}
		if i > 0 && last[writer] != i-1 {
			t.Errorf("%s came after %d", m, last[writer])
		}
		last[writer] = i
	}
	if len(k.all) != 800 || len(seen) != 800 {
		t.Errorf("%d messages, %d different", len(k.all), len(seen))
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
