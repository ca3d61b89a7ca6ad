package exports

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// Run makes what was ordered until ctx ends. Several may run beside each other, also on other machines
// that share the directory.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		for ctx.Err() == nil && s.deps.Dir != "" {
			more, err := s.next(ctx)
			if err != nil && ctx.Err() == nil {
				s.deps.Log.Warn("copy not made, it is tried again", "error", err.Error())
			}
			if !more || err != nil {
				break
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.nudge:
		}
	}
}

// next makes one copy; more is false when none waits.
func (s *Service) next(ctx context.Context) (more bool, err error) {
	now := s.deps.Now()
	x, err := s.q.ClaimExport(ctx, store.ClaimExportParams{Lease: ptr(now.Add(lease)), Now: ptr(now)})
	if none(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for exports: %w", err)
	}
	if x.Attempts > mostAttempts { // the others ended with their processes
		return true, s.giveUp(ctx, x, errInterrupted)
	}
	err = s.make(ctx, x)
	if err == nil {
		return true, nil
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTimeout)
	defer cancel()
	switch {
	case ctx.Err() != nil: // the next start begins it again, at once
		_, endErr := s.q.KeepExportLease(ending, store.KeepExportLeaseParams{ID: x.ID})
		return false, errors.Join(err, endErr)
	case x.Attempts >= mostAttempts:
		return true, s.giveUp(ending, x, err)
	}
	_, endErr := s.q.KeepExportLease(ending, store.KeepExportLeaseParams{ID: x.ID, LeaseUntil: ptr(s.deps.Now().Add(retryAfter))})
	return false, errors.Join(err, endErr)
}

// giveUp ends a copy that was tried often enough.
func (s *Service) giveUp(ctx context.Context, x store.Export, why error) error {
	reason := reasonOf(why)
	s.deps.Log.Error("copy given up", "export_id", x.ID, "attempts", x.Attempts, "reason", reason, "error", why.Error())
	return s.q.ExportFailed(ctx, store.ExportFailedParams{ID: x.ID, EndedAt: ptr(s.deps.Now()), Reason: &reason})
}

// make writes the file of a copy under a new name, and lets it count.
func (s *Service) make(ctx context.Context, x store.Export) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go s.keepLease(ctx, cancel, x.ID)
	if err := os.MkdirAll(s.deps.Dir, 0o700); err != nil {
		return fmt.Errorf("make directory of exports: %w", err)
	}
	name := token.New("")
	part := filepath.Join(s.deps.Dir, name+".part")
	size, sum, err := s.write(ctx, part, x)
	if err == nil {
		err = os.Rename(part, s.path(name))
	}
	if err != nil {
		return errors.Join(err, remove(part))
	}
	if err := s.ready(ctx, x, name, size, sum); err != nil {
		return errors.Join(err, remove(s.path(name)))
	}
	s.deps.Log.Info("copy made", "export_id", x.ID, "bytes", size)
	return nil
}

// keepLease holds the copy as long as it is made, and stops the making when it was deleted meanwhile.
func (s *Service) keepLease(ctx context.Context, stop context.CancelFunc, id int64) {
	ticker := time.NewTicker(leaseEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		n, err := s.q.KeepExportLease(ctx, store.KeepExportLeaseParams{ID: id, LeaseUntil: ptr(s.deps.Now().Add(lease))})
		if err == nil && n == 0 {
			stop()
		}
	}
}

// write writes the file and has it on disk when it returns.
func (s *Service) write(ctx context.Context, path string, x store.Export) (size int64, sum []byte, err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, nil, fmt.Errorf("write export: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	hash := sha256.New()
	a := &archive{zip: zip.NewWriter(io.MultiWriter(file, hash))}
	if err := s.fill(ctx, a, x); err != nil {
		return 0, nil, err
	}
	if err := a.close(about(x, s.deps.Now())); err != nil {
		return 0, nil, err
	}
	if err := file.Sync(); err != nil {
		return 0, nil, fmt.Errorf("write export: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return 0, nil, fmt.Errorf("write export: %w", err)
	}
	return info.Size(), hash.Sum(nil), nil
}

// fill writes everything into the archive: tables of Postgres as they are at one moment, then events.
func (s *Service) fill(ctx context.Context, a *archive, x store.Export) error {
	var sites []int64
	err := pgx.BeginTxFunc(ctx, s.deps.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		q := s.q.WithTx(tx)
		var all []dataset
		if x.WorkspaceID == nil {
			all = ofAccount(ctx, q, x.AccountID)
		} else {
			all = ofWorkspace(ctx, q, *x.WorkspaceID)
			if sites, err = q.CopySiteIDs(ctx, *x.WorkspaceID); err != nil {
				return fmt.Errorf("list sites: %w", err)
			}
		}
		for _, d := range all {
			if err := a.addTable(d.name, d.rows); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return because(noTables, err)
	}
	for _, site := range sites {
		if err := s.addEvents(ctx, a, site); err != nil {
			return because(noEvents, err)
		}
	}
	return nil
}

// ready lets a file count, and orders mail with a link to it.
func (s *Service) ready(ctx context.Context, x store.Export, name string, size int64, sum []byte) error {
	now := s.deps.Now()
	err := store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
		n, err := q.ExportReady(ctx, store.ExportReadyParams{ID: x.ID, File: &name, Size: &size, Sha256: sum, Now: ptr(now), Expires: ptr(now.Add(FileLife))})
		if err != nil {
			return fmt.Errorf("note export: %w", err)
		}
		if n == 0 {
			return ErrState // deleted meanwhile
		}
		return s.tell(ctx, q, x)
	})
	if err == nil && s.deps.Orders != nil {
		s.deps.Orders.Nudge()
	}
	return err
}

func (s *Service) tell(ctx context.Context, q *store.Queries, x store.Export) error {
	if s.deps.Orders == nil {
		return nil
	}
	owner, err := q.Account(ctx, x.AccountID)
	if err != nil {
		return fmt.Errorf("look up account: %w", err)
	}
	link, _, err := s.addLink(ctx, q, x.ID)
	if err != nil {
		return err
	}
	of := "your account"
	if x.WorkspaceID != nil {
		of = "a workspace"
	}
	_, err = s.deps.Orders.Add(ctx, q, mailer.Order{Kind: "export_ready", To: owner.Email, Account: x.AccountID, Content: &mailer.Content{
		Template: "export_ready", Values: map[string]string{"Name": owner.Name, "Of": of, "Link": link, "Life": "a day", "Days": "7", "Button": "Load the copy"},
	}})
	return err
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
