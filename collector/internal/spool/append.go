package spool

import (
	"time"

	"noctra/internal/failpoint"
)

// Append stores m and returns when it is on disk. After an error m is not stored, or not whole;
// after ErrSlow it may be.
func (s *Spool) Append(m Messages) error {
	at := s.config.Now().UnixMilli()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	if s.stuck() {
		s.mu.Unlock()
		return ErrSlow
	}
	g := s.pending
	if g == nil {
		g = &group{oldest: at, done: make(chan struct{})}
	}
	before := len(g.buf)
	g.buf = appendFrame(g.buf, at, m)
	size := len(g.buf) - before
	if s.used+int64(size)+headerSize > s.config.Bytes || before > 0 && len(g.buf) > mostPending || size > maxPayload {
		g.buf = g.buf[:before]
		s.mu.Unlock()
		return ErrFull
	}
	s.pending = g
	s.used += int64(size)
	g.messages += int64(m.Len())
	s.mu.Unlock()
	s.signal(s.wake)
	failpoint.Hit(failpoint.SpoolAppend)
	return s.await(g)
}

// await waits for a group to be on disk, for a bounded time.
func (s *Spool) await(g *group) error {
	if s.config.Timeout <= 0 {
		<-g.done
		return g.err
	}
	timer := time.NewTimer(s.config.Timeout)
	defer timer.Stop()
	select {
	case <-g.done:
		return g.err
	case <-timer.C:
		return ErrSlow
	}
}

// stuck reports whether the disk has not answered for as long as anybody waits. s.mu is held.
func (s *Spool) stuck() bool {
	return s.config.Timeout > 0 && !s.writing.IsZero() && time.Since(s.writing) > s.config.Timeout
}
