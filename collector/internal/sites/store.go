package sites

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"noctra/internal/logs"
)

// How often Postgres is asked.
const (
	pollEvery  = time.Second / 2  // whether something has changed
	reloadFor  = 5 * time.Second  // after a change: its transaction may end after its number shows
	reloadWait = time.Second      // meanwhile
	reloadAll  = 60 * time.Second // in any case
	askTimeout = 5 * time.Second
)

// Loader reads sites and keys from where they are kept.
type Loader interface {
	// Revision returns a number that grows with every change.
	Revision(ctx context.Context) (int64, error)
	Load(ctx context.Context) (Source, error)
}

// ErrNotLoaded says that the sites are not known yet.
var ErrNotLoaded = errors.New("sites are not loaded yet")

// Store keeps the snapshot in force. It is safe for concurrent use.
type Store struct {
	loader  Loader
	log     *logs.Throttled
	now     func() time.Time
	changed func() // called after each new snapshot

	current  atomic.Pointer[Snapshot]
	loadedAt atomic.Int64 // Unix seconds of the last answer of Postgres, 0 for none
	revision int64
	fullAt   time.Time
	recentAt time.Time
}

// NewStore returns a store without sites. changed is called after each new snapshot; nil for none.
func NewStore(loader Loader, log *slog.Logger, now func() time.Time, changed func()) *Store {
	s := &Store{loader: loader, log: logs.Throttle(log, time.Minute, now), now: now, changed: changed, revision: -1}
	s.current.Store(newSnapshot(Source{}, nil))
	return s
}

// Snapshot returns what is in force; it is never nil.
func (s *Store) Snapshot() *Snapshot { return s.current.Load() }

// Source returns what the snapshot in force was made from, for a private copy on disk.
func (s *Store) Source() Source { return s.current.Load().source }

// Restore puts a private copy in force until Postgres answers.
func (s *Store) Restore(source Source) {
	s.current.Store(newSnapshot(source, s.current.Load()))
}

// Age returns how long ago Postgres answered last; ok is false where it never did.
func (s *Store) Age() (age time.Duration, ok bool) {
	at := s.loadedAt.Load()
	return s.now().Sub(time.Unix(at, 0)), at != 0
}

// Ready returns nil when there are sites to work with: from Postgres, or from a private copy.
func (s *Store) Ready() error {
	if n, _ := s.current.Load().Len(); n == 0 && s.loadedAt.Load() == 0 {
		return ErrNotLoaded
	}
	return nil
}

// Run keeps the snapshot new until ctx ends.
func (s *Store) Run(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		if err := s.Poll(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("sites not read, the last known ones stay in force", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Poll asks for changes once. It is called by Run; never by two goroutines at a time.
func (s *Store) Poll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	revision, err := s.loader.Revision(ctx)
	if err != nil {
		return fmt.Errorf("ask for changes of sites: %w", err)
	}
	now := s.now()
	if revision != s.revision {
		s.recentAt = now
	} else if since := now.Sub(s.fullAt); since < reloadWait || since < reloadAll && now.Sub(s.recentAt) > reloadFor {
		s.loadedAt.Store(now.Unix())
		return nil
	}
	source, err := s.loader.Load(ctx)
	if err != nil {
		return fmt.Errorf("load sites: %w", err)
	}
	s.current.Store(newSnapshot(source, s.current.Load()))
	s.revision, s.fullAt = revision, now
	if source.Settled {
		s.recentAt = time.Time{} // nothing can show later
	}
	s.loadedAt.Store(now.Unix())
	if s.changed != nil {
		s.changed()
	}
	return nil
}
