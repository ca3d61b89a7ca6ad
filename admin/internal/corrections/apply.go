package corrections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"noctra/admin/internal/slices"
	"noctra/admin/internal/store"
	"noctra/internal/clickhouse"
	"noctra/schema"
)

const (
	lookEvery  = time.Second
	lease      = 10 * time.Minute // longer than applying may take
	applyLimit = 9 * time.Minute
	retryAfter = 15 * time.Second
	endLimit   = 10 * time.Second
)

// Run applies corrections until ctx ends. Several may run beside each other.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		for ctx.Err() == nil {
			more, err := s.Next(ctx)
			if err != nil && ctx.Err() == nil {
				s.deps.Log.Warn("correction not applied, it is tried again", "error", err.Error())
			}
			if !more || err != nil {
				break
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.nudge:
		}
	}
}

// Next applies one correction; more is false when none waits. What fails is left for later, and what was
// stopped for the next start.
func (s *Service) Next(ctx context.Context) (more bool, err error) {
	now := s.deps.Now()
	until := now.Add(lease)
	c, err := s.q.ClaimCorrection(ctx, store.ClaimCorrectionParams{Lease: &until, Now: &now})
	if none(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for corrections: %w", err)
	}
	applying, cancel := context.WithTimeout(ctx, applyLimit)
	defer cancel()
	err = s.apply(applying, c)
	ending, stop := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
	defer stop()
	if err != nil {
		again := s.deps.Now().Add(retryAfter)
		if ctx.Err() != nil {
			again = s.deps.Now()
		}
		return false, errors.Join(err, s.q.LeaveCorrection(ending, store.LeaveCorrectionParams{ID: c.ID, LeaseUntil: &again}))
	}
	if err := s.q.CorrectionDone(ending, store.CorrectionDoneParams{ID: c.ID, Now: s.deps.Now()}); err != nil {
		return false, fmt.Errorf("note correction: %w", err)
	}
	s.deps.Log.Info("event corrected", "site_id", c.SiteID, "correction_id", c.ID)
	return true, nil
}

// apply changes the row and makes its day anew. Done twice it changes nothing more. An event that is
// gone meanwhile stays gone.
func (s *Service) apply(ctx context.Context, c store.Correction) error {
	after, err := read(c.After)
	if err != nil {
		return err
	}
	set, err := after.assignments()
	if err != nil {
		return err
	}
	update := fmt.Sprintf("ALTER TABLE events UPDATE %s IN PARTITION %s WHERE site_id = %d AND event_id = %s AND toUnixTimestamp64Milli(occurred_at) = %d SETTINGS mutations_sync = 2",
		set, c.OccurredAt.UTC().Format("200601"), c.SiteID, clickhouse.Quote(c.EventID), c.OccurredAt.UnixMilli())
	err = s.deps.EachServer(ctx, func(ctx context.Context, conn slices.Conn) error { return conn.Exec(ctx, update) })
	if err != nil {
		return fmt.Errorf("correct event: %w", err)
	}
	found, err := find(ctx, s.deps.Conn, schema.SiteID(c.SiteID), c.EventID)
	if err != nil {
		return err
	}
	if _, missing := after.differing(found.now); found.rows > 0 && len(missing) > 0 {
		return fmt.Errorf("correct event: %d columns have not changed", len(missing))
	}
	if err := s.correctTrade(ctx, c, after); err != nil {
		return err
	}
	site, err := s.deps.Site(ctx, c.SiteID)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		return fmt.Errorf("correct event: %w", err)
	}
	return slices.Remake(ctx, s.deps.Conn, site, []slices.DayNumber{slices.DayOf(c.OccurredAt, zone)})
}

// correctTrade changes what was read of the event into the tables of sales and refunds.
func (s *Service) correctTrade(ctx context.Context, c store.Correction, after columns) error {
	var amount *int64
	if n, ok := after["amount"].(int64); ok {
		amount = &n
	}
	text := func(name string) *string {
		if t, ok := after[name].(string); ok {
			return &t
		}
		return nil
	}
	sale := store.CorrectSaleParams{SiteID: c.SiteID, EventID: c.EventID, Amount: amount, Currency: text("currency"), OrderID: text("order_id")}
	if err := s.q.CorrectSale(ctx, sale); err != nil {
		return fmt.Errorf("correct sale: %w", err)
	}
	if err := s.q.CorrectRefund(ctx, store.CorrectRefundParams(sale)); err != nil {
		return fmt.Errorf("correct refund: %w", err)
	}
	if sale.OrderID == nil {
		return nil
	}
	return s.correctOrder(ctx, c, *sale.OrderID)
}

// correctOrder gives refunds of the orders before and after the sale that has them now, and sales of the
// order after what a held one lends.
func (s *Service) correctOrder(ctx context.Context, c store.Correction, order string) error {
	before, err := read(c.Before)
	if err != nil {
		return err
	}
	orders := []string{order}
	if was, ok := before["order_id"].(string); ok {
		orders = append(orders, was)
	}
	if err := s.q.CorrectHeldSale(ctx, store.CorrectHeldSaleParams{SiteID: c.SiteID, EventID: c.EventID, OrderID: order}); err != nil {
		return fmt.Errorf("correct held sale: %w", err)
	}
	if err := s.q.LookAgainForOrder(ctx, store.LookAgainForOrderParams{SiteID: c.SiteID, OrderID: order}); err != nil {
		return fmt.Errorf("look for clicks again: %w", err)
	}
	if err := s.q.RelinkRefunds(ctx, store.RelinkRefundsParams{SiteID: c.SiteID, Orders: orders}); err != nil {
		return fmt.Errorf("find sales of refunds: %w", err)
	}
	return nil
}
