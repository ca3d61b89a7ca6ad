package slices

import (
	"context"
	"fmt"
	"time"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"

	"noctra/internal/failpoint"
	"noctra/schema"
)

// Rebuilt is what Rebuild did.
type Rebuilt struct {
	First, Last DayNumber // of the days looked at
	Days        int       // with events, made anew
	Events      uint64    // counted in them, the product's own probes left out
}

// Rebuild makes everything that is derived from a site's events anew for the local days first to
// last: the hours in touched, then the visits and rollups of every day with events, as new generations. The
// open day gets a slice too; it is answered exactly as before. Days beyond the site's events cost
// nothing, so AllDays is a good range.
//
// It is safe while events are inserted and reports are asked, and may be run again at any time.
// touched is not emptied: at is a maximum, so the same hours are inserted a second time, and
// whatever was inserted in between stays. What touched knows too much of, hours whose events are
// gone, does no harm: their days are made once more and are clean then. A report sees the old
// generation of a day until the new one is complete; the Maker deletes the old one later.
func Rebuild(ctx context.Context, conn Conn, site schema.Site, first, last DayNumber) (Rebuilt, error) {
	done := Rebuilt{First: first, Last: last}
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		return done, fmt.Errorf("rebuild site %d: %w", site.ID, err)
	}
	days, err := daysWithEvents(ctx, conn, site.ID, zone, Span{first.Span(zone).From, last.Span(zone).To})
	if err != nil {
		return done, err
	}
	if len(days) == 0 {
		return done, nil
	}
	done.First, done.Last = days[0], days[len(days)-1]
	return done, makeDays(ctx, conn, batch{site: site.ID, zone: zone, currency: site.Currency, days: days}, func(b batch) error {
		madeAt, err := clock(ctx, conn)
		if err != nil {
			return err
		}
		if err := touchAgain(ctx, conn, b, madeAt); err != nil {
			return err
		}
		failpoint.Hit(failpoint.SlicesTouched)
		if err := makeAs(ctx, conn, b, madeAt); err != nil {
			return err
		}
		done.Days, done.Events = done.Days+len(b.days), done.Events+b.events
		return nil
	})
}

// AllDays is every day that an event can have.
func AllDays() (first, last DayNumber) {
	return DateNumber(1970, time.January, 2), DateNumber(2099, time.December, 31)
}

// daysWithEvents lists the local days of a site that have rows, in order.
func daysWithEvents(ctx context.Context, conn Querier, site schema.SiteID, zone *time.Location, span Span) ([]DayNumber, error) {
	var days []DayNumber
	sql := fmt.Sprintf("SELECT DISTINCT toInt32(toUInt16(toDate(occurred_at, {tz:String}))) AS day FROM events WHERE site_id = %d AND %s ORDER BY day", site, within(span))
	err := each(ctx, conn, sql, func(scan func(...any) error) error {
		var day int32
		if err := scan(&day); err != nil {
			return err
		}
		days = append(days, DayNumber(day))
		return nil
	}, clickhousego.Named("tz", zone.String()))
	if err != nil {
		return nil, fmt.Errorf("find days of site %d: %w", site, err)
	}
	return days, nil
}

// touchAgain inserts the hours of a batch into touched once more, whole hours, under a token of its
// own: rows that were deleted there would otherwise be taken for a repeat.
func touchAgain(ctx context.Context, conn Conn, b batch, madeAt int64) error {
	spans := b.spans()
	for i := range spans {
		spans[i].From -= spans[i].From % hourMillis
		spans[i].To += (hourMillis - spans[i].To%hourMillis) % hourMillis
	}
	conditions := "0"
	for _, s := range spans {
		conditions += " OR " + within(s)
	}
	err := conn.Exec(ctx, fmt.Sprintf(`INSERT INTO touched (site_id, hour, at) %s SELECT site_id, toStartOfHour(occurred_at) AS hour, max(inserted_at)
		FROM events WHERE site_id = %d AND (%s) GROUP BY site_id, hour`, once(insertion{"touched", b.site, generation(madeAt), 0, visitRows}), b.site, conditions))
	if err != nil {
		return fmt.Errorf("rebuild touched of site %d: %w", b.site, err)
	}
	return nil
}
