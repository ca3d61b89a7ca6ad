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
		return s.raise(ctx, tx, g, problem{transport.Outcome{Code: code, Message: message}, false})
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
	return mended(ctx, tx, g, success{c.request.AttemptID, a.Final || a.Offered})
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
func (s *Sender) reactToCounts(ctx context.Context, tx pgx.Tx, r *received, status transport.Status) error {
	g := &group{Transport: r.transport, To: r.to}
	for _, code := range slices.Sorted(maps.Keys(status.Counts)) {
		if reason, _ := schema.ReasonOf(code); reason.Class != schema.UploadCustomer {
			continue
		}
		if ofAction(code) {
			return pauseAction(ctx, tx, g, hour)
		}
		return s.raise(ctx, tx, g, problem{transport.Outcome{Code: code}, true})
	}
	if !status.Final {
		return nil
	}
	return endProblem(ctx, tx, g, success{r.id, true})
}

// trouble counts a failure of the connection; from the third in a row on it rests, twice as long each time.
// One with a problem is tried only where a time says since when.
func (s *Sender) trouble(ctx context.Context, tx pgx.Tx, g *group, atLeast time.Duration) error {
	_, err := tx.Exec(ctx, `UPDATE google_connections SET failures = failures + 1,
  paused_until = CASE WHEN failures + 1 >= $2 OR $5::float8 > 0 THEN now() + make_interval(secs => greatest(least($3::float8 * power(2, least(failures, 16) - 2), $4::float8) * (0.5 + random()), $5::float8))
    WHEN problem IS NOT NULL THEN now() END
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
