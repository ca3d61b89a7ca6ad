package slices

import (
	"context"
	"fmt"
	"strings"
	"time"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"

	"noctra/schema"
)

// MakeWithout makes those of days that have a slice anew, also where no events are left, and returns the
// least generation that knows nothing of what was deleted before. Days without a slice are read from
// raw events anyway.
func MakeWithout(ctx context.Context, conn Conn, site schema.Site, days []DayNumber) (from uint64, err error) {
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		return 0, fmt.Errorf("remake days of site %d: %w", site.ID, err)
	}
	madeAt, err := clock(ctx, conn)
	if err != nil {
		return 0, err
	}
	have, err := daysWithSlices(ctx, conn, site.ID, days)
	if err != nil {
		return 0, err
	}
	todo := batch{site: site.ID, zone: zone, currency: site.Currency, days: have}
	return generationAt(madeAt), makeDays(ctx, conn, todo, func(b batch) error {
		now, err := clock(ctx, conn)
		if err != nil {
			return err
		}
		return makeAs(ctx, conn, b, max(now, madeAt))
	})
}

func daysWithSlices(ctx context.Context, conn Querier, site schema.SiteID, days []DayNumber) (have []DayNumber, err error) {
	if len(days) == 0 {
		return nil, nil
	}
	err = each(ctx, conn, fmt.Sprintf("SELECT DISTINCT toInt32(toUInt16(day)) AS d FROM slices WHERE site_id = %d AND day IN (%s) ORDER BY d", site, dates(days)),
		func(scan func(...any) error) error {
			var day int32
			if err := scan(&day); err != nil {
				return err
			}
			have = append(have, DayNumber(day))
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("find slices of site %d: %w", site, err)
	}
	return have, nil
}

func dates(days []DayNumber) string {
	texts := make([]string, len(days))
	for i, n := range days {
		texts[i] = fmt.Sprintf("toDate(%d)", n)
	}
	return strings.Join(texts, ", ")
}

// Old is what is left of generations that were made before one, in some days of a site.
type Old struct {
	Site   schema.SiteID
	Days   []DayNumber
	Before uint64 // generation
}

func (o Old) where() string {
	return fmt.Sprintf("site_id = %d AND day IN (%s) AND gen < %d", o.Site, dates(o.Days), o.Before)
}

// Count counts their rows, also those that are deleted and still on disk.
func (o Old) Count(ctx context.Context, conn Querier) (map[string]uint64, error) {
	found := map[string]uint64{}
	if len(o.Days) == 0 {
		return found, nil
	}
	masked := clickhousego.Context(ctx, clickhousego.WithSettings(clickhousego.Settings{"apply_deleted_mask": 0}))
	for _, table := range []string{"visits", "rollup"} {
		err := each(masked, conn, "SELECT count() FROM "+table+" WHERE "+o.where(), func(scan func(...any) error) error {
			var n uint64
			if err := scan(&n); err != nil {
				return err
			}
			found[table] = n
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("count old rows of %s: %w", table, err)
		}
	}
	return found, nil
}

// Delete deletes them on the tables that have the rows. A day whose newest slice is one of them keeps
// it: somebody made it for the first time just then.
func (o Old) Delete(ctx context.Context, conn Conn) error {
	if len(o.Days) == 0 {
		return nil
	}
	var made []DayNumber
	err := each(ctx, conn, fmt.Sprintf("SELECT toInt32(toUInt16(day)) FROM slices WHERE site_id = %d AND day IN (%s) GROUP BY day HAVING max(gen) >= %d", o.Site, dates(o.Days), o.Before),
		func(scan func(...any) error) error {
			var day int32
			err := scan(&day)
			made = append(made, DayNumber(day))
			return err
		})
	if err != nil || len(made) == 0 {
		return err
	}
	o.Days = made
	for _, table := range []string{"rollup", "visits", "slices"} {
		if err := conn.Exec(ctx, "DELETE FROM "+table+" WHERE "+o.where()); err != nil {
			return fmt.Errorf("delete old rows of %s: %w", table, err)
		}
	}
	return nil
}
