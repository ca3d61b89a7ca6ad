package slices

import (
	"context"
	"fmt"
	"time"

	"noctra/schema"
)

// Settle makes the slices of a site that are missing or old among the local days from up to, but not
// including, before: what is then deleted of these days' events is in slices. Days of which nothing
// came are passed over.
func Settle(ctx context.Context, conn Conn, site schema.Site, from, before DayNumber) error {
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		return fmt.Errorf("settle days of site %d: %w", site.ID, err)
	}
	state, err := load(ctx, conn, site.ID)
	if err != nil {
		return fmt.Errorf("settle days of site %d: %w", site.ID, err)
	}
	first, _, _, ok := state.Extent()
	if !ok {
		return nil
	}
	var due []DayNumber
	for _, day := range state.Days(zone, max(from, DayOf(time.UnixMilli(first), zone)), before-1) {
		if state.lastTouched(Span{day.From, day.To}) != 0 && (day.Mode != Clean || !day.Rolled(site.Currency)) {
			due = append(due, day.Number)
		}
	}
	madeAt, err := clock(ctx, conn)
	if err != nil {
		return err
	}
	return makeDays(ctx, conn, batch{site: site.ID, zone: zone, currency: site.Currency, days: due}, func(b batch) error {
		return makeAs(ctx, conn, b, madeAt)
	})
}
