package send

import (
	"context"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// outcomes decides where rows go by counts alone: all to one place where all have come to the same, else
// into smaller requests. rows are those that the attempt still has.
func (s *Sender) outcomes(ctx context.Context, tx pgx.Tx, r *received, rows []row, status transport.Status) ([]fate, error) {
	if !status.Final {
		return all(rows, func(one row) fate {
			return fate{state: schema.UploadUnknown, reason: schema.ReasonNoAnswer, after: day, cohort: one.cohort}
		}), nil
	}
	code, same := s.verdict(r, status)
	if !same {
		return narrow(r.id, rows), nil
	}
	if notFound(code) {
		if err := addKnown(ctx, tx, r.id, rows); err != nil {
			return nil, err
		}
	}
	return all(rows, func(one row) fate { return s.fateOf(code, "", one) }), nil
}

// verdict returns what all rows of a request have come to, if they have come to the same.
func (s *Sender) verdict(r *received, status transport.Status) (code string, same bool) {
	failed, done := map[string]int{}, 0
	total := 0
	for reason, n := range status.Counts {
		total += n
		if known, _ := schema.ReasonOf(reason); known.Class == schema.UploadDone && reason != schema.CodeOtherOfClick {
			done, code = done+n, reason
			continue
		}
		failed[reason] = n
	}
	if status.Rows != r.rows || total > r.rows {
		s.metrics.fault(faultCounts)
		s.log.Error("google counted other rows than were sent", "attempt_id", r.id, "rows", r.rows, "counted", status.Rows, "failed", total)
		return schema.ReasonUnknownCode, r.rows == 1
	}
	switch {
	case len(failed) == 0 && done < r.rows:
		return "", true
	case len(failed) == 0:
		return code, true
	case len(failed) == 1 && done == 0:
		for reason, n := range failed {
			if n == r.rows || reason == "INTERNAL_ERROR" { // Google's own error asks for the same again
				return reason, true
			}
		}
	}
	return "", false
}

// narrow splits rows into parts that are sent by themselves. What Google has of them it will call a duplicate.
func narrow(attempt int64, rows []row) []fate {
	parts := min(mostParts, len(rows))
	fates := make([]fate, len(rows))
	for i := range rows {
		fates[i] = fate{state: schema.UploadReady, reason: schema.ReasonNarrowing, cohort: cohortOf(attempt, i*parts/len(rows))}
	}
	return fates
}

func all(rows []row, of func(row) fate) []fate {
	fates := make([]fate, len(rows))
	for i, one := range rows {
		fates[i] = of(one)
	}
	return fates
}
