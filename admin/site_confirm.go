package admin

import (
	"context"
	"fmt"

	"noctra/admin/internal/store"
)

// rebuildable refuses another time zone where days cannot be cut anew, since their events are gone, or
// may be at any moment.
func (s *Service) rebuildable(ctx context.Context, q *store.Queries, row store.Site, form siteForm) error {
	if form.TimeZone == row.TimeZone {
		return nil
	}
	gone, err := q.EventsGone(ctx, row.ID)
	if err != nil {
		return fmt.Errorf("look for deleted events: %w", err)
	}
	if days := row.RetentionRawDays; gone || days != nil && row.CreatedAt.AddDate(0, 0, int(*days)).Before(s.now()) {
		return refuse(conflict, "The time zone stays: days are cut anew from single events, and the oldest of this site are gone. Make another site for the new zone.")
	}
	return nil
}

// confirmed refuses a change that makes reports over earlier days other than they were, unless the
// request says that this is meant.
func (in *changeSiteInput) confirmed(row store.Site, form siteForm) error {
	var problems []FieldProblem
	if form.TimeZone != row.TimeZone && !in.Body.Rebuild {
		problems = append(problems, FieldProblem{"rebuild", fmt.Sprintf("Every day of the site's history would be cut anew at midnight in %s and no longer in %s, so figures of days that were reported would change, and reports would say so. Send rebuild: true if that is meant.", form.TimeZone, row.TimeZone)})
	}
	if form.Currency != row.Currency && !in.Body.LeaveUnconverted {
		problems = append(problems, FieldProblem{"leave_unconverted", fmt.Sprintf("Nothing would be converted: sales in %s would leave revenue, also that of earlier days, and stand beside it in meta.other_currencies; only sales in %s would be summed. Send leave_unconverted: true if that is meant.", row.Currency, form.Currency)})
	}
	if len(problems) == 0 {
		return nil
	}
	return &fault{kind: confirmNeeded, detail: "This would change reports over earlier days; errors says how, and how to confirm it.", problems: problems}
}
