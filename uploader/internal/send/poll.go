package send

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/internal/googleauth"
	"noctra/schema"
	"noctra/uploader/internal/transport"
)

const (
	mostPolled  = 4  // at a time
	mostAsked   = 16 // questions under way in one process
	longestPoll = 6 * hour
)

// received is an attempt whose outcome Google has not told yet.
type received struct {
	id, connection int64
	to             transport.Destination
	transport      string
	kind           string
	requestID      string
	rows, polls    int
	age            time.Duration
}

// askPace is how long after a question the next may be asked, and pollEvery how often a process looks: twice as
// often as all of them together may ask. Questions have a quota like that of requests, and do not count as such.
func (c Config) askPace() time.Duration {
	return time.Minute / time.Duration(max(c.PerMinute-mostPolled-c.PerMinute/100, 1))
}

func (s *Sender) pollEvery() time.Duration {
	return max(mostPolled*s.config.askPace()/2, 10*time.Millisecond)
}

// takeQuestions takes from the quota of questions: with so many at once, every minute has at most those that it
// may, wherever it begins.
const takeQuestions = `UPDATE google_quota SET ask_at = clock_timestamp() + make_interval(secs => $1) WHERE ask_at <= clock_timestamp()`

// selectPolled takes attempts whose turn it is; nobody else asks for them for as long as a lease.
const selectPolled = `UPDATE upload_attempts a SET poll_at = now() + make_interval(secs => $2), polls = polls + 1
FROM google_connections g
WHERE g.id = a.connection_id AND a.id IN (SELECT id FROM upload_attempts WHERE poll_at <= now() AND poll_at IS NOT NULL ORDER BY poll_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING a.id, a.connection_id, g.customer_id, g.login_customer_id, a.action_id, a.transport, a.kind, a.request_id, a.rows, a.polls, extract(epoch FROM now() - a.started_at)::float8`

// askAll looks for attempts whose turn it is: as often as may be while there are some, else every second.
func (s *Sender) askAll(ctx context.Context) {
	for ctx.Err() == nil {
		rest := s.pollEvery()
		if s.pollAll(ctx) == 0 {
			rest = max(rest, min(every, s.config.StatusAfter))
		}
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
}

// pollAll asks for the outcome of some attempts whose turn it is, without waiting for the answers, and returns for how
// many.
func (s *Sender) pollAll(ctx context.Context) (asked int) {
	if s.asked.Load() > mostAsked-mostPolled {
		return mostPolled
	}
	found, err := s.toPoll(ctx)
	if errors.Is(err, errQuota) {
		return mostPolled // others ask for now
	}
	if err != nil {
		if ctx.Err() == nil {
			s.warn.Warn("requests without an outcome not read, it is tried again", "error", err.Error())
		}
		return 0
	}
	for _, one := range found {
		s.asked.Add(1)
		s.questions.Go(func() {
			defer s.asked.Add(-1)
			if err := s.poll(ctx, &one); err != nil && ctx.Err() == nil {
				s.warn.Warn("outcome of a request not known, google is asked again", "attempt_id", one.id, "error", err.Error())
			}
		})
	}
	return len(found)
}

// toPoll takes attempts whose turn it is; errQuota says that nobody may ask now.
func (s *Sender) toPoll(ctx context.Context) ([]received, error) {
	within, cancel := context.WithTimeout(ctx, databaseTime)
	defer cancel()
	var found []received
	err := pgx.BeginFunc(within, s.postgres, func(tx pgx.Tx) error {
		rows, err := tx.Query(within, selectPolled, mostPolled, s.config.Lease.Seconds())
		if err != nil {
			return err
		}
		if found, err = pgx.CollectRows(rows, readReceived); err != nil || len(found) == 0 {
			return err
		}
		tag, err := tx.Exec(within, takeQuestions, (time.Duration(len(found)) * s.config.askPace()).Seconds())
		if err == nil && tag.RowsAffected() == 0 {
			return errQuota
		}
		return err
	})
	if errors.Is(err, errQuota) {
		return nil, err
	}
	return found, err
}

func readReceived(row pgx.CollectableRow) (received, error) {
	var r received
	var age float64
	err := row.Scan(&r.id, &r.connection, &r.to.CustomerID, &r.to.LoginCustomerID, &r.to.ActionID, &r.transport, &r.kind, &r.requestID, &r.rows, &r.polls, &age)
	r.to.ConnectionID, r.age = r.connection, time.Duration(age*float64(time.Second))
	return r, err
}

// poll asks once, and settles the attempt where the answer is final, or too late.
func (s *Sender) poll(ctx context.Context, r *received) error {
	status, err := s.ask(ctx, r)
	s.metrics.polls.WithLabelValues(r.transport, polled(status, err)).Inc()
	var refused *transport.Refused
	if errors.As(err, &refused) {
		err = errors.Join(err, s.tell(r, refused))
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), databaseTime)
	defer cancel()
	if err == nil && status.Final || r.age >= longestTry {
		return errors.Join(err, s.settle(within, r, status))
	}
	if err == nil {
		err = googleauth.Note(within, s.postgres, r.connection, "status", time.Now())
	}
	pause := min(s.config.StatusAfter<<min(max(r.polls-1, 0), 10)/2, longestPoll)
	_, laterErr := s.postgres.Exec(within, `UPDATE upload_attempts SET poll_at = now() + make_interval(secs => $2) WHERE id = $1 AND state = 'received'`, r.id, pause.Seconds())
	return errors.Join(err, laterErr)
}

func (s *Sender) ask(ctx context.Context, r *received) (transport.Status, error) {
	way := s.transports[r.transport]
	if way == nil {
		return transport.Status{}, fmt.Errorf("no way to google by %q", r.transport)
	}
	within, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	return way.Ask(within, r.to, r.requestID)
}

func polled(status transport.Status, err error) string {
	switch {
	case err != nil:
		return "failed"
	case status.Final:
		return "final"
	}
	return "processing"
}

// tell keeps that the connection is refused, found out by asking.
func (s *Sender) tell(r *received, refused *transport.Refused) error {
	ctx, cancel := context.WithTimeout(context.Background(), databaseTime)
	defer cancel()
	return pgx.BeginFunc(ctx, s.postgres, func(tx pgx.Tx) error {
		return s.raise(ctx, tx, &group{To: r.to}, problem{transport.Outcome{Code: refused.Code, Message: refused.Message}, false})
	})
}

// settle writes what became of a request; a status that is not final has come too late.
func (s *Sender) settle(ctx context.Context, r *received, status transport.Status) error {
	counts, err := json.Marshal(status.Counts)
	if err != nil || status.Counts == nil {
		counts = []byte("{}")
	}
	err = pgx.BeginFunc(ctx, s.postgres, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE upload_attempts SET state = 'final', final_at = now(), poll_at = NULL, counts = $2 WHERE id = $1 AND state = 'received'`, r.id, counts)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		b := batch{attempt: r.id, adjustments: r.kind != string(transport.Conversion), from: schema.UploadReceived}
		rows, err := readRows(ctx, tx, &b)
		if err != nil {
			return err
		}
		b.fates, err = s.outcomes(ctx, tx, r, rows, status)
		if err != nil {
			return err
		}
		if err := b.keep(ctx, tx); err != nil {
			return err
		}
		if err := s.reactToCounts(ctx, tx, r, status); err != nil {
			return err
		}
		return googleauth.Note(ctx, tx, r.connection, "status", time.Now())
	})
	if err != nil {
		return fmt.Errorf("write outcome of request: %w", err)
	}
	return nil
}

// readRows reads the rows that an attempt still has, those together that share most.
func readRows(ctx context.Context, tx pgx.Tx, b *batch) (rows []row, err error) {
	statement := `SELECT id, attempts, cohort FROM conversions WHERE attempt_id = $1 AND state = $2 ORDER BY click_kind, occurred_at, id`
	if b.adjustments {
		statement = `SELECT a.id, a.attempts, a.cohort FROM adjustments a JOIN conversions c ON c.id = a.conversion_id WHERE a.attempt_id = $1 AND a.state = $2 ORDER BY c.click_kind, c.occurred_at, a.id`
	}
	found, err := tx.Query(ctx, statement, b.attempt, string(b.from))
	if err != nil {
		return nil, fmt.Errorf("read rows of attempt: %w", err)
	}
	m := mark{frozen: true}
	_, err = pgx.ForEachRow(found, []any{&m.id, &m.attempts, &m.cohort}, func() error {
		b.marks, rows = append(b.marks, m), append(rows, row{mark: m})
		return nil
	})
	return rows, err
}
