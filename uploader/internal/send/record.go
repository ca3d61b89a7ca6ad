package send

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/internal/googleauth"
	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// batch is rows of an attempt and where they go.
type batch struct {
	attempt     int64
	adjustments bool
	from        schema.UploadState
	marks       []mark
	fates       []fate
}

const endAttempt = `UPDATE upload_attempts SET state = $2, answered_at = clock_timestamp(), request_id = $3, status = $4, code = $5, message = $6,
  poll_at = CASE WHEN $7::float8 > 0 THEN now() + make_interval(secs => $7) END, final_at = CASE $2 WHEN 'final' THEN now() END
WHERE id = $1 AND state = 'sending'`

// record writes what came of a call, in one transaction. Where the lease has ended meanwhile it counts
// for nothing: the rows are somebody else's, or were given back.
func (s *Sender) record(ctx context.Context, c *claim, a transport.Answer) error {
	b := batch{attempt: c.request.AttemptID, adjustments: c.group.Adjustments, from: schema.UploadSending, marks: c.marks}
	return pgx.BeginFunc(ctx, s.postgres, func(tx pgx.Tx) error {
		state, poll := attemptState(a), time.Duration(0)
		if state == "received" {
			poll = s.config.StatusAfter
		}
		tag, err := tx.Exec(ctx, endAttempt, b.attempt, state, a.RequestID, a.Status, a.Code, a.Message, poll.Seconds())
		if err != nil {
			return fmt.Errorf("end attempt: %w", err)
		}
		if tag.RowsAffected() == 0 {
			s.metrics.late.Inc()
			return nil
		}
		rows, err := s.rowsOf(ctx, tx, c, a)
		if err != nil {
			return err
		}
		if b.fates = s.fatesOf(b.attempt, rows, a); c.closed(a) {
			for i, r := range rows {
				b.fates[i] = fate{state: schema.UploadHeld, reason: schema.ReasonCannotRetract, thaw: !r.frozen, code: a.Code}
			}
			if err := b.keep(ctx, tx); err != nil {
				return err
			}
			return noRetraction(ctx, tx, &c.group)
		}
		if err := b.keep(ctx, tx); err != nil {
			return err
		}
		if err := s.react(ctx, tx, c, a); err != nil {
			return err
		}
		return note(ctx, tx, c)
	})
}

// closed says whether Google does not let the account retract by another way than it sends by.
func (c *claim) closed(a transport.Answer) bool {
	code, _ := customerCode(a)
	return c.transport.Name() != c.group.Transport && strings.Contains(code, "NOT_ALLOWLISTED")
}

// noRetraction keeps that there is no way to take conversions of a connection back.
func noRetraction(ctx context.Context, tx pgx.Tx, g *group) error {
	_, err := tx.Exec(ctx, `UPDATE google_connections SET abilities = jsonb_set(abilities, '{retraction,can}', 'false') WHERE id = $1`, g.To.ConnectionID)
	if err != nil {
		return fmt.Errorf("keep that nothing is retracted: %w", err)
	}
	return nil
}

// note counts the access to Google's data.
func note(ctx context.Context, tx pgx.Tx, c *claim) error {
	if c.group.Transport == byFile {
		return nil
	}
	purpose := "upload"
	if c.group.Adjustments {
		purpose = "adjust"
	}
	return googleauth.Note(ctx, tx, c.group.To.ConnectionID, purpose, time.Now())
}

func attemptState(a transport.Answer) string {
	switch {
	case a.Lost:
		return "lost"
	case a.Offered:
		return "offered"
	case a.Final:
		return "final"
	case a.Code != "" || a.Rows != nil:
		return "refused"
	}
	return "received"
}

// rowsOf adds to the rows since when they are tried, where that matters.
func (s *Sender) rowsOf(ctx context.Context, tx pgx.Tx, c *claim, a transport.Answer) ([]row, error) {
	rows := make([]row, len(c.marks))
	searched := false
	for i := range rows {
		rows[i].mark, rows[i].lost = c.marks[i], c.marks[i].frozen
		searched = searched || i < len(a.Rows) && notFound(a.Rows[i].Code)
	}
	if !searched {
		return rows, nil
	}
	return rows, addKnown(ctx, tx, c.request.AttemptID, rows)
}

func notFound(code string) bool {
	return code == "CLICK_NOT_FOUND" || code == "EVENT_NOT_FOUND" || code == "CONVERSION_NOT_FOUND"
}

// addKnown reads since when the rows of an attempt are tried.
func addKnown(ctx context.Context, tx pgx.Tx, attempt int64, rows []row) error {
	found, err := tx.Query(ctx, `SELECT coalesce(r.adjustment_id, r.conversion_id), extract(epoch FROM clock_timestamp() - min(a.started_at))::float8
FROM upload_rows r JOIN upload_rows e ON e.conversion_id = r.conversion_id AND e.adjustment_id IS NOT DISTINCT FROM r.adjustment_id JOIN upload_attempts a ON a.id = e.attempt_id
WHERE r.attempt_id = $1 GROUP BY 1`, attempt)
	if err != nil {
		return fmt.Errorf("read first attempts: %w", err)
	}
	known := map[int64]time.Duration{}
	var id int64
	var seconds float64
	_, err = pgx.ForEachRow(found, []any{&id, &seconds}, func() error {
		known[id] = time.Duration(seconds * float64(time.Second))
		return nil
	})
	for i := range rows {
		rows[i].known = known[rows[i].id]
	}
	return err
}

// fatesOf decides where the rows of a request go.
func (s *Sender) fatesOf(attempt int64, rows []row, a transport.Answer) []fate {
	fates := make([]fate, len(rows))
	for i, r := range rows {
		switch {
		case a.Lost:
			fates[i] = fate{state: schema.UploadReady, reason: lostReason(a), after: s.rest(r.attempts), cohort: r.cohort, code: a.Code}
		case a.Offered: // it changes with its sale until the file is fetched
			fates[i] = fate{state: schema.UploadWaiting, reason: schema.ReasonInFile, thaw: !r.frozen}
		case i < len(a.Rows):
			fates[i] = s.fateOf(a.Rows[i].Code, a.Rows[i].Message, r)
		case a.Final:
			fates[i] = fate{state: schema.UploadAccepted}
		case a.Code == "":
			fates[i] = fate{state: schema.UploadReceived, reason: schema.ReasonNotFinal, cohort: r.cohort}
		case narrows(a.Code) && a.Status != http.StatusBadRequest: // what is wrong is in no row
			s.metrics.fault(faultOurs)
			fates[i] = fate{state: schema.UploadReady, reason: a.Code, detail: a.Message, after: hour, thaw: !r.frozen, cohort: r.cohort, code: a.Code}
		case narrows(a.Code) && len(rows) > 1:
			fates[i] = fate{state: schema.UploadReady, reason: schema.ReasonNarrowing, detail: a.Code, thaw: !r.frozen, cohort: cohortOf(attempt, 2*i/len(rows)), code: a.Code}
		default:
			fates[i] = s.fateOf(a.Code, a.Message, r)
			if a.RetryAfter > 0 && fates[i].state == schema.UploadReady {
				fates[i].after = a.RetryAfter
			}
		}
	}
	return fates
}

func lostReason(a transport.Answer) string {
	switch {
	case a.Code == schema.ReasonMalformed:
		return a.Code
	case a.Status >= 500:
		return schema.ReasonBackOff
	}
	return schema.ReasonAnswerLost
}

// narrows says whether a code of a whole request may be the fault of one of its rows: what time or a
// person mends is not.
func narrows(code string) bool {
	reason, _ := schema.ReasonOf(code)
	return reason.Class != schema.UploadCustomer && reason.Class != schema.UploadLater
}

const mostParts = 10 // into which rows are split to find out which are at fault

// cohortOf numbers the part of an attempt's rows; no other has the number.
func cohortOf(attempt int64, part int) int64 { return attempt*16 + int64(part) + 1 }
