package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"noctra/admin/internal/audit"
)

// anchorEvery is how often the ends of the audit are written down outside the database.
const anchorEvery = time.Hour

// checkAudit warns where the database's user could change the audit.
func (s *Service) checkAudit(ctx context.Context) error {
	writable, err := s.store.AuditWritable(ctx)
	if err != nil {
		return fmt.Errorf("look at rights on the audit: %w", err)
	}
	if writable {
		s.log.Warn("this user of Postgres can change the audit", "help", "connect as a member of the role that noctra migrate up makes, see docs/operations.md")
	}
	return nil
}

// anchorAudit writes the ends of all chains down: a digest into the log, and those that have grown into
// the file, if there is one.
func (s *Service) anchorAudit(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, tidyTimeout)
	defer cancel()
	heads, digest, err := audit.Heads(asking, s.store, s.now())
	if err == nil && s.config.AuditAnchorFile != "" {
		err = addAnchors(s.config.AuditAnchorFile, s.anchored.grown(heads))
	}
	if err != nil {
		if ctx.Err() == nil {
			s.metrics.jobErrors.WithLabelValues("anchor_audit").Inc()
			s.quiet.Warn("audit not anchored", "error", err.Error())
		}
		return
	}
	s.anchored.keep(heads)
	s.log.Info("audit anchored", "chains", len(heads), "digest", digest)
}

// anchored is how far each chain was written down.
type anchored map[int64]int64

func (a anchored) grown(heads []audit.Anchor) (grown []audit.Anchor) {
	for _, h := range heads {
		if a[h.Chain] != h.Seq {
			grown = append(grown, h)
		}
	}
	return grown
}

func (a anchored) keep(heads []audit.Anchor) {
	for _, h := range heads {
		a[h.Chain] = h.Seq
	}
}

// addAnchors adds lines to the file, and has them on disk when it returns.
func addAnchors(path string, anchors []audit.Anchor) (err error) {
	if len(anchors) == 0 {
		return nil
	}
	var lines []byte
	for _, a := range anchors {
		raw, err := json.Marshal(a)
		if err != nil {
			return fmt.Errorf("write anchors: %w", err)
		}
		lines = append(append(lines, raw...), '\n')
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("write anchors: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(lines); err != nil {
		return fmt.Errorf("write anchors: %w", err)
	}
	return file.Sync()
}
