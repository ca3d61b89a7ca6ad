package admin

import (
	"context"
	"fmt"
	"time"

	"noctra/admin/internal/store"
)

// States of a site, as Postgres has them.
const (
	siteActive   = "active"
	siteArchived = "archived"
	siteDeleted  = "deleted"
)

// siteGrace is how long a deleted site can be taken back.
const siteGrace = 7 * 24 * time.Hour

// InSiteChange is a site that is changed; If-Match may say what it was.
type InSiteChange struct {
	InSite
	InChange
}

func (s *Service) archiveSite(ctx context.Context, in *InSiteChange) (*siteSettingsOutput, error) {
	return s.onSite(ctx, in.InSite, in.InChange, func(q *store.Queries, row store.Site) (store.Site, error) {
		if row.State == siteArchived {
			return row, nil
		}
		now := s.now()
		return s.moveSite(ctx, q, row, siteMove{action: "site.archived", from: siteActive, state: siteArchived, archivedAt: &now})
	})
}

func (s *Service) unarchiveSite(ctx context.Context, in *InSiteChange) (*siteSettingsOutput, error) {
	return s.onSite(ctx, in.InSite, in.InChange, func(q *store.Queries, row store.Site) (store.Site, error) {
		if row.State == siteActive {
			return row, nil
		}
		return s.moveSite(ctx, q, row, siteMove{action: "site.unarchived", from: siteArchived, state: siteActive})
	})
}

func (s *Service) deleteSite(ctx context.Context, in *InSiteChange) (*siteSettingsOutput, error) {
	return s.onSite(ctx, in.InSite, in.InChange, func(q *store.Queries, row store.Site) (store.Site, error) {
		after := s.now().Add(siteGrace)
		if row.State == siteArchived && row.ArchivedAt == nil { // by a version that did not note when
			row.ArchivedAt = &row.UpdatedAt
		}
		return s.moveSite(ctx, q, row, siteMove{action: "site.deleted", from: row.State, state: siteDeleted, archivedAt: row.ArchivedAt, eraseAfter: &after})
	})
}

// restoreSite takes a deleted site back, active or archived as it was.
func (s *Service) restoreSite(ctx context.Context, in *InSiteChange) (*siteSettingsOutput, error) {
	return s.onSite(ctx, in.InSite, in.InChange, func(q *store.Queries, row store.Site) (store.Site, error) {
		if row.State != siteDeleted {
			return row, nil
		}
		if !row.EraseAfter.After(s.now()) {
			return row, refuse(conflict, "The time in which the site could be taken back is over; its data is being erased.")
		}
		count, err := q.CountSites(ctx, row.WorkspaceID)
		if err != nil {
			return row, fmt.Errorf("count sites: %w", err)
		}
		if count >= mostSites {
			return row, refuse(conflict, fmt.Sprintf("A workspace has at most %d sites; delete another one first.", mostSites))
		}
		move := siteMove{action: "site.restored", from: siteDeleted, state: siteActive, archivedAt: row.ArchivedAt}
		if row.ArchivedAt != nil {
			move.state = siteArchived
		}
		return s.moveSite(ctx, q, row, move)
	})
}

// siteMove is a change of a site's state.
type siteMove struct {
	action, from, state    string
	archivedAt, eraseAfter *time.Time
}

// moveSite changes the state. A deleted site is as if it did not exist, to all but restoreSite.
func (s *Service) moveSite(ctx context.Context, q *store.Queries, row store.Site, m siteMove) (store.Site, error) {
	if row.State == siteDeleted && m.action != "site.restored" {
		return row, refuse(notFound, "There is no such site, or it is not yours.")
	}
	if row.State != m.from {
		return row, refuse(conflict, fmt.Sprintf("The site is %s.", row.State))
	}
	moved, err := q.SetSiteState(ctx, store.SetSiteStateParams{ID: row.ID, State: m.state, ArchivedAt: m.archivedAt, EraseAfter: m.eraseAfter, Now: s.now()})
	if err != nil {
		return row, fmt.Errorf("change state of site: %w", err)
	}
	return moved, s.noteSite(ctx, q, m.action, row, moved)
}
