package admin

import (
	"context"
	"fmt"
	"time"

	"noctra/admin/internal/report"
	"noctra/admin/internal/store"
	"noctra/schema"
)

// notices says what of a report over days before a change is not what it was before the change.
func (s *Service) notices(ctx context.Context, site schema.Site, q report.Echo) ([]report.Notice, error) {
	changes, err := s.store.SiteChanges(ctx, int64(site.ID))
	if err != nil {
		return nil, fmt.Errorf("read changes of site: %w", err)
	}
	first := q.DateRange[0]
	if c := q.Include.Comparisons; c != nil {
		first = min(first, c[0])
	}
	var all []report.Notice
	for _, c := range changes {
		if before(first, site.TimeZone, c.ChangedAt) {
			all = append(all, noticeOf(c))
		}
	}
	return all, nil
}

// before reports whether the day of a date, in a zone, began before at.
func before(date, zone string, at time.Time) bool {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	day, err := time.ParseInLocation(time.DateOnly, date[:min(len(date), len(time.DateOnly))], loc)
	return err == nil && day.Before(at)
}

func noticeOf(c store.SiteChangesRow) report.Notice {
	at := c.ChangedAt.UTC()
	n := report.Notice{Code: c.Field + "_changed", At: at, Before: c.Before, After: c.After}
	switch c.Field {
	case "time_zone":
		n.Notice = fmt.Sprintf("Until %s the site's days began at midnight in %s. Days before are shown in %s, so their figures differ from what was reported then.", at.Format(time.DateOnly), c.Before, c.After)
	default:
		n.Notice = fmt.Sprintf("Until %s the site's currency was %s. Nothing was converted: sales in %s stand in other_currencies.", at.Format(time.DateOnly), c.Before, c.Before)
	}
	return n
}
