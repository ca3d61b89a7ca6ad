// Package corrections changes values of events that were wrong, with a reason. What stood there before
// is kept beside it.
//
// An event keeps its row, its id and its place in Kafka, so the books of places close as before and
// copies of it are repeats as before; only named columns of that row change. A correction is written
// down first, then applied by whichever process comes to it (apply.go): the row is changed, and the
// visits of its day are made anew. Each step may be done again, so a correction that was begun ends.
package corrections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/slices"
	"noctra/admin/internal/store"
	"noctra/schema"
)

// Errors that have an answer of their own.
var (
	ErrUnknown = errors.New("there is no such event")
	ErrOpen    = errors.New("a correction of this event is under way")
	ErrSame    = errors.New("the event says that already")
	ErrLook    = errors.New("the event cannot be looked at")
)

// Wrong is what is wrong with the values of a correction.
type Wrong []Problem

// Error implements error.
func (w Wrong) Error() string { return fmt.Sprintf("%d values cannot be taken", len(w)) }

// Deps are what the service works with.
type Deps struct {
	Pool *pgxpool.Pool
	Conn slices.Conn
	// EachServer lends the tables of each server of a cluster.
	EachServer func(ctx context.Context, do func(context.Context, slices.Conn) error) error
	Site       func(ctx context.Context, id int64) (schema.Site, error)
	Now        func() time.Time
	Log        *slog.Logger
}

// Service corrects events.
type Service struct {
	deps  Deps
	q     *store.Queries
	nudge chan struct{}
}

// New makes the service.
func New(deps Deps) *Service {
	return &Service{deps: deps, q: store.New(deps.Pool), nudge: make(chan struct{}, 1)}
}

// Ask is a correction as somebody wants it.
type Ask struct {
	Site   schema.Site
	Event  string
	Reason string
	Values Values
}

// Order writes a correction down, to be applied at once.
func (s *Service) Order(ctx context.Context, a Ask, e audit.Entry) (made store.Correction, err error) {
	found, err := find(ctx, s.deps.Conn, a.Site.ID, a.Event)
	if err != nil {
		return made, fmt.Errorf("%w: %w", ErrLook, err)
	}
	if found.rows == 0 {
		return made, ErrUnknown
	}
	values, problems := a.Values.check(a.Site, found.kind)
	if len(problems) > 0 {
		return made, Wrong(problems)
	}
	before, after := values.differing(found.now)
	if len(after) == 0 {
		return made, ErrSame
	}
	p := store.AddCorrectionParams{SiteID: int64(a.Site.ID), WorkspaceID: int64(a.Site.Workspace), EventID: a.Event, OccurredAt: found.occurredAt, Reason: a.Reason, CreatedAt: s.deps.Now()}
	if e.Account != 0 {
		p.AccountID = &e.Account
	}
	if p.Before, err = json.Marshal(before); err != nil {
		return made, fmt.Errorf("write correction: %w", err)
	}
	if p.After, err = json.Marshal(after); err != nil {
		return made, fmt.Errorf("write correction: %w", err)
	}
	return s.add(ctx, p, after, e)
}

// add keeps a correction, with an entry of the audit that says which values it changes but not what
// they are: they may be a person's.
func (s *Service) add(ctx context.Context, p store.AddCorrectionParams, after columns, e audit.Entry) (made store.Correction, err error) {
	err = store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
		id, err := q.AddCorrection(ctx, p)
		var server *pgconn.PgError
		if errors.As(err, &server) && server.ConstraintName == "corrections_open" {
			return ErrOpen
		}
		if err != nil {
			return fmt.Errorf("write correction: %w", err)
		}
		if made, err = q.Correction(ctx, store.CorrectionParams{ID: id, SiteID: p.SiteID}); err != nil {
			return fmt.Errorf("read correction: %w", err)
		}
		names := make([]string, 0, len(after))
		for _, name := range correctable {
			if _, ok := after[name]; ok {
				names = append(names, name)
			}
		}
		e.Details = map[string]any{"site_id": p.SiteID, "correction_id": id, "columns": names}
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

// Of lists corrections of a site, or of one event of it, below a number, the newest first.
func (s *Service) Of(ctx context.Context, site schema.SiteID, event string, below int64, most int32) ([]store.Correction, error) {
	if event != "" {
		return s.ofEvent(ctx, store.CorrectionsOfEventParams{SiteID: int64(site), EventID: event, Below: below, Most: most})
	}
	return s.q.CorrectionsOfSite(ctx, store.CorrectionsOfSiteParams{SiteID: int64(site), Below: below, Most: most})
}

// ofEvent is Of for one event, which there has to be.
func (s *Service) ofEvent(ctx context.Context, p store.CorrectionsOfEventParams) ([]store.Correction, error) {
	all, err := s.q.CorrectionsOfEvent(ctx, p)
	if err != nil || len(all) > 0 {
		return all, err
	}
	found, err := find(ctx, s.deps.Conn, schema.SiteID(p.SiteID), p.EventID)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLook, err)
	}
	if found.rows == 0 {
		return nil, ErrUnknown
	}
	return all, nil
}

func none(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
