package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/workspaces"
	"noctra/schema"
	"noctra/schema/goals"
)

func readFunnel(row store.Funnel) (goals.Funnel, error) {
	f := goals.Funnel{
		ID: row.ID, Name: row.Name, Shape: goals.Shape{Hours: int(row.WindowHours), Strict: row.Strict},
		Version: row.Version, CreatedAt: row.CreatedAt.UTC(), ChangedAt: row.ChangedAt.UTC(),
	}
	if err := json.Unmarshal(row.Steps, &f.Shape.Steps); err != nil {
		return f, fmt.Errorf("read funnel %d: %w", row.ID, err)
	}
	return f, nil
}

func funnelPage(ctx context.Context, q *store.Queries, site schema.SiteID, p workspaces.Page) ([]goals.Funnel, error) {
	rows, err := q.FunnelsOf(ctx, store.FunnelsOfParams{Site: int64(site), After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list funnels: %w", err)
	}
	all := make([]goals.Funnel, len(rows))
	for i, row := range rows {
		if all[i], err = readFunnel(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func funnelOf(ctx context.Context, q *store.Queries, site schema.SiteID, id int64) (goals.Funnel, error) {
	row, err := q.FunnelOf(ctx, store.FunnelOfParams{ID: id, Site: int64(site)})
	if errors.Is(err, pgx.ErrNoRows) {
		return goals.Funnel{}, refuse(notFound, "There is no such funnel, or it is not yours.")
	}
	if err != nil {
		return goals.Funnel{}, fmt.Errorf("read funnel: %w", err)
	}
	return readFunnel(row)
}

func (s *Service) addFunnel(ctx context.Context, site schema.Site, form funnelForm) (made goals.Funnel, err error) {
	err = s.changeDefinitions(ctx, site, func(q *store.Queries) error {
		count, err := q.CountFunnels(ctx, int64(site.ID))
		if err != nil {
			return fmt.Errorf("count funnels: %w", err)
		}
		if count >= goals.MostFunnels {
			return refuse(conflict, fmt.Sprintf("A site has at most %d funnels; delete one.", goals.MostFunnels))
		}
		if err := fillFunnel(ctx, q, site, form, &made); err != nil {
			return err
		}
		steps, err := json.Marshal(made.Shape.Steps)
		if err != nil {
			return fmt.Errorf("write funnel: %w", err)
		}
		row, err := q.AddFunnel(ctx, store.AddFunnelParams{Site: int64(site.ID), Name: made.Name, Steps: steps, GoalIds: made.Shape.GoalIDs(),
			WindowHours: int32(made.Shape.Hours), Strict: made.Shape.Strict, Now: s.now()})
		if err != nil {
			return fmt.Errorf("add funnel: %w", err)
		}
		if made, err = readFunnel(row); err != nil {
			return err
		}
		e := callerOf(ctx).entry(int64(site.Workspace), "funnel.created")
		e.After = funnelState(site, made)
		return audit.Add(ctx, q, s.now(), e)
	})
	return made, err
}

// setFunnel changes a funnel; a change that changes nothing leaves its version.
func (s *Service) setFunnel(ctx context.Context, site schema.Site, of changeOf, form funnelForm) (changed goals.Funnel, err error) {
	err = s.changeDefinitions(ctx, site, func(q *store.Queries) error {
		before, err := funnelOf(ctx, q, site.ID, of.id)
		if err != nil {
			return err
		}
		changed = before
		if err := of.seen(before.Tag()); err != nil {
			return err
		}
		if err := fillFunnel(ctx, q, site, form, &changed); err != nil || reflect.DeepEqual(before, changed) {
			return err
		}
		steps, err := json.Marshal(changed.Shape.Steps)
		if err != nil {
			return fmt.Errorf("write funnel: %w", err)
		}
		row, err := q.ChangeFunnel(ctx, store.ChangeFunnelParams{ID: of.id, Name: changed.Name, Steps: steps, GoalIds: changed.Shape.GoalIDs(),
			WindowHours: int32(changed.Shape.Hours), Strict: changed.Shape.Strict, Now: s.now()})
		if err != nil {
			return fmt.Errorf("change funnel: %w", err)
		}
		if changed, err = readFunnel(row); err != nil {
			return err
		}
		e := callerOf(ctx).entry(int64(site.Workspace), "funnel.changed")
		e.Before, e.After = funnelState(site, before), funnelState(site, changed)
		return audit.Add(ctx, q, s.now(), e)
	})
	return changed, err
}

// fillFunnel puts the form into f, and refuses a name that is taken.
func fillFunnel(ctx context.Context, q *store.Queries, site schema.Site, form funnelForm, f *goals.Funnel) error {
	all, err := goalsOf(ctx, q, site.ID)
	if err != nil {
		return err
	}
	if err := form.apply(f, all); err != nil {
		return err
	}
	taken, err := q.FunnelNamed(ctx, store.FunnelNamedParams{Site: int64(site.ID), Name: f.Name, Other: f.ID})
	if err != nil {
		return fmt.Errorf("look up name of funnel: %w", err)
	}
	if len(taken) > 0 {
		return refuse(conflict, "The site has another funnel of this name.")
	}
	return nil
}

func (s *Service) dropFunnel(ctx context.Context, site schema.Site, of changeOf) error {
	return s.changeDefinitions(ctx, site, func(q *store.Queries) error {
		f, err := funnelOf(ctx, q, site.ID, of.id)
		if err != nil {
			return err
		}
		if err := of.seen(f.Tag()); err != nil {
			return err
		}
		if err := q.DeleteFunnel(ctx, f.ID); err != nil {
			return fmt.Errorf("delete funnel: %w", err)
		}
		e := callerOf(ctx).entry(int64(site.Workspace), "funnel.deleted")
		e.Before = funnelState(site, f)
		return audit.Add(ctx, q, s.now(), e)
	})
}

// funnelState is what the audit says of a funnel.
func funnelState(site schema.Site, f goals.Funnel) map[string]any {
	return map[string]any{
		"site_id": int64(site.ID), "funnel_id": f.ID, "name": f.Name, "steps": f.Shape.Steps, "window_hours": f.Shape.Hours, "strict": f.Shape.Strict, "version": f.Version,
	}
}
