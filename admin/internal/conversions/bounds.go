package conversions

import (
	"context"
	"fmt"
	"time"

	"noctra/schema"
)

// sumBounds are the first and last moment at which there may be sales of a campaign: days of which the sums have
// some, and what was marked since they were added up. A sale's day may begin some hours off, where clocks are
// changed at midnight.
const sumBounds = `WITH days AS (
    SELECT (min(u.day)::timestamp AT TIME ZONE t.time_zone) - interval '3 hours' AS first, ((max(u.day) + 1)::timestamp AT TIME ZONE t.time_zone) + interval '3 hours' AS last
    FROM sites t JOIN sale_sums u ON u.site_id = t.id WHERE %[1]s AND %[2]s GROUP BY t.id, t.time_zone
    UNION ALL SELECT m.from_at, m.to_at + interval '1 second' FROM sites t JOIN sale_marks m ON m.site_id = t.id WHERE %[1]s)
SELECT greatest(min(first), '1900-01-01Z') AS first, least(max(last), '2200-01-01Z') AS last FROM days HAVING count(*) > 0`

// narrow looks up what indexes of conversions do not have: the choices of an action, and the days of a campaign.
// found is false where there is nothing to be found.
func (f Filter) narrow(ctx context.Context, q Querier, scope Scope) (narrow Filter, found bool, err error) {
	if f.ActionID != "" {
		type choice struct{ ID int64 }
		rows, err := collect[choice](ctx, q, "list choices of an action", `SELECT id FROM conversion_actions WHERE workspace_id = $1 AND action_id = $2`, scope.Workspace, f.ActionID)
		if err != nil || len(rows) == 0 {
			return f, false, err
		}
		for _, r := range rows {
			f.mappings = append(f.mappings, r.ID)
		}
	}
	if f.Campaign == "" {
		return f, true, nil
	}
	return f.bounded(ctx, q, scope)
}

// bounded narrows a filter by a campaign to the days in which there may be any of it in its states and with its
// reason.
func (f Filter) bounded(ctx context.Context, q Querier, scope Scope) (narrow Filter, found bool, err error) {
	c := &clauses{}
	c.and("t.workspace_id = %s", scope.Workspace)
	if scope.Sites != nil {
		c.and("t.id = ANY(%s)", scope.Sites)
	}
	sums := &clauses{args: c.args}
	sums.and("u.campaign = %s AND u.mapping_id <> 0", f.Campaign)
	if states := f.stored(); states != nil {
		sums.and("u.state = ANY(%s)", states)
	}
	if f.Reason != "" {
		sums.and("(u.reason = %s OR u.state = 'ready')", f.Reason)
	}
	type bounds struct{ First, Last time.Time }
	rows, err := collect[bounds](ctx, q, "read days of a campaign", fmt.Sprintf(sumBounds, c.where(), sums.where()), sums.args...)
	if err != nil || len(rows) == 0 {
		return f, false, err
	}
	f.soldFrom, f.soldTo = rows[0].First, rows[0].Last
	return f, true, nil
}

// stored are the states of the filter as they are kept; nil is all.
func (f Filter) stored() (states []string) {
	for _, state := range f.States {
		switch state {
		case Retracted, Restated:
			states = append(states, string(schema.UploadAccepted))
		case None:
		default:
			states = append(states, state)
		}
	}
	return states
}
