package exports

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

func none(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// Link makes a link that loads a copy for a day.
func (s *Service) Link(ctx context.Context, id int64, e audit.Entry) (link string, expires time.Time, err error) {
	err = store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
		found, err := owned(ctx, q, id, e)
		if err != nil {
			return err
		}
		if found.State != "ready" {
			return ErrState
		}
		if link, expires, err = s.addLink(ctx, q, id); err != nil {
			return err
		}
		e.Details = map[string]any{"export_id": id}
		return audit.Add(ctx, q, s.deps.Now(), e)
	})
	return link, expires, err
}

func (s *Service) addLink(ctx context.Context, q *store.Queries, id int64) (link string, expires time.Time, err error) {
	secret, now := token.New(""), s.deps.Now()
	expires = now.Add(LinkLife).UTC()
	if err := q.AddExportLink(ctx, store.AddExportLinkParams{TokenHash: token.Hash(secret), ExportID: id, CreatedAt: now, ExpiresAt: expires}); err != nil {
		return "", expires, fmt.Errorf("make link: %w", err)
	}
	u := s.deps.URL.JoinPath("/api/v1/exports/file")
	u.RawQuery = "token=" + secret
	return u.String(), expires, nil
}

// ByLink finds the copy of a link. Whether the caller may have it is still to be asked.
func (s *Service) ByLink(ctx context.Context, secret string) (found store.Export, err error) {
	if !token.Looks(secret, "") {
		return found, ErrLink
	}
	row, err := s.q.ExportByLink(ctx, token.Hash(secret))
	if none(err) || err == nil && !row.LinkExpiresAt.After(s.deps.Now()) {
		return found, ErrLink
	}
	if err != nil {
		return found, fmt.Errorf("look up link: %w", err)
	}
	return s.q.Export(ctx, row.ID)
}

// Open opens the file of a copy. The caller closes it.
func (s *Service) Open(x store.Export) (*os.File, error) {
	if x.State != "ready" || x.File == nil || x.ExpiresAt != nil && !x.ExpiresAt.After(s.deps.Now()) {
		return nil, ErrState
	}
	file, err := os.Open(s.path(*x.File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrAway
	}
	return file, err
}

func (s *Service) path(name string) string { return filepath.Join(s.deps.Dir, name+".zip") }

// Delete deletes a copy before its time.
func (s *Service) Delete(ctx context.Context, id int64, e audit.Entry) error {
	var file *string
	err := store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
		found, err := owned(ctx, q, id, e)
		if err != nil {
			return err
		}
		n, err := q.DeleteExport(ctx, store.DeleteExportParams{ID: id, Now: ptr(s.deps.Now())})
		if err != nil {
			return fmt.Errorf("delete export: %w", err)
		}
		if n == 0 {
			return ErrState
		}
		file = found.File
		e.Details = map[string]any{"export_id": id}
		return audit.Add(ctx, q, s.deps.Now(), e)
	})
	if err != nil || file == nil {
		return err
	}
	if err := os.Remove(s.path(*file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete export: %w", err) // Tidy will find it, too
	}
	return nil
}

func ptr(at time.Time) *time.Time { return &at }
