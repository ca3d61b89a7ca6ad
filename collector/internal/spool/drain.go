package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"noctra/internal/failpoint"
)

// Sink takes what is drained. After Flush, also a failed one, it begins anew.
type Sink interface {
	Add(key uint64, value []byte) // value is copied
	Flush() error                 // nil: everything since the last Flush is safe
}

// A portion is what is flushed together.
const (
	portionBytes    = 1 << 20
	portionMessages = 4000
)

// readTries is how often a segment that the disk does not give is tried before it is set aside, so
// that what comes after it is not held up for ever. The drainer rests between two tries.
const readTries = 20

// Drain hands everything to sink, in the order in which it was stored, and deletes what was
// taken. It returns nil when nothing is left. After an error it goes on where it stopped.
func (s *Spool) Drain(ctx context.Context, sink Sink) error {
	for {
		oldest, err := s.oldest()
		if err != nil {
			return err
		}
		if oldest == nil {
			return nil
		}
		if err := s.drainSegment(ctx, oldest, sink); err != nil {
			return err
		}
	}
}

// oldest returns the first segment, closed to writers; nil when there is none.
func (s *Spool) oldest() (*segment, error) {
	s.mu.Lock()
	if len(s.segments) == 0 {
		s.mu.Unlock()
		return nil, nil //nolint:nilnil // nothing left is no error
	}
	first, only := s.segments[0], len(s.segments) == 1
	s.mu.Unlock()
	if only {
		if err := s.seal(); err != nil {
			return nil, err
		}
	}
	return first, nil
}

// drainSegment hands out the rest of a segment and removes its file.
func (s *Spool) drainSegment(ctx context.Context, from *segment, sink Sink) error {
	var damage *Damage
	var unread *Unreadable
	err := s.handOut(ctx, from, sink)
	switch {
	case errors.As(err, &damage):
		return s.setAside(from, damage)
	case errors.As(err, &unread):
		if from.unread++; from.unread >= readTries {
			return s.setAside(from, &Damage{unread.Offset, unread.Err.Error()})
		}
		return fmt.Errorf("drain segment %s: %w", from.name, err)
	case errors.Is(err, errVersion):
		s.forget(from)
		return nil
	case err != nil:
		return err
	}
	failpoint.Hit(failpoint.SpoolForget)
	if err := os.Remove(filepath.Join(s.config.Dir, from.name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("delete drained segment: %w", err)
	}
	failpoint.Hit(failpoint.SpoolForgot)
	s.forget(from)
	s.mu.Lock()
	s.used -= from.size
	s.mu.Unlock()
	return nil
}

// handOut gives the segment's messages to sink, in portions. A *Damage comes when everything
// before it was taken.
func (s *Spool) handOut(ctx context.Context, from *segment, sink Sink) error {
	file, r, err := openSegment(filepath.Join(s.config.Dir, from.name), from.size)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := r.skip(from.drained); err != nil {
		return err
	}
	messages, bytes, at := 0, 0, int64(0)
	flush := func() error {
		if messages == 0 {
			return nil
		}
		if err := sink.Flush(); err != nil {
			return fmt.Errorf("drain segment %s: %w", from.name, err)
		}
		failpoint.Hit(failpoint.SpoolDrained)
		s.took(from, r.offset, int64(messages), at)
		messages, bytes = 0, 0
		return nil
	}
	for {
		if messages >= portionMessages || bytes >= portionBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil && messages == 0 {
			return fmt.Errorf("drain segment %s: %w", from.name, err)
		}
		f, end := r.next()
		if end != nil {
			if err := flush(); err != nil {
				return err
			}
			if errors.Is(end, io.EOF) {
				return nil
			}
			return end
		}
		f.each(sink.Add)
		messages, bytes, at = messages+f.count, bytes+len(f.rest), f.at
	}
}

// took notes that everything before offset is safe elsewhere.
func (s *Spool) took(from *segment, offset, messages, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from.drained, from.oldest = offset, at
	from.messages -= messages
	s.drained += messages
}

// forget takes a segment off the list.
func (s *Spool) forget(gone *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments = slices.DeleteFunc(s.segments, func(one *segment) bool { return one == gone })
}

// setAside renames a segment that cannot be read to its end. What is good was drained.
func (s *Spool) setAside(from *segment, damage *Damage) error {
	name := fmt.Sprintf("%s.damaged-at-%d", from.name, damage.Offset)
	if err := os.Rename(filepath.Join(s.config.Dir, from.name), filepath.Join(s.config.Dir, name)); err != nil {
		return fmt.Errorf("set damaged segment aside: %w", err)
	}
	s.config.Log.Error("spool segment is damaged, the rest of it is set aside", "file", name, "offset", damage.Offset, "bytes", from.size-damage.Offset, "reason", damage.Reason)
	s.forget(from)
	s.mu.Lock()
	s.aside += from.size
	s.damaged++
	s.mu.Unlock()
	return syncDir(s.config.Dir)
}
