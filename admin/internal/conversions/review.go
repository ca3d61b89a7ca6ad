package conversions

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
)

// Word is what a person says about conversions.
type Word string

// Words.
const (
	Approve Word = "approve"
	Decline Word = "decline"
	Retry   Word = "retry"
)

// Said is what a word came to.
type Said struct {
	Changed int    `json:"changed" doc:"How many conversions, or adjustments of them, it changed." example:"1"`
	Skipped []Skip `json:"skipped" doc:"Those that the word does not fit."`

	IDs []int64 `json:"-"` // of those that it changed
}

// Skip is a conversion that a word does not fit, as it is where it is.
type Skip struct {
	ID          string `json:"id" example:"17"`
	State       string `json:"state" example:"accepted"`
	Reason      string `json:"reason,omitempty" example:""`
	ReasonWords string `json:"reason_words,omitempty" example:""`
}

// candidate is a conversion that a person speaks about.
type candidate struct {
	ID       int64
	SaleID   int64
	State    string
	Reason   string
	Frozen   bool
	Attempts int
	Denied   bool // consent for ads, since
}

// owner is whose a conversion is.
type owner struct{ WorkspaceID, SiteID int64 }

// ScopeOf returns the workspace of conversions, of those that are given. All have to be of one.
func ScopeOf(ctx context.Context, q Querier, ids, workspaces []int64) (workspace int64, sites []int64, err error) {
	ids = distinct(ids)
	rows, err := collect[owner](ctx, q, "look up conversions", `SELECT c.workspace_id, c.site_id FROM conversions c JOIN sites t ON t.id = c.site_id AND t.state <> 'deleted'
WHERE c.id = ANY($1) AND c.workspace_id = ANY($2)`, ids, workspaces)
	if err != nil {
		return 0, nil, err
	}
	if len(rows) == 0 || len(rows) != len(ids) {
		return 0, nil, ErrUnknown
	}
	for _, r := range rows {
		if r.WorkspaceID != rows[0].WorkspaceID {
			return 0, nil, ErrUnknown
		}
		sites = append(sites, r.SiteID)
	}
	return rows[0].WorkspaceID, sites, nil
}

func distinct(ids []int64) []int64 {
	all := slices.Clone(ids)
	slices.Sort(all)
	return slices.Compact(all)
}

// Say does what a person says, in tx. Sales are held before their conversions, as the uploader does.
func Say(ctx context.Context, tx pgx.Tx, word Word, ids []int64, account int64) (Said, error) {
	ids = distinct(ids)
	if _, err := tx.Exec(ctx, `SELECT FROM sales WHERE id IN (SELECT sale_id FROM conversions WHERE id = ANY($1)) ORDER BY id FOR UPDATE`, ids); err != nil {
		return Said{}, fmt.Errorf("hold sales: %w", err)
	}
	all, err := collect[candidate](ctx, tx, "hold conversions", `SELECT id, sale_id, state, reason, frozen_at IS NOT NULL AS frozen, attempts,
  (SELECT s.consent_user_data = $2 FROM sales s WHERE s.id = c.sale_id) AS denied FROM conversions c WHERE id = ANY($1) ORDER BY id FOR UPDATE`, ids, schema.ConsentDenied)
	if err != nil {
		return Said{}, err
	}
	out := Said{Skipped: []Skip{}}
	var fit, sales, accepted []int64
	for _, c := range all {
		switch {
		case c.fits(word):
			fit, sales = append(fit, c.ID), append(sales, c.SaleID)
		case word == Retry && c.State == string(schema.UploadAccepted):
			accepted = append(accepted, c.ID)
		default:
			out.skip(c)
		}
	}
	switch word {
	case Approve:
		err = review(ctx, tx, fit, sales, account)
	case Decline:
		err = decline(ctx, tx, fit, sales, account)
	case Retry:
		err = retry(ctx, tx, fit, sales)
		if err == nil {
			err = out.retryAdjustments(ctx, tx, accepted, all)
		}
	}
	out.Changed += len(fit)
	out.IDs = append(out.IDs, fit...)
	return out, err
}

func (o *Said) skip(c candidate) {
	s := Skip{ID: number(c.ID), State: c.State}
	s.Reason, s.ReasonWords, _ = words(c.Reason)
	o.Skipped = append(o.Skipped, s)
}

// fits says whether the word means something for the conversion.
func (c candidate) fits(word Word) bool {
	state := schema.UploadState(c.State)
	open := !c.Frozen && (state == schema.UploadWaiting || state == schema.UploadHeld)
	switch word {
	case Approve:
		return open && (c.Reason == schema.ReasonReview || c.Reason == schema.ReasonDeclined)
	case Decline:
		return open && c.Reason != schema.ReasonDeclined || !c.Frozen && state == schema.UploadReady
	}
	if c.Denied { // it would be sent before it is decided anew
		return false
	}
	return state == schema.UploadRejected || state == schema.UploadUnknown || state == schema.UploadWaiting && c.Attempts > 0 && (c.Frozen || !c.gated())
}

// gated says whether a rule keeps it, which trying again does not open.
func (c *candidate) gated() bool {
	known, _ := schema.ReasonOf(c.Reason)
	return known.Class == schema.UploadGate || c.Reason == schema.ReasonReview || c.Reason == schema.ReasonNewAction
}

// review writes the approval down; the uploader decides anew.
func review(ctx context.Context, tx pgx.Tx, ids, sales []int64, account int64) error {
	_, err := tx.Exec(ctx, `UPDATE conversions SET review = 'approved', reviewed_by = $2 WHERE id = ANY($1)`, ids, account)
	if err != nil {
		return fmt.Errorf("approve conversions: %w", err)
	}
	return decideAgain(ctx, tx, sales)
}

// decline holds at once, as the uploader might send a ready one before it decides anew.
func decline(ctx context.Context, tx pgx.Tx, ids, sales []int64, account int64) error {
	_, err := tx.Exec(ctx, `UPDATE conversions SET review = 'declined', reviewed_by = $2, state = 'held', reason = $3, detail = '', next_at = NULL WHERE id = ANY($1)`, ids, account, schema.ReasonDeclined)
	if err != nil {
		return fmt.Errorf("decline conversions: %w", err)
	}
	return decideAgain(ctx, tx, sales)
}

func decideAgain(ctx context.Context, tx pgx.Tx, sales []int64) error {
	if _, err := tx.Exec(ctx, `UPDATE sales SET decide_at = now() WHERE id = ANY($1)`, sales); err != nil {
		return fmt.Errorf("decide sales again: %w", err)
	}
	return nil
}

const again = ` SET state = 'ready', reason = 'asked_again', detail = '', next_at = now(), cohort = 0 WHERE `

// retry sends again, and has the uploader look for refunds that came while nothing could be adjusted.
func retry(ctx context.Context, tx pgx.Tx, ids, sales []int64) error {
	if _, err := tx.Exec(ctx, `UPDATE conversions`+again+`id = ANY($1)`, ids); err != nil {
		return fmt.Errorf("send conversions again: %w", err)
	}
	return decideAgain(ctx, tx, sales)
}

// retryAdjustments sends the last adjustment of accepted conversions again, where Google did not take it.
func (o *Said) retryAdjustments(ctx context.Context, tx pgx.Tx, ids []int64, all []candidate) error {
	rows, err := tx.Query(ctx, `UPDATE adjustments j`+again+`conversion_id = ANY($1) AND (state IN ('rejected', 'unknown') OR state = 'waiting' AND attempts > 0)
  AND number = (SELECT max(number) FROM adjustments l WHERE l.conversion_id = j.conversion_id AND l.state <> 'superseded') RETURNING conversion_id`, ids)
	if err != nil {
		return fmt.Errorf("send adjustments again: %w", err)
	}
	changed, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("send adjustments again: %w", err)
	}
	o.Changed += len(changed)
	o.IDs = append(o.IDs, changed...)
	for _, c := range all {
		if slices.Contains(ids, c.ID) && !slices.Contains(changed, c.ID) {
			o.skip(c)
		}
	}
	return nil
}
