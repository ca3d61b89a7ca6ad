package admin

import (
	"context"
	"fmt"
	"time"

	"noctra/admin/internal/installation"
	"noctra/admin/internal/report"
	"noctra/admin/internal/store"
)

type installationOutput struct{ Body *installation.Check }

// installation answers whether the snippet of a site works, as far as what came tells.
func (s *Service) installation(ctx context.Context, in *InSite) (*installationOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	now := s.now()
	rows, err := s.store.SightingsOf(ctx, store.SightingsOfParams{SiteID: int64(site.ID), Since: now.Add(-installation.Window).Truncate(time.Hour)})
	if err != nil {
		return nil, fmt.Errorf("read sightings: %w", err)
	}
	saw := make([]installation.Sighting, len(rows))
	for i, r := range rows {
		saw[i] = installation.Sighting{Kind: r.Kind, Host: r.Host, Detail: r.Detail, N: uint64(r.N), LastAt: r.LastAt}
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.QueryTimeout)
	defer cancel()
	leave, err := s.slots.enter(ctx)
	if err != nil {
		return nil, &fault{kind: busy, detail: "Too many queries wait for ClickHouse; ask again in a moment.", wait: time.Second, cause: err}
	}
	defer leave()
	check, err := installation.Read(ctx, s.reader, site, now, saw)
	if err != nil {
		return nil, ofReport(report.Classify(err))
	}
	return &installationOutput{Body: check}, nil
}
