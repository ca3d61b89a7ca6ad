package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"noctra/internal/failpoint"
)

// write brings groups to disk, one at a time, until the spool is closed.
func (s *Spool) write() {
	defer close(s.stopped)
	for {
		select {
		case <-s.wake:
			s.flush()
		case <-s.closing:
			s.flush() // nothing is added any more
			return
		}
	}
}

// flush stores the group that waits, if there is one, and tells those who wait for it.
func (s *Spool) flush() {
	s.files.Lock()
	defer s.files.Unlock()
	s.mu.Lock()
	g := s.pending
	s.pending = nil
	if g != nil {
		s.writing = time.Now()
	}
	s.mu.Unlock()
	if g == nil {
		return
	}
	g.err = s.store(g)
	s.mu.Lock()
	s.writing = time.Time{}
	if g.err != nil {
		s.used -= int64(len(g.buf))
	}
	s.mu.Unlock()
	failpoint.Hit(failpoint.SpoolFsynced)
	close(g.done)
	s.signal(s.stored)
}

// store writes a group and fsyncs it. s.files is held.
func (s *Spool) store(g *group) error {
	if err := s.rotate(int64(len(g.buf))); err != nil {
		return err
	}
	err := failpoint.Err(failpoint.SpoolWrite)
	if err == nil {
		_, err = s.file.Write(g.buf)
	}
	if err == nil {
		err = failpoint.Err(failpoint.SpoolFsync)
	}
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write segment %s: %w", s.active.name, err), s.abandon())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active.messages == 0 {
		s.active.oldest = g.oldest
	}
	s.active.size += int64(len(g.buf))
	s.active.messages += g.messages
	return nil
}

// rotate sees to a segment with room for size more bytes.
func (s *Spool) rotate(size int64) error {
	if s.active != nil && s.active.size > headerSize && s.active.size+size > s.config.SegmentBytes {
		if err := s.closeActive(); err != nil {
			return err
		}
	}
	if s.active != nil {
		return nil
	}
	s.mu.Lock()
	s.number++
	name := nameOf(s.number)
	s.mu.Unlock()
	path := filepath.Join(s.config.Dir, name)
	file, err := s.create(path)
	if err != nil {
		return fmt.Errorf("create segment: %w", err)
	}
	_, err = file.Write(appendHeader(nil, s.config.Now().UnixMilli()))
	if err == nil {
		err = syncDir(s.config.Dir)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("create segment %s: %w", name, err), file.Close(), os.Remove(path))
	}
	failpoint.Hit(failpoint.SpoolRolled)
	s.active, s.file = &segment{name: name, size: headerSize}, file
	s.mu.Lock()
	s.segments = append(s.segments, s.active)
	s.used += headerSize
	s.mu.Unlock()
	return nil
}

// abandon ends the active segment after a failed write: nothing is known about the bytes after
// those that were stored, so they are cut off and nothing is added to them. A segment without
// messages goes, so that a full disk leaves no trail of them.
func (s *Spool) abandon() error {
	failed, path := s.active, filepath.Join(s.config.Dir, s.active.name)
	err := s.closeActive()
	if failed.size > headerSize {
		return errors.Join(err, os.Truncate(path, failed.size))
	}
	s.forget(failed)
	s.mu.Lock()
	s.used -= headerSize
	s.mu.Unlock()
	return errors.Join(err, os.Remove(path))
}

// closeActive ends the active segment. s.files is held.
func (s *Spool) closeActive() error {
	file, name := s.file, s.active.name
	s.file, s.active = nil, nil
	if err := file.Close(); err != nil {
		return fmt.Errorf("close segment %s: %w", name, err)
	}
	return nil
}

// seal ends the active segment, so that it can be drained to its end.
func (s *Spool) seal() error {
	s.files.Lock()
	defer s.files.Unlock()
	if s.active == nil {
		return nil
	}
	return s.closeActive()
}
