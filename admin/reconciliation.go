package admin

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/conversions"
)

type reconciliationInput struct {
	InOwner
	From     string   `query:"from" format:"date" doc:"The first local day of each site; 30 days up to to by default."`
	To       string   `query:"to" format:"date" doc:"The last local day; today by default."`
	GroupBy  []string `query:"group_by" enum:"day,site,campaign,action" doc:"One or several, with commas; only the total without."`
	Campaign string   `query:"campaign" maxLength:"1000" doc:"This one alone."`
	ActionID string   `query:"action_id" maxLength:"20" doc:"Google's number of a conversion action: this one alone."`
}

type reconciliationOutput struct {
	Body *conversions.Reconciliation
}

// mostDays bounds how many days are added up.
const mostDays = 400

// days reads a range of local days, both included.
func days(from, to string, now time.Time) (first, last time.Time, err error) {
	wrong := func(path, why string) error {
		return &fault{kind: invalidRequest, detail: "The request is not as it has to be; errors says where.", problems: []FieldProblem{{path, why}}}
	}
	last = now.UTC().Truncate(24 * time.Hour)
	if to != "" {
		if last, err = time.Parse(time.DateOnly, to); err != nil || last.Year() < 2000 {
			return first, last, wrong("query.to", "to has to be a day, as 2026-03-01.")
		}
	}
	first = last.AddDate(0, 0, -29)
	if from != "" {
		if first, err = time.Parse(time.DateOnly, from); err != nil || first.Year() < 2000 {
			return first, last, wrong("query.from", "from has to be a day, as 2026-03-01.")
		}
	}
	switch {
	case last.Before(first):
		return first, last, wrong("query.from", "from has to be before to, or the same.")
	case last.Sub(first) >= mostDays*24*time.Hour:
		return first, last, wrong("query.from", fmt.Sprintf("At most %d days can be asked for.", mostDays))
	}
	return first, last, nil
}

// reconciliation answers what became of the sales of some days.
func (s *Service) reconciliation(ctx context.Context, in *reconciliationInput) (*reconciliationOutput, error) {
	scope, err := s.scope(ctx, in.InOwner)
	if err != nil {
		return nil, err
	}
	ask := conversions.Ask{Scope: scope, By: in.GroupBy, Campaign: textual(in.Campaign), ActionID: textual(in.ActionID)}
	if ask.From, ask.To, err = days(in.From, in.To, s.now()); err != nil {
		return nil, err
	}
	var r *conversions.Reconciliation
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		if ask.Zones, err = conversions.Zones(ctx, tx, scope); err != nil {
			return err
		}
		r, err = conversions.Reconcile(ctx, tx, ask)
		return err
	})
	if err != nil {
		return nil, ofConversions(err)
	}
	return &reconciliationOutput{r}, nil
}
