package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/erasure"
	"noctra/admin/internal/store"
	"noctra/internal/clickhouse"
)

// doErasures does what was requested to be erased.
func (s *Service) doErasures(ctx context.Context) {
	erasure.New(erasure.Deps{
		Pool: s.pool, Conn: s.writer, EachServer: s.eachServer, Turn: &s.making, Log: s.log, Now: s.now,
		Failed: func() { s.metrics.jobErrors.WithLabelValues("erase").Inc() },
	}).Run(ctx)
}

// EraseCommand says what an operator wants to be erased.
type EraseCommand struct {
	Site      string // number or public key; empty: all of the workspace
	Workspace int64
	UserID    string
	VisitorID string
	OrderID   string
	Email     string
}

// ErasePlan is what was found, and of what.
type ErasePlan struct {
	Scope string
	Found []erasure.Found

	request erasure.Request
}

// PlanErase finds what a command would erase; it changes nothing.
func PlanErase(ctx context.Context, config Config, c EraseCommand) (plan ErasePlan, err error) {
	err = withStore(ctx, config, func(pool *pgxpool.Pool) error {
		q := store.New(pool)
		if plan.request, err = c.request(ctx, q); err != nil {
			return err
		}
		plan.Scope = plan.request.Scope()
		conn, err := config.ClickHouse.Open(clickhouse.Writer)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		plan.Found, err = erasure.Look(ctx, pool, conn, plan.request)
		return err
	})
	if err != nil {
		return plan, fmt.Errorf("look for what to erase: %w", err)
	}
	return plan, nil
}

// request reads the command.
func (c EraseCommand) request(ctx context.Context, q *store.Queries) (r erasure.Request, err error) {
	if c.Site == "" && c.Workspace == 0 {
		return r, errors.New("name a site or a workspace: --site, --workspace")
	}
	if c.UserID+c.VisitorID+c.OrderID+c.Email != "" {
		in := InSubject{UserID: c.UserID, VisitorID: c.VisitorID, OrderID: c.OrderID, Email: c.Email}
		if r.Subject, err = in.subject(); err != nil {
			return r, errors.New("give exactly one of --user-id, --visitor-id, --order-id and --email")
		}
	}
	r.Workspace = c.Workspace
	if c.Site == "" {
		return r, nil
	}
	sites, err := q.AllSites(ctx)
	if err != nil {
		return r, fmt.Errorf("list sites: %w", err)
	}
	for _, site := range sites {
		if (strconv.FormatInt(site.ID, 10) == c.Site || site.PublicKey == c.Site) && (c.Workspace == 0 || c.Workspace == site.WorkspaceID) {
			r.Workspace, r.Site = site.WorkspaceID, site.ID
			return r, nil
		}
	}
	return r, fmt.Errorf("there is no site %q", c.Site)
}

// RequestErase has what was planned erased by the admin service that runs, and returns its number.
func RequestErase(ctx context.Context, config Config, plan ErasePlan) (id int64, err error) {
	err = command(ctx, config, true, func(q *store.Queries) error {
		if id, err = erasure.Add(ctx, q, time.Now(), plan.request); err != nil {
			return err
		}
		row, err := q.ErasureByID(ctx, id)
		if err != nil {
			return err
		}
		return noteCommand(ctx, q, audit.Entry{Workspace: plan.request.Workspace, Action: "erasure.requested", Details: erasureDetails(row)})
	})
	if err != nil {
		return 0, fmt.Errorf("request erasure: %w", err)
	}
	return id, nil
}

// AwaitErase tells each new state of an erasure, and returns its end.
func AwaitErase(ctx context.Context, config Config, id int64, tell func(ErasureView)) (view ErasureView, err error) {
	err = withStore(ctx, config, func(pool *pgxpool.Pool) error {
		ticker := time.NewTicker(askEvery)
		defer ticker.Stop()
		last := ""
		for {
			row, err := store.New(pool).ErasureByID(ctx, id)
			if errors.Is(err, pgx.ErrNoRows) {
				return fmt.Errorf("there is no erasure %d", id)
			}
			if err == nil {
				if view, err = viewErasure(row.Erasure, row.Sites); err != nil {
					return err
				}
				if now := strings.Join([]string{view.State, view.Step, view.Problem}, " "); now != last {
					last = now
					tell(view)
				}
				if view.DoneAt != nil {
					return nil
				}
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-ticker.C:
			}
		}
	})
	if err != nil {
		return view, fmt.Errorf("wait for erasure %d: %w", id, err)
	}
	return view, nil
}
