package erasure

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/audit"
	visits "noctra/admin/internal/slices"
	"noctra/admin/internal/store"
	"noctra/schema"
)

func siteOf(s *store.ErasureSitesRow) schema.Site {
	return schema.Site{ID: schema.SiteID(s.SiteID), TimeZone: s.TimeZone, Currency: s.Currency}
}

func dayNumbers(s *store.ErasureSitesRow) []visits.DayNumber {
	days := make([]visits.DayNumber, len(s.Days))
	for i, day := range s.Days {
		days[i] = visits.DayNumber(day)
	}
	return days
}

// saveDays adds to the days that have to be made anew, and says from which generation on they are.
func (r *Runner) saveDays(ctx context.Context, j *job, s *store.ErasureSitesRow, more []visits.DayNumber, remade int64) error {
	for _, day := range more {
		s.Days = append(s.Days, int32(day))
	}
	slices.Sort(s.Days)
	s.Days, s.Remade = slices.Compact(s.Days), remade
	if s.Days == nil {
		s.Days = []int32{}
	}
	err := store.New(r.deps.Pool).SetErasureDays(ctx, store.SetErasureDaysParams{ErasureID: j.ID, SiteID: s.SiteID, Days: s.Days, Remade: remade})
	if err != nil {
		return fmt.Errorf("save days of erasure: %w", err)
	}
	return nil
}

// months are the partitions of the days, and of the events around them, whose months are those of UTC.
func months(days []int32) map[string]bool {
	all := map[string]bool{}
	for _, day := range days {
		for _, d := range []int32{day - 1, day, day + 1} {
			all[visits.DayNumber(d).Date().Format("200601")] = true
		}
	}
	return all
}

func old(s *store.ErasureSitesRow) visits.Old {
	return visits.Old{Site: schema.SiteID(s.SiteID), Days: dayNumbers(s), Before: uint64(s.Remade)}
}

// check takes what is hidden off the disk and looks again. Visits that were replaced are deleted once no
// report reads them.
func (r *Runner) check(ctx context.Context, j *job) error {
	if j.Scope != Visitor {
		return r.checkWhole(ctx, j)
	}
	var days []int32
	for _, s := range j.sites {
		days = append(days, s.Days...)
	}
	if len(days) > 0 {
		if err := r.rewrite(ctx, "events", months(days)); err != nil {
			return err
		}
		if free := j.StateAt.Add(r.deps.Grace); r.deps.Now().Before(free) {
			return waiting{until: free}
		}
		if err := r.dropOld(ctx, j, months(days)); err != nil {
			return err
		}
	}
	left, err := r.leftOfPeople(ctx, j)
	if err != nil {
		return err
	}
	if left > 0 { // it came in after it had been looked for
		r.move(j, erasing)
		return nil
	}
	return r.finish(ctx, j)
}

// dropOld deletes replaced visits and sums, on disk as well.
func (r *Runner) dropOld(ctx context.Context, j *job, in map[string]bool) error {
	for i := range j.sites {
		s := &j.sites[i]
		err := r.deps.EachServer(ctx, func(ctx context.Context, conn visits.Conn) error { return old(s).Delete(ctx, conn) })
		if err != nil {
			return fmt.Errorf("delete replaced visits: %w", err)
		}
	}
	for _, table := range []string{"visits", "rollup"} {
		if err := r.rewrite(ctx, table, in); err != nil {
			return err
		}
	}
	return nil
}

// leftOfPeople counts what is still there, on disk as well.
func (r *Runner) leftOfPeople(ctx context.Context, j *job) (left uint64, err error) {
	for i, p := range j.people() {
		n, err := count(onDisk(ctx), r.deps.Conn, "events", p.where())
		if err != nil {
			return 0, err
		}
		replaced, err := old(&j.sites[i]).Count(ctx, r.deps.Conn)
		if err != nil {
			return 0, err
		}
		ledger, err := r.leftInLedger(ctx, p)
		if err != nil {
			return 0, err
		}
		left += n + ledger + replaced["visits"] + replaced["rollup"]
		if replaced["visits"]+replaced["rollup"] > 0 { // somebody made them meanwhile
			if err := r.saveDays(ctx, j, &j.sites[i], nil, 0); err != nil {
				return 0, err
			}
		}
	}
	return left, nil
}

// checkWhole looks again, and then takes sites or the workspace out of Postgres.
func (r *Runner) checkWhole(ctx context.Context, j *job) error {
	for _, s := range j.sites {
		left, err := r.leftOfSite(ctx, s.SiteID)
		if err != nil {
			return err
		}
		if left > 0 {
			r.move(j, erasing)
			return nil
		}
	}
	return r.finish(ctx, j)
}

// finish ends the erasure: from now on only what occurred before is kept out.
func (r *Runner) finish(ctx context.Context, j *job) error {
	now := r.deps.Now().UTC()
	return pgx.BeginFunc(ctx, r.deps.Pool, func(tx pgx.Tx) error {
		q := store.New(tx)
		if err := q.EndErasureBlocks(ctx, store.EndErasureBlocksParams{ErasureID: j.ID, Before: now}); err != nil {
			return fmt.Errorf("end erasure: %w", err)
		}
		gone, err := j.purge(ctx, tx)
		if err != nil {
			return err
		}
		for table, n := range gone {
			j.receipt.note(Found{Store: "postgres", Table: table, Rows: n})
		}
		j.end(now)
		e := audit.Entry{Workspace: j.WorkspaceID, Action: "erasure.done", Details: map[string]any{"erasure_id": j.ID, "scope": j.Scope}}
		if err := audit.Add(ctx, q, now, e); err != nil || j.Scope != Workspace {
			return err
		}
		n, err := q.ForgetAuditedWorkspace(ctx, j.WorkspaceID)
		if err != nil {
			return fmt.Errorf("take workspace out of the audit: %w", err)
		}
		j.receipt.note(Found{Store: "postgres", Table: "audit_private", Rows: uint64(n)})
		return nil
	})
}

func (j *job) end(now time.Time) {
	if len(j.receipt.Waits) == 0 {
		j.receipt.wait(now)
	}
	if j.WatchUntil == nil {
		until := now.Add(watchFor)
		j.WatchUntil = &until
	}
	j.receipt.CheckedAt = &now
	j.State, j.StateAt, j.DoneAt, j.NextAt = done, now, &now, now.Add(watchFirst)
}

// purge takes what is erased as a whole out of Postgres.
func (j *job) purge(ctx context.Context, tx pgx.Tx) (map[string]uint64, error) {
	switch j.Scope {
	case Site:
		return purge(ctx, tx, "sites", "site_id", []int64{j.sites[0].SiteID})
	case Workspace:
		return purge(ctx, tx, "workspaces", "workspace_id", []int64{j.WorkspaceID})
	}
	return nil, nil //nolint:nilnil // a person has no rows there
}

// watch looks again for what came in since, and ends that after a month.
func (r *Runner) watch(ctx context.Context, j *job) error {
	now := r.deps.Now().UTC()
	since := *j.DoneAt
	if j.receipt.LookedAgain != nil && j.receipt.LookedAgain.After(since) {
		since = *j.receipt.LookedAgain
	}
	late, err := r.lateRows(ctx, j, since.Add(-watchOverlap))
	if err != nil {
		return err
	}
	j.receipt.LookedAgain, j.NextAt = &now, now.Add(watchEvery)
	switch {
	case late > 0:
		j.receipt.Later = append(j.receipt.Later, Later{now, late})
		for i := range j.sites { // their days are to be made anew
			if err := r.saveDays(ctx, j, &j.sites[i], nil, 0); err != nil {
				return err
			}
		}
		r.move(j, erasing)
	case !now.Before(*j.WatchUntil):
		if err := store.New(r.deps.Pool).DropErasureBlocks(ctx, j.ID); err != nil {
			return fmt.Errorf("end watching: %w", err)
		}
		j.WatchUntil = nil
	}
	return nil
}

// lateRows counts what came in since.
func (r *Runner) lateRows(ctx context.Context, j *job, since time.Time) (late uint64, err error) {
	if j.Scope != Visitor {
		for _, s := range j.sites {
			n, err := r.leftOfSite(ctx, s.SiteID)
			if err != nil {
				return 0, err
			}
			late += n
		}
		return late, nil
	}
	for i, p := range j.people() {
		n, err := count(ctx, r.deps.Conn, "events", fmt.Sprintf("%s AND inserted_at >= fromUnixTimestamp64Milli(%d, 'UTC')", p.where(), since.UnixMilli()))
		if err != nil {
			return 0, err
		}
		replaced, err := old(&j.sites[i]).Count(ctx, r.deps.Conn)
		if err != nil {
			return 0, err
		}
		ledger, err := r.leftInLedger(ctx, p)
		if err != nil {
			return 0, err
		}
		late += n + ledger + replaced["visits"]
	}
	return late, nil
}
