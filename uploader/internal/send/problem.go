package send

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"noctra/uploader/internal/transport"
)

// problem is what a person has to mend, as Google says it.
type problem struct {
	transport.Outcome
	late bool // said of a request that was processed, and not when it came
}

// success is a request in which Google found nothing to mend.
type success struct {
	attempt   int64
	processed bool // its outcome is known
}

// boundBefore says whether a problem is known to be one action's alone: it is the very same, and another action
// has had a success since, which leaves no failure and lets the connection go on.
const boundBefore = `SELECT problem = $2 AND problem_action = $3 AND failures = 0 FROM google_connections WHERE id = $1 AND state = 'active' AND problem IS NOT NULL FOR NO KEY UPDATE`

const raiseProblem = `UPDATE google_connections SET state = CASE WHEN $4 THEN 'needs_reconnecting' ELSE state END, failures = failures + 1,
  version = version + (problem IS DISTINCT FROM $2)::int, problem = $2, problem_detail = $3, problem_at = CASE WHEN problem IS NOT DISTINCT FROM $2 THEN problem_at ELSE now() END,
  told_at = CASE WHEN problem IS NOT DISTINCT FROM $2 THEN told_at END, changed_at = now(), problem_action = $5, problem_late = $6,
  paused_until = now() + make_interval(hours => least(power(2, least(failures, 5))::int, 24))
WHERE id = $1 AND state = 'active'`

// raise stops the connection until somebody has mended it: reconnected, or done at Google what the code
// asks for, which one request after a while finds out. Where others of its actions go on, the action rests alone.
func (s *Sender) raise(ctx context.Context, tx pgx.Tx, g *group, p problem) error {
	bound := false
	err := tx.QueryRow(ctx, boundBefore, g.To.ConnectionID, p.Code, g.To.ActionID).Scan(&bound)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("read problem of connection: %w", err)
	}
	if bound {
		return pauseAction(ctx, tx, g, hour)
	}
	of := g.To.ActionID
	if reconnects(p.Code) {
		of = ""
	}
	tag, err := tx.Exec(ctx, raiseProblem, g.To.ConnectionID, p.Code, p.Message, reconnects(p.Code), of, p.late)
	if err != nil {
		return fmt.Errorf("keep problem of connection: %w", err)
	}
	if tag.RowsAffected() > 0 {
		s.log.Warn("a connection to google has a problem", "connection_id", g.To.ConnectionID, "code", p.Code)
	}
	return nil
}

// mended closes the breakers after a success.
func mended(ctx context.Context, tx pgx.Tx, g *group, after success) error {
	if err := endProblem(ctx, tx, g, after); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE google_connections SET failures = 0, paused_until = NULL WHERE id = $1 AND state = 'active' AND problem IS NULL AND (failures > 0 OR paused_until IS NOT NULL)`, g.To.ConnectionID)
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE conversion_actions SET failures = 0, paused_until = NULL WHERE connection_id = $1 AND action_id = $2 AND (failures > 0 OR paused_until IS NOT NULL)`,
			g.To.ConnectionID, g.To.ActionID)
	}
	if err != nil {
		return fmt.Errorf("end pauses: %w", err)
	}
	return nil
}

// selectProblem reads what stands between a success and the end of a problem: that the request was made
// before the problem came up, that the problem is another action's, which still sends, and that it shows only when a
// request is processed.
const selectProblem = `SELECT g.problem_at >= a.started_at,
  g.problem_action NOT IN ('', $3) AND EXISTS (SELECT FROM conversion_actions m WHERE m.connection_id = g.id AND m.action_id = g.problem_action AND m.removed_at IS NULL AND NOT m.paused),
  g.problem_late
FROM google_connections g JOIN upload_attempts a ON a.id = $2
WHERE g.id = $1 AND g.state = 'active' AND g.problem IS NOT NULL FOR NO KEY UPDATE OF g`

// endProblem ends the problem of a connection after a success that shows that it is over. A success of another
// action shows that the connection may go on.
func endProblem(ctx context.Context, tx pgx.Tx, g *group, after success) error {
	var before, others, late bool
	err := tx.QueryRow(ctx, selectProblem, g.To.ConnectionID, after.attempt, g.To.ActionID).Scan(&before, &others, &late)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	statement := `UPDATE google_connections SET failures = 0, paused_until = NULL, version = version + 1, problem = NULL, problem_detail = '', problem_at = NULL, problem_action = '', problem_late = false WHERE id = $1`
	switch {
	case err != nil:
		return fmt.Errorf("read problem of connection: %w", err)
	case before || others && late && !after.processed:
		return nil
	case others:
		statement = `UPDATE google_connections SET failures = 0, paused_until = now() WHERE id = $1 AND (failures > 0 OR paused_until > now())`
	case late && !after.processed: // the one request that finds out is on its way
		statement = `UPDATE google_connections SET paused_until = now() + interval '1 hour' WHERE id = $1`
	}
	if _, err := tx.Exec(ctx, statement, g.To.ConnectionID); err != nil {
		return fmt.Errorf("end problem of connection: %w", err)
	}
	return nil
}
