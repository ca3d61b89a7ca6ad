package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/workspaces"
	"noctra/schema"
	"noctra/schema/goals"
)

// changeOf names what is to be changed, and the tag of the state that the caller saw.
type changeOf struct {
	id  int64
	tag string
}

// seen refuses a change of another state than the caller saw; without a tag any state will do.
func (c changeOf) seen(have string) error {
	if c.tag == "" || c.tag == "*" {
		return nil
	}
	for tag := range strings.SplitSeq(c.tag, ",") {
		if strings.Trim(strings.TrimSpace(tag), `"`) == have {
			return nil
		}
	}
	return refuse(kind(workspaces.Changed), "Somebody changed this meanwhile; read it again.")
}

func readGoal(row store.Goal) (goals.Goal, error) {
	g := goals.Goal{ID: row.ID, Name: row.Name, Version: row.Version, CreatedAt: row.CreatedAt.UTC(), ChangedAt: row.ChangedAt.UTC()}
	if err := json.Unmarshal(row.Definition, &g.Match); err != nil {
		return g, fmt.Errorf("read goal %d: %w", row.ID, err)
	}
	return g, nil
}

func goalPage(ctx context.Context, q *store.Queries, site schema.SiteID, p workspaces.Page) ([]goals.Goal, error) {
	rows, err := q.GoalsOf(ctx, store.GoalsOfParams{Site: int64(site), After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list goals: %w", err)
	}
	all := make([]goals.Goal, len(rows))
	for i, row := range rows {
		if all[i], err = readGoal(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// goalsOf returns all goals of a site.
func goalsOf(ctx context.Context, q *store.Queries, site schema.SiteID) ([]goals.Goal, error) {
	return goalPage(ctx, q, site, workspaces.Page{Most: goals.MostGoals})
}

func goalOf(ctx context.Context, q *store.Queries, site schema.SiteID, id int64) (goals.Goal, error) {
	row, err := q.GoalOf(ctx, store.GoalOfParams{ID: id, Site: int64(site)})
	if errors.Is(err, pgx.ErrNoRows) {
		return goals.Goal{}, refuse(notFound, "There is no such goal, or it is not yours.")
	}
	if err != nil {
		return goals.Goal{}, fmt.Errorf("read goal: %w", err)
	}
	return readGoal(row)
}

// changeDefinitions runs f in a transaction in which nobody else changes goals or funnels of the site.
func (s *Service) changeDefinitions(ctx context.Context, site schema.Site, f func(q *store.Queries) error) error {
	return store.Transact(ctx, s.pool, func(q *store.Queries) error {
		_, err := q.LockSiteOf(ctx, store.LockSiteOfParams{Site: int64(site.ID), Workspace: int64(site.Workspace)})
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse(notFound, "There is no such site, or it is not yours.")
		}
		if err != nil {
			return fmt.Errorf("hold site: %w", err)
		}
		return f(q)
	})
}

func (s *Service) addGoal(ctx context.Context, site schema.Site, g goals.Goal) (made goals.Goal, err error) {
	err = s.changeDefinitions(ctx, site, func(q *store.Queries) error {
		if err := goalFits(ctx, q, site, g); err != nil {
			return err
		}
		definition, err := json.Marshal(g.Match)
		if err != nil {
			return fmt.Errorf("write goal: %w", err)
		}
		row, err := q.AddGoal(ctx, store.AddGoalParams{Site: int64(site.ID), Name: g.Name, Definition: definition, Now: s.now()})
		if err != nil {
			return fmt.Errorf("add goal: %w", err)
		}
		if made, err = readGoal(row); err != nil {
			return err
		}
		e := callerOf(ctx).entry(int64(site.Workspace), "goal.created")
		e.After = goalState(site, made)
		return audit.Add(ctx, q, s.now(), e)
	})
	return made, err
}

// setGoal changes a goal; a change that changes nothing leaves its version.
func (s *Service) setGoal(ctx context.Context, site schema.Site, of changeOf, change func(*goals.Goal) error) (changed goals.Goal, err error) {
	err = s.changeDefinitions(ctx, site, func(q *store.Queries) error {
		before, err := goalOf(ctx, q, site.ID, of.id)
		if err != nil {
			return err
		}
		changed = before
		if err := of.seen(before.Tag()); err != nil {
			return err
		}
		if err := change(&changed); err != nil || reflect.DeepEqual(before, changed) {
			return err
		}
		if err := goalFits(ctx, q, site, changed); err != nil {
			return err
		}
		definition, err := json.Marshal(changed.Match)
		if err != nil {
			return fmt.Errorf("write goal: %w", err)
		}
		row, err := q.ChangeGoal(ctx, store.ChangeGoalParams{ID: of.id, Name: changed.Name, Definition: definition, Now: s.now()})
		if err != nil {
			return fmt.Errorf("change goal: %w", err)
		}
		if changed, err = readGoal(row); err != nil {
			return err
		}
		e := callerOf(ctx).entry(int64(site.Workspace), "goal.changed")
		e.Before, e.After = goalState(site, before), goalState(site, changed)
		return audit.Add(ctx, q, s.now(), e)
	})
	return changed, err
}

// goalFits refuses a name that is taken, and more goals or text than a site may have.
func goalFits(ctx context.Context, q *store.Queries, site schema.Site, g goals.Goal) error {
	taken, err := q.GoalNamed(ctx, store.GoalNamedParams{Site: int64(site.ID), Name: g.Name, Other: g.ID})
	if err != nil {
		return fmt.Errorf("look up name of goal: %w", err)
	}
	if len(taken) > 0 {
		return refuse(conflict, "The site has another goal of this name.")
	}
	all, err := goalsOf(ctx, q, site.ID)
	if err != nil {
		return err
	}
	others, size := 0, g.Size()
	for _, other := range all {
		if other.ID != g.ID {
			others++
			size += other.Size()
		}
	}
	if others >= goals.MostGoals {
		return refuse(conflict, fmt.Sprintf("A site has at most %d goals; delete one.", goals.MostGoals))
	}
	if size > goals.MostBytes {
		return refuse(conflict, fmt.Sprintf("The goals of a site have at most %d bytes of text together.", goals.MostBytes))
	}
	return nil
}

func (s *Service) dropGoal(ctx context.Context, site schema.Site, of changeOf) error {
	return s.changeDefinitions(ctx, site, func(q *store.Queries) error {
		g, err := goalOf(ctx, q, site.ID, of.id)
		if err != nil {
			return err
		}
		if err := of.seen(g.Tag()); err != nil {
			return err
		}
		used, err := q.FunnelsWithGoal(ctx, store.FunnelsWithGoalParams{Site: int64(site.ID), Goal: g.ID})
		if err != nil {
			return fmt.Errorf("look for funnels of goal: %w", err)
		}
		if len(used) > 0 {
			return refuse(conflict, fmt.Sprintf("The funnel %q has this goal among its steps; change it first.", used[0]))
		}
		sent, err := q.ActionsOfGoal(ctx, &g.ID)
		if err != nil {
			return fmt.Errorf("look for conversion actions of goal: %w", err)
		}
		if len(sent) > 0 {
			return refuse(conflict, fmt.Sprintf("The goal is sent to the conversion action %q; remove that first.", sent[0]))
		}
		if err := q.DeleteGoal(ctx, g.ID); err != nil {
			return fmt.Errorf("delete goal: %w", err)
		}
		e := callerOf(ctx).entry(int64(site.Workspace), "goal.deleted")
		e.Before = goalState(site, g)
		return audit.Add(ctx, q, s.now(), e)
	})
}

// goalState is what the audit says of a goal.
func goalState(site schema.Site, g goals.Goal) map[string]any {
	return map[string]any{"site_id": int64(site.ID), "goal_id": g.ID, "name": g.Name, "match": g.Match, "version": g.Version}
}
