package send

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/uploader/internal/transport"
)

// group is what a request is made of: ready rows of an action of a site, and of one cohort.
type group struct {
	Mapping     int64
	Cohort      int64
	Adjustments bool
	Transport   string
	Failures    int  // of the connection, since a request succeeded
	Retracts    bool // the account can be reached by the Google Ads API, which alone takes conversions back
	To          transport.Destination
}

// sendable joins what decides whether rows of mapping o may be sent, and where to. An action that was
// removed and chosen again, maybe by another connection, sends what is left of the removed one: it is the
// same action at Google. What did not go by a file may have no place in one.
const sendable = `JOIN conversion_actions m ON m.site_id = o.site_id AND m.action_id = o.action_id AND coalesce(m.goal_id, 0) = coalesce(o.goal_id, 0)
  AND m.removed_at IS NULL AND NOT m.paused AND coalesce(m.paused_until <= now(), true)
JOIN google_connections g ON g.id = m.connection_id AND g.state = 'active' AND coalesce(g.paused_until <= now(), g.problem IS NULL)
JOIN google_connections was ON was.id = o.connection_id AND (o.id = m.id OR g.transport <> 'file' OR was.transport = 'file')
JOIN workspaces w ON w.id = m.workspace_id AND w.uploads_held_at IS NULL`

// selectStill looks again when rows are taken: somebody may have said stop since the queue was read.
const selectStill = `SELECT count(*) FROM conversion_actions o
` + sendable + `
WHERE o.id = $1 AND g.id = $2 AND g.transport = $3 AND g.customer_id = $4 AND g.login_customer_id = $5`

// selectGroups finds, for every action with ready rows, the first ones that may be sent now: those
// without a cohort, and the first cohort. It hops from action to action in the index of ready rows, however
// many rows each has; the first row of an action says whether any without a cohort may be sent. Rows that were sent a
// moment ago still stand in the index, so it passes over them once. Whether its connection may send is in
// the same row.
const selectGroups = `WITH RECURSIVE actions AS (
  (SELECT mapping_id, cohort, coalesce(next_at, '-infinity') AS at FROM %[1]s WHERE %[2]s = 'ready' ORDER BY mapping_id, cohort, coalesce(next_at, '-infinity') LIMIT 1)
  UNION ALL
  SELECT n.mapping_id, n.cohort, n.at FROM actions a CROSS JOIN LATERAL (
    SELECT r.mapping_id, r.cohort, coalesce(r.next_at, '-infinity') AS at FROM %[1]s r WHERE r.%[2]s = 'ready' AND r.mapping_id > a.mapping_id
    ORDER BY r.mapping_id, r.cohort, coalesce(r.next_at, '-infinity') LIMIT 1) n)
SELECT o.id, f.cohort, g.transport, g.failures, coalesce((g.abilities -> 'retraction' ->> 'can')::boolean, false), g.id, g.customer_id, g.login_customer_id, m.action_id
FROM actions
JOIN conversion_actions o ON o.id = actions.mapping_id
` + sendable + `
CROSS JOIN LATERAL (
  SELECT 0::bigint WHERE actions.cohort = 0 AND actions.at <= now()
  UNION ALL
  (SELECT r.cohort FROM %[1]s r WHERE r.%[2]s = 'ready' AND r.mapping_id = o.id AND r.cohort > 0 AND coalesce(r.next_at, '-infinity') <= now() ORDER BY r.cohort LIMIT 1)) f (cohort)`

// planned makes Postgres use the indexes of the queue, whatever its statistics say: they are made for the
// rows of an hour ago.
const planned = `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)`

// By adjustments or not: the table, and what its index of ready rows calls them.
var (
	tables  = map[bool]string{false: "conversions", true: "adjustments"}
	columns = map[bool]string{false: "stage", true: "state"}
)

func selectGroupsOf(adjustments bool) string {
	return fmt.Sprintf(selectGroups, tables[adjustments], columns[adjustments])
}

// groups returns what could be sent now, asked for in one go.
func (s *Sender) groups(ctx context.Context) (found []group, err error) {
	began := time.Now()
	questions := &pgx.Batch{} // one transaction, as planned wants
	questions.Queue(planned)
	for _, adjustments := range []bool{false, true} {
		questions.Queue(selectGroupsOf(adjustments)).Query(func(rows pgx.Rows) error {
			more, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (group, error) {
				g := group{Adjustments: adjustments}
				err := row.Scan(&g.Mapping, &g.Cohort, &g.Transport, &g.Failures, &g.Retracts, &g.To.ConnectionID, &g.To.CustomerID, &g.To.LoginCustomerID, &g.To.ActionID)
				return g, err
			})
			found = append(found, more...)
			return err
		})
	}
	if err := s.postgres.SendBatch(ctx, questions).Close(); err != nil {
		return nil, fmt.Errorf("find ready conversions: %w", err)
	}
	s.metrics.looked.Observe(time.Since(began).Seconds())
	return found, nil
}

// dispatch gives every connection that has something to send one request, those first that waited
// longest. more says that there may be more at once, errQuota that there is no more quota for the moment.
func (s *Sender) dispatch(ctx, calling context.Context) (more bool, err error) {
	if s.turns.full() {
		return false, nil
	}
	within, cancel := context.WithTimeout(ctx, databaseTime)
	defer cancel()
	found, err := s.groups(within)
	if err != nil {
		return false, err
	}
	wait, err := s.quotaWait(within)
	if err != nil {
		return false, err
	}
	quota := wait == 0
	for _, g := range s.turns.order(found) {
		if s.turns.full() || ctx.Err() != nil {
			return false, nil
		}
		if g.Transport == dataManager && !quota {
			continue
		}
		c, err := s.claim(ctx, g)
		switch {
		case errors.Is(err, errQuota):
			quota = false
		case err != nil: // the others have their turn all the same
			s.turns.serve(&g)
			s.warn.Warn("rows not claimed, it is tried again", "connection_id", g.To.ConnectionID, "error", err.Error())
		case c != nil:
			more = true
			s.start(calling, c)
		}
	}
	if !quota {
		return false, errQuota
	}
	return more, nil
}

// start makes the call of a claim beside others.
func (s *Sender) start(calling context.Context, c *claim) {
	connection := c.group.To.ConnectionID
	s.turns.begin(connection)
	s.calls.Go(func() {
		defer func() {
			s.turns.end(connection)
			select {
			case s.freed <- struct{}{}:
			default:
			}
		}()
		s.call(calling, c)
	})
}

// call makes the call and keeps what came of it.
func (s *Sender) call(ctx context.Context, c *claim) {
	within, cancel := context.WithDeadline(ctx, c.started.Add(s.config.Timeout))
	answer, err := c.transport.Send(within, &c.request)
	cancel()
	if err != nil {
		answer = failed(err)
		s.warn.Warn("request to google not made", "connection_id", c.group.To.ConnectionID, "error", err.Error())
	}
	s.metrics.requests.WithLabelValues(c.transport.Name(), outcome(answer)).Inc()
	s.keep(c, answer)
}

// keep writes the answer, for as long as the lease lasts; afterwards the attempt is lost and made again.
func (s *Sender) keep(c *claim, answer transport.Answer) {
	ctx, cancel := context.WithDeadline(context.Background(), c.started.Add(s.config.Lease))
	defer cancel()
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, housekeepTime) {
		err := s.record(ctx, c, answer)
		if err == nil {
			return
		}
		s.warn.Warn("google's answer not written, it is tried again", "attempt_id", c.request.AttemptID, "error", err.Error())
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// order returns one group of each connection that may have another call, those first that were served
// longest ago. Of a connection's groups each has its turn.
func (t *turns) order(found []group) []group {
	t.mu.Lock()
	defer t.mu.Unlock()
	perConnection := map[int64][]group{}
	for _, g := range found {
		perConnection[g.To.ConnectionID] = append(perConnection[g.To.ConnectionID], g)
	}
	var turn []group
	for connection, groups := range perConnection {
		most := mostOfOne
		if groups[0].Failures > 0 {
			most = 1
		}
		if t.busy[connection] >= most {
			continue
		}
		oldest := slices.MinFunc(groups, func(a, b group) int { return t.served[a.key()] - t.served[b.key()] })
		turn = append(turn, oldest)
	}
	slices.SortFunc(turn, func(a, b group) int {
		return t.connections[a.To.ConnectionID] - t.connections[b.To.ConnectionID]
	})
	return turn
}
