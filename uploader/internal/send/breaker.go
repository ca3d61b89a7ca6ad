package send

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

const (
	patience   = 3 // failures in a row before a connection rests
	quotaPause = 6 // × the first back-off, where Google does not say how long
)

// react opens and closes the circuit breakers: of the project, of the connection and of the action.
func (s *Sender) react(ctx context.Context, tx pgx.Tx, c *claim, a transport.Answer) error {
	g := &c.group
	code, message := customerCode(a)
	reason, _ := schema.ReasonOf(a.Code)
	switch {
	case code != "" && ofAction(code):
		return pauseAction(ctx, tx, g, hour)
	case code != "":
		return s.raise(ctx, tx, g, transport.Outcome{Code: code, Message: message})
	case quotaEnds(a.Code):
		return s.quotaEnded(ctx, tx, c, a.RetryAfter)
	case a.Lost || reason.Class == schema.UploadLater:
		return s.trouble(ctx, tx, g, a.RetryAfter)
	case a.Code != "" && a.Rows == nil:
		s.log.Error("google refuses a request", "connection_id", g.To.ConnectionID, "code", a.Code, "message", a.Message)
		if a.Status != http.StatusBadRequest {
			return pauseAction(ctx, tx, g, hour)
		}
		return pauseAction(ctx, tx, g, s.config.BackOff)
	}
	return mended(ctx, tx, g)
}

// customerCode returns what somebody of the workspace has to mend, said of the request or of a row.
func customerCode(a transport.Answer) (code, message string) {
	for _, one := range append([]transport.Outcome{{Code: a.Code, Message: a.Message}}, a.Rows...) {
		if reason, _ := schema.ReasonOf(one.Code); reason.Class == schema.UploadCustomer {
			return one.Code, one.Message
		}
	}
	return "", ""
}

// reactToCounts stops what somebody has to mend where Google says so only when it has processed a request.
func (s *Sender) reactToCounts(ctx context.Context, tx pgx.Tx, r *received, counts map[string]int) error {
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		if reason, _ := schema.ReasonOf(code); reason.Class != schema.UploadCustomer {
			continue
		}
		g := &group{Transport: r.transport, To: r.to}
		if ofAction(code) {
			return pauseAction(ctx, tx, g, hour)
		}
		return s.raise(ctx, tx, g, transport.Outcome{Code: code})
	}
	return nil
}

// mended closes the breakers after a success.
func mended(ctx context.Context, tx pgx.Tx, g *group) error {
	_, err := tx.Exec(ctx, `UPDATE google_connections SET failures = 0, paused_until = NULL, version = version + (problem IS NOT NULL)::int, problem = NULL, problem_detail = '', problem_at = NULL
WHERE id = $1 AND state = 'active' AND (failures > 0 OR paused_until IS NOT NULL OR problem IS NOT NULL)`, g.To.ConnectionID)
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE conversion_actions SET failures = 0, paused_until = NULL WHERE connection_id = $1 AND action_id = $2 AND (failures > 0 OR paused_until IS NOT NULL)`,
			g.To.ConnectionID, g.To.ActionID)
	}
	if err != nil {
		return fmt.Errorf("end pauses: %w", err)
	}
	return nil
}

// trouble counts a failure of the connection; from the third in a row on it rests, twice as long each time.
func (s *Sender) trouble(ctx context.Context, tx pgx.Tx, g *group, atLeast time.Duration) error {
	_, err := tx.Exec(ctx, `UPDATE google_connections SET failures = failures + 1,
  paused_until = CASE WHEN failures + 1 >= $2 OR $5::float8 > 0 THEN now() + make_interval(secs => greatest(least($3::float8 * power(2, least(failures, 16) - 2), $4::float8) * (0.5 + random()), $5::float8)) END
WHERE id = $1`, g.To.ConnectionID, patience, s.config.BackOff.Seconds(), longestRest.Seconds(), atLeast.Seconds())
	if err != nil {
		return fmt.Errorf("count failure of connection: %w", err)
	}
	return nil
}

// quotaEnded pauses all who share the quota: the project's at Data Manager, else that of the connection.
func (s *Sender) quotaEnded(ctx context.Context, tx pgx.Tx, c *claim, pause time.Duration) error {
	if pause <= 0 {
		pause = quotaPause * s.config.BackOff
	}
	s.metrics.exhausted.Inc()
	if c.transport.Name() == dataManager {
		return pauseQuota(ctx, tx, pause)
	}
	return s.trouble(ctx, tx, &c.group, pause)
}

// raise stops the connection until somebody has mended it: reconnected, or done at Google what the code
// asks for, which one request after a while finds out.
func (s *Sender) raise(ctx context.Context, tx pgx.Tx, g *group, problem transport.Outcome) error {
	tag, err := tx.Exec(ctx, `UPDATE google_connections SET state = CASE WHEN $4 THEN 'needs_reconnecting' ELSE state END, failures = failures + 1,
  version = version + (problem IS DISTINCT FROM $2)::int, problem = $2, problem_detail = $3, problem_at = CASE WHEN problem IS NOT DISTINCT FROM $2 THEN problem_at ELSE now() END,
  told_at = CASE WHEN problem IS NOT DISTINCT FROM $2 THEN told_at END, changed_at = now(),
  paused_until = now() + make_interval(hours => least(power(2, least(failures, 5))::int, 24))
WHERE id = $1 AND state = 'active'`, g.To.ConnectionID, problem.Code, problem.Message, reconnects(problem.Code))
	if err != nil {
		return fmt.Errorf("keep problem of connection: %w", err)
	}
	if tag.RowsAffected() > 0 {
		s.log.Warn("a connection to google has a problem", "connection_id", g.To.ConnectionID, "code", problem.Code)
	}
	return nil
}

// pauseAction lets an action rest, twice as long with each failure, at most a day.
func pauseAction(ctx context.Context, tx pgx.Tx, g *group, first time.Duration) error {
	_, err := tx.Exec(ctx, `UPDATE conversion_actions SET failures = failures + 1, paused_until = CASE WHEN failures + 1 >= $4 THEN now() + make_interval(secs => least($3::float8 * power(2, least(failures, 16) - $4 + 1), 86400) * (0.5 + random())) END
WHERE connection_id = $1 AND action_id = $2`, g.To.ConnectionID, g.To.ActionID, first.Seconds(), patienceOf(first))
	if err != nil {
		return fmt.Errorf("pause action: %w", err)
	}
	return nil
}

// patienceOf is how many failures in a row an action may have: one that is gone none, a request that is
// narrowed some.
func patienceOf(first time.Duration) int {
	if first >= hour {
		return 1
	}
	return patience
}
