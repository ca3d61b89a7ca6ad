package slices

import (
	"context"
	"fmt"
	"time"

	"noctra/schema"
)

// Remake makes days of a site anew whose events were changed or deleted in place, which touches no hour:
// those of the days that have a slice. It reads the clock after the change, so its generation counts
// before any that was begun earlier.
func Remake(ctx context.Context, conn Conn, site schema.Site, days []DayNumber) error {
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		return fmt.Errorf("make days of site %d anew: %w", site.ID, err)
	}
	state, err := load(ctx, conn, site.ID)
	if err != nil {
		return fmt.Errorf("make days of site %d anew: %w", site.ID, err)
	}
	made := make([]DayNumber, 0, len(days))
	for _, n := range days {
		if _, ok := state.slices[n]; ok {
			made = append(made, n)
		}
	}
	madeAt, err := clock(ctx, conn)
	if err != nil {
		return err
	}
	return makeDays(ctx, conn, batch{site: site.ID, zone: zone, currency: site.Currency, days: made}, func(b batch) error {
		return makeAs(ctx, conn, b, madeAt)
	})
}
