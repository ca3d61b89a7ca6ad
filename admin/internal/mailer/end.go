package mailer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/store"
)

// sent notes a delivery. It is noted also while the service stops, so that no copy goes out.
func (o *Outbox) sent(ctx context.Context, m store.ClaimMailRow) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTimeout)
	defer cancel()
	now := o.deps.Now()
	err := pgx.BeginFunc(ctx, o.deps.Pool, func(tx pgx.Tx) error {
		q := o.q.WithTx(tx)
		err := o.deps.Writer.Delivered(ctx, q, open(m))
		return errors.Join(err, q.MailSent(ctx, store.MailSentParams{ID: m.ID, Now: &now}))
	})
	if err != nil {
		return fmt.Errorf("note that mail was sent: %w", err)
	}
	o.deps.Count("sent")
	return nil
}

func (o *Outbox) giveUp(ctx context.Context, id int64, why string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTimeout)
	defer cancel()
	now := o.deps.Now()
	if err := o.q.MailFailed(ctx, store.MailFailedParams{ID: id, Now: &now}); err != nil {
		return fmt.Errorf("give mail up: %w", err)
	}
	o.deps.Count(why)
	return nil
}

func (o *Outbox) later(ctx context.Context, m store.ClaimMailRow) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTimeout)
	defer cancel()
	if err := o.q.MailLater(ctx, store.MailLaterParams{ID: m.ID, NextAt: o.deps.Now().Add(delay(int(m.Attempts)))}); err != nil {
		return fmt.Errorf("put mail off: %w", err)
	}
	o.deps.Count("retried")
	return nil
}

// delay grows with the attempts that were made, up to five minutes.
func delay(attempts int) time.Duration {
	grown := float64(firstDelay) * math.Pow(2, float64(min(attempts, 20)-1))
	return min(time.Duration(grown), longDelay)
}

// Waiting returns how many mails wait, and for how long the oldest does.
func (o *Outbox) Waiting(ctx context.Context) (mails int64, oldest time.Duration, err error) {
	row, err := o.q.MailWaiting(ctx, o.deps.Now())
	if err != nil {
		return 0, 0, fmt.Errorf("count mail: %w", err)
	}
	return row.Count, time.Duration(row.Oldest * float64(time.Second)), nil
}

// Tidy forgets mail that is done with.
func (o *Outbox) Tidy(ctx context.Context) error {
	if _, err := o.q.DropOldMail(ctx, o.deps.Now().Add(-Kept)); err != nil {
		return fmt.Errorf("forget old mail: %w", err)
	}
	return nil
}

// Reseal puts what waits under the current master key, and returns how much that was.
func Reseal(ctx context.Context, q *store.Queries, rewrap func(sealed []byte, place string) ([]byte, bool, error)) (int, error) {
	rows, err := q.SealedMail(ctx)
	if err != nil {
		return 0, fmt.Errorf("seal mail again: %w", err)
	}
	n := 0
	for _, row := range rows {
		sealed, changed, err := rewrap(row.Content, place(row.MessageID))
		if err == nil && changed {
			n++
			err = q.WriteMail(ctx, store.WriteMailParams{ID: row.ID, Content: sealed})
		}
		if err != nil {
			return n, fmt.Errorf("seal mail again: %w", err)
		}
	}
	return n, nil
}
