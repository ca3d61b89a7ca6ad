package collector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"noctra/collector/internal/identity"
	"noctra/collector/internal/sites"
	"noctra/internal/failpoint"
	"noctra/internal/files"
)

// diskVersion is the format of the private copy.
const diskVersion = 1

// diskCopy is what a start without Postgres needs. It holds secrets: salts, and the sites' keys.
type diskCopy struct {
	Version int
	Written time.Time
	Sites   sites.Source
	Salts   []identity.Secret
}

// restore takes over the private copy. A file that is missing is none; one that cannot be read
// is said and left.
func (s *Service) restore() {
	path := s.config.SnapshotFile
	if path == "" {
		return
	}
	if err := files.Sweep(path); err != nil { // drafts are secret too
		s.log.Warn("drafts of the private copy not removed", "path", path, "error", err.Error())
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var c diskCopy
	if err == nil {
		c, err = decodeCopy(raw)
	}
	if err != nil {
		s.log.Warn("private copy of sites not read", "path", path, "error", err.Error())
		return
	}
	s.sites.Restore(c.Sites)
	s.salts.Restore(c.Salts)
	s.log.Info("private copy of sites read", "path", path, "sites", len(c.Sites.Sites), "written", c.Written)
}

// decodeCopy reads what writeCopy wrote.
func decodeCopy(raw []byte) (c diskCopy, err error) {
	if err = json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("decode copy: %w", err)
	}
	if c.Version != diskVersion {
		return c, fmt.Errorf("decode copy: format %d is not known", c.Version)
	}
	return c, nil
}

// keepCopy writes the private copy when something in it has changed, until ctx ends.
func (s *Service) keepCopy(ctx context.Context) {
	if s.config.SnapshotFile == "" {
		return
	}
	ticker := time.NewTicker(copyEvery)
	defer ticker.Stop()
	written := int64(-1)
	for {
		if version := s.sitesVersion.Load() + s.salts.Version(); version != written && s.sites.Ready() == nil {
			if err := s.writeCopy(); err != nil {
				s.log.Warn("private copy of sites not written", "path", s.config.SnapshotFile, "error", err.Error())
			} else {
				written = version
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

const copyEvery = 2 * time.Second

// keepSalts writes the private copy at once, for a salt that was made here. Where that fails the
// event is taken all the same; keepCopy tries again.
func (s *Service) keepSalts() {
	if s.config.SnapshotFile == "" || s.sites.Ready() != nil {
		return
	}
	if err := s.writeCopy(); err != nil {
		s.log.Warn("private copy of sites not written", "path", s.config.SnapshotFile, "error", err.Error())
	}
}

// writeCopy replaces the file in one step; it is for this user alone.
func (s *Service) writeCopy() error {
	s.copying.Lock() // a later copy must not be replaced by an earlier one
	defer s.copying.Unlock()
	raw, err := json.Marshal(diskCopy{Version: diskVersion, Written: s.clock(), Sites: s.sites.Source(), Salts: s.salts.Secrets()})
	if err != nil {
		return fmt.Errorf("encode copy: %w", err)
	}
	if err := failpoint.Err(failpoint.CollectorSnapshot); err != nil {
		return err
	}
	err = files.Replace(s.config.SnapshotFile, raw)
	failpoint.Hit(failpoint.CollectorCopied)
	return err
}
