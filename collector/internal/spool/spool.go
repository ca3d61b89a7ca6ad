package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"noctra/internal/failpoint"
	"noctra/internal/proc"
)

// Errors of Append.
var (
	ErrFull   = errors.New("the spool is full")
	ErrClosed = errors.New("the spool is closed")
	ErrSlow   = errors.New("the spool's disk does not answer in time")
)

// Config says where a spool is and how large it may become.
type Config struct {
	Dir          string
	Bytes        int64         // of all files, also of those that were set aside
	SegmentBytes int64         // 0: a sixteenth of Bytes, at most 16 MiB
	Timeout      time.Duration // that Append waits for the disk; 0: as long as it takes
	Log          *slog.Logger
	Now          func() time.Time // nil: the real clock
}

const (
	largestSegment = 16 << 20
	mostPending    = 64 << 20 // bytes that wait for one fsync
)

// segment is one file, written by this process or found.
type segment struct {
	name     string
	size     int64 // bytes that count
	messages int64 // that are not drained yet
	oldest   int64 // Unix ms of the first message that is not drained; 0 for not known
	drained  int64 // offset up to which all was taken
	found    bool  // written by an earlier process
	unread   int   // times that the disk did not give it
}

// group is what one fsync makes durable.
type group struct {
	buf      []byte
	messages int64
	oldest   int64
	err      error
	done     chan struct{}
}

// writer is a segment's file while it is written.
type writer interface {
	Write(b []byte) (int, error)
	Sync() error
	Close() error
}

// Spool is an open directory. It is safe for concurrent use; Drain is for one goroutine.
type Spool struct {
	config Config
	lock   *os.File
	create func(path string) (writer, error)

	mu       sync.Mutex
	segments []*segment // oldest first
	pending  *group     // nil for none
	writing  time.Time  // since when a group is brought to disk; zero for none
	used     int64      // bytes of files, and of what is on its way into them
	aside    int64      // bytes of damaged files
	number   uint64     // of the last segment
	closed   bool
	damaged  int64 // segments that were set aside since Open
	drained  int64 // messages that were drained since Open

	files  sync.Mutex // of the two below; taken before mu
	active *segment
	file   writer

	wake    chan struct{} // there is a group to write
	closing chan struct{}
	stored  chan struct{} // there is something to drain
	stopped chan struct{}
}

// Open makes the directory where there is none, locks it, and finds what an earlier process left.
// A directory that another process has is an error that says so.
func Open(config Config) (*Spool, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.SegmentBytes == 0 {
		config.SegmentBytes = min(largestSegment, config.Bytes/16)
	}
	if err := makeDir(config.Dir); err != nil {
		return nil, err
	}
	lock, err := proc.Lock(filepath.Join(config.Dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("open spool %q: %w", config.Dir, err)
	}
	s := &Spool{
		config: config, lock: lock, create: createFile,
		wake: make(chan struct{}, 1), stored: make(chan struct{}, 1), closing: make(chan struct{}), stopped: make(chan struct{}),
	}
	if err := s.find(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	go s.write()
	return s, nil
}

func createFile(path string) (writer, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if failpoint.Planted(failpoint.SpoolUnsynced) {
		return &unsynced{file: file}, err
	}
	return file, err
}

// find takes over the files that are there.
func (s *Spool) find() error {
	files, err := List(s.config.Dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		s.number = max(s.number, f.number)
		switch f.Kind {
		case KindForeign:
			s.config.Log.Warn("file in the spool directory is not of the spool, it is left", "file", f.Name)
			continue
		case KindDamaged:
			s.aside += f.Bytes
		case KindSegment:
			s.segments = append(s.segments, &segment{name: f.Name, size: f.Bytes, messages: f.Messages, oldest: f.Oldest, found: true})
			s.signal(s.stored)
		}
		s.used += f.Bytes
	}
	s.closeToOthers(files)
	if n := s.Stats().Messages; n > 0 {
		s.config.Log.Info("spool found, it will be drained", "path", s.config.Dir, "messages", n, "segments", len(s.segments))
	}
	return nil
}

func (s *Spool) signal(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// Stored is signalled when there may be something to drain.
func (s *Spool) Stored() <-chan struct{} { return s.stored }

// Stats is what a spool holds.
type Stats struct {
	Bytes    int64 // of all files
	Limit    int64
	Messages int64 // to be drained
	Segments int
	Oldest   time.Time // of the oldest message, zero for none
	Aside    int64     // bytes of files that were set aside
	Damaged  int64     // segments that were set aside since Open
	Drained  int64     // messages that were drained since Open
}

// Stats returns what the spool holds now.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{Bytes: s.used, Limit: s.config.Bytes, Segments: len(s.segments), Aside: s.aside, Damaged: s.damaged, Drained: s.drained}
	for _, segment := range s.segments {
		if st.Messages == 0 && segment.messages > 0 && segment.oldest > 0 {
			st.Oldest = time.UnixMilli(segment.oldest)
		}
		st.Messages += segment.messages
	}
	return st
}

// Empty reports whether there is nothing to drain.
func (s *Spool) Empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.segments) == 0
}

// Close stores what is on its way and gives the directory free.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.closing)
	<-s.stopped
	err := s.seal()
	if err = errors.Join(err, s.lock.Close()); err != nil {
		return fmt.Errorf("close spool: %w", err)
	}
	return nil
}
