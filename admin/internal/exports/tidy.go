package exports

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// orphanLife is how old a file without an entry has to be: longer than from writing it to noting it.
const orphanLife = time.Hour

// Tidy deletes copies whose time is over, files that belong to none, and old notes.
func (s *Service) Tidy(ctx context.Context) error {
	now := s.deps.Now()
	if _, err := s.q.ExpireExports(ctx, ptr(now)); err != nil {
		return fmt.Errorf("tidy exports: %w", err)
	}
	if err := s.q.DropExportLinks(ctx, now); err != nil {
		return fmt.Errorf("tidy exports: %w", err)
	}
	if err := s.q.ForgetExports(ctx, ptr(now.Add(-RowLife))); err != nil {
		return fmt.Errorf("tidy exports: %w", err)
	}
	if s.deps.Dir == "" {
		return nil
	}
	known, err := s.q.ExportFiles(ctx)
	if err != nil {
		return fmt.Errorf("tidy exports: %w", err)
	}
	return s.sweep(known)
}

// sweep removes files that no copy has: of deleted ones, and what a making left behind.
func (s *Service) sweep(known []*string) error {
	found, err := os.ReadDir(s.deps.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("tidy exports: %w", err)
	}
	var errs []error
	for _, file := range found {
		name, whole := strings.CutSuffix(file.Name(), ".zip")
		if whole && slices.ContainsFunc(known, func(k *string) bool { return *k == name }) || !whole && !strings.HasSuffix(name, ".part") {
			continue
		}
		info, err := file.Info()
		if err == nil && time.Since(info.ModTime()) > orphanLife {
			err = remove(filepath.Join(s.deps.Dir, file.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
