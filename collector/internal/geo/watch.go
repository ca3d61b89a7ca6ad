package geo

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"time"
)

// stamp tells versions of a file apart.
type stamp struct {
	modified time.Time
	size     int64
}

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.ModTime(), info.Size()}, nil
}

// Watch looks at the files every so often and takes over changed ones, until
// ctx ends. A file is taken over when it has been the same for two looks, so
// that one being copied is left alone. Files that cannot be read leave the old
// ones in force and are logged once. A nil DB is not watched.
func (db *DB) Watch(ctx context.Context, every time.Duration, log *slog.Logger) {
	if db == nil {
		return
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	w := watcher{db: db, log: log}
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.look()
		}
	}
}

// watcher is what Watch remembers between two looks.
type watcher struct {
	db     *DB
	log    *slog.Logger
	before []stamp // at the look before
	failed []stamp // that could not be read
}

// look reports whether new files were taken over.
func (w *watcher) look() bool {
	now := make([]stamp, len(w.db.paths))
	for i, path := range w.db.paths {
		at, err := stampOf(path)
		if err != nil {
			return false // being replaced, or gone: the old one stays in force
		}
		now[i] = at
	}
	settled := slices.Equal(now, w.before)
	w.before = now
	if !settled || slices.Equal(now, w.db.current.Load().stamps) || slices.Equal(now, w.failed) {
		return false
	}
	next, err := load(w.db.paths)
	if err != nil {
		w.failed = now
		w.log.Warn("geo database not reloaded, the old one stays in force", "error", err)
		return false
	}
	w.db.current.Store(next)
	w.log.Info("geo database reloaded", "paths", w.db.paths)
	return true
}
