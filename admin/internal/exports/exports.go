// Package exports makes copies of what is kept of an account or of a workspace: a zip with JSON and CSV
// of every table, events by site and month, and a manifest with counts and hashes.
//
// Somebody asks (exports.go), the next process with time makes the file and orders mail (make.go, out of
// datasets.go, events.go, archive.go), a link loads it for a day (links.go), and after a week it goes
// (tidy.go). A copy that was not finished is begun again. Who may ask is decided elsewhere.
package exports

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
)

// How long what is kept.
const (
	FileLife = 7 * 24 * time.Hour  // of a file, from when it is ready
	LinkLife = 24 * time.Hour      // of a link
	RowLife  = 90 * 24 * time.Hour // of the note that there was a copy
)

const (
	lease        = time.Minute
	leaseEvery   = 15 * time.Second
	lookEvery    = 2 * time.Second
	mostAttempts = 5
	mostWaiting  = 1 // of one account, and of one workspace for each who asks
	stepTimeout  = 10 * time.Second
	retryAfter   = 30 * time.Second
)

// Errors that have an answer of their own.
var (
	ErrOff     = errors.New("there is no directory for exports")
	ErrWaiting = errors.New("a copy is being made already")
	ErrUnknown = errors.New("there is no such copy")
	ErrLink    = errors.New("the link is unknown or has expired")
	ErrState   = errors.New("the copy is not ready, or gone")
	ErrAway    = errors.New("the file is not on this machine")
)

// Orders takes mail into a transaction.
type Orders interface {
	Add(ctx context.Context, q *store.Queries, order mailer.Order) (messageID string, err error)
	Nudge()
}

// Deps are what the service works with.
type Deps struct {
	Pool   *pgxpool.Pool
	Dir    string // empty: nothing is exported
	Events Events
	Orders Orders // nil: no mail
	URL    *url.URL
	Now    func() time.Time
	Log    *slog.Logger
}

// Service takes orders for copies and makes them.
type Service struct {
	deps  Deps
	q     *store.Queries
	nudge chan struct{}
}

// New makes the service. The directory is made when it is first needed.
func New(deps Deps) *Service {
	return &Service{deps: deps, q: store.New(deps.Pool), nudge: make(chan struct{}, 1)}
}

// Ask orders a copy of an account, or of a workspace where that is not 0.
func (s *Service) Ask(ctx context.Context, e audit.Entry) (made store.Export, err error) {
	if s.deps.Dir == "" {
		return made, ErrOff
	}
	workspace := some(e.Workspace)
	err = store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
		waiting, err := q.OpenExports(ctx, store.OpenExportsParams{AccountID: e.Account, WorkspaceID: workspace})
		if err != nil {
			return fmt.Errorf("count exports: %w", err)
		}
		if waiting >= mostWaiting {
			return ErrWaiting
		}
		made, err = q.AddExport(ctx, store.AddExportParams{AccountID: e.Account, WorkspaceID: workspace, CreatedAt: s.deps.Now()})
		if err != nil {
			return fmt.Errorf("order export: %w", err)
		}
		e.Details = map[string]any{"export_id": made.ID}
		return audit.Add(ctx, q, s.deps.Now(), e)
	})
	if err == nil {
		s.wake()
	}
	return made, err
}

func (s *Service) wake() {
	select {
	case s.nudge <- struct{}{}:
	default:
	}
}

// Of lists copies below a number, the newest first: of a workspace, or else of an account.
func (s *Service) Of(ctx context.Context, account, workspace, below int64, most int32) ([]store.Export, error) {
	if workspace != 0 {
		return s.q.ExportsOfWorkspace(ctx, store.ExportsOfWorkspaceParams{WorkspaceID: &workspace, Below: below, Most: most})
	}
	return s.q.ExportsOfAccount(ctx, store.ExportsOfAccountParams{AccountID: account, Below: below, Most: most})
}

// owned finds a copy that e may deal with: its own workspace's, or else the account's own.
func owned(ctx context.Context, q *store.Queries, id int64, e audit.Entry) (store.Export, error) {
	found, err := q.Export(ctx, id)
	if none(err) || err == nil && !Belongs(found, e.Account, e.Workspace) {
		return found, ErrUnknown
	}
	if err != nil {
		return found, fmt.Errorf("look up export: %w", err)
	}
	return found, nil
}

// Belongs says whether a copy is one of the workspace, or where that is 0 of the account itself.
func Belongs(x store.Export, account, workspace int64) bool {
	if workspace != 0 {
		return x.WorkspaceID != nil && *x.WorkspaceID == workspace
	}
	return x.WorkspaceID == nil && x.AccountID == account
}

func some(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}
