package conversions

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// unit is a number of sales that went the same way.
type unit struct {
	Day          time.Time
	SiteID       int64
	Campaign     string
	Mapping      int64 // 0: no conversion
	State        string
	Reason       string
	Clicked      bool
	Tried        bool
	Currency     string
	GoogleWas    string
	Count        int64
	Amount       string
	GoogleAmount string
}

// unitsSQL adds up units of sale_units, one by one, or of sale_sums, where they are added up by day.
const unitsSQL = `SELECT %s AS day, %s AS site_id, %s AS campaign, u.mapping_id AS mapping, u.state, u.reason, u.clicked, u.tried, u.currency, u.google_currency AS google_was,
  %s AS count, sum(u.amount)::text AS amount, sum(u.google_amount)::text AS google_amount
FROM %s u
WHERE %s
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`

// stretch is a range of local days, both included.
type stretch struct {
	Zone        string
	First, Last time.Time
}

// bounds are the moments at which it begins and ends. Where a clock is put forward or back at midnight they
// may be off by that much.
func (s stretch) bounds() (from, to time.Time, err error) {
	at, err := time.LoadLocation(s.Zone)
	if err != nil {
		return from, to, fmt.Errorf("reconcile: %w", err)
	}
	day := func(t time.Time, more int) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day()+more, 0, 0, 0, 0, at)
	}
	return day(s.First, 0), day(s.Last, 1), nil
}

// mostShift is more than clocks are put forward or back.
const mostShift = 3 * time.Hour

// marked are the days of a site whose sums do not hold.
type marked struct {
	SiteID int64
	stretch
}

// markedSQL reads them from the times that were marked. An infinite one holds all days.
const markedSQL = `SELECT DISTINCT m.site_id, t.time_zone AS zone, greatest((m.from_at AT TIME ZONE t.time_zone)::date, $2) AS first, least((m.to_at AT TIME ZONE t.time_zone)::date, $3) AS last
FROM sale_marks m JOIN sites t ON t.id = m.site_id
WHERE m.site_id = ANY($1) AND (m.paths OR NOT $4) AND m.from_at < $3::date + 2 AND m.to_at >= $2::date - 2
ORDER BY 1, 3`

// markedDays returns the stretches of marked days of each site, none next to another. With paths, those are
// left out of which conversions alone have changed.
func markedDays(ctx context.Context, q Querier, ask Ask, paths bool) (all []marked, err error) {
	rows, err := collect[marked](ctx, q, "read marked days", markedSQL, ask.sites(), ask.From, ask.To, paths)
	for _, m := range rows {
		if m.First.After(m.Last) {
			continue // marked are days beside those that are asked for
		}
		last := len(all) - 1
		if last >= 0 && all[last].SiteID == m.SiteID && !m.First.After(all[last].Last.AddDate(0, 0, 1)) {
			if m.Last.After(all[last].Last) {
				all[last].Last = m.Last
			}
			continue
		}
		all = append(all, m)
	}
	return all, err
}

// unitsOf reads the sums of days that are not marked, and adds up the sales of those that are.
func unitsOf(ctx context.Context, q Querier, ask Ask, mappings []int64, each func([]unit) error) error {
	days, err := markedDays(ctx, q, ask, false)
	if err != nil {
		return err
	}
	c := ask.clauses(ask.sites(), mappings)
	c.unmarked(ask, days)
	steps := []*clauses{c}
	tables := []string{"sale_sums"}
	same := map[stretch][]int64{} // sites of which the same days are marked, today's most of the time
	for _, d := range days {
		same[d.stretch] = append(same[d.stretch], d.SiteID)
	}
	for days, of := range same {
		from, to, err := days.bounds()
		if err != nil {
			return err
		}
		c := ask.clauses(of, mappings)
		c.and("u.occurred_at >= %s AND u.occurred_at < %s", from.Add(-mostShift), to.Add(mostShift))
		c.and("u.day BETWEEN %s AND %s", days.First, days.Last)
		steps, tables = append(steps, c), append(tables, "sale_units")
	}
	for i, c := range steps {
		units, err := collect[unit](ctx, q, "add up conversions", ask.sql(tables[i], c), c.args...)
		if err != nil {
			return err
		}
		if err := each(units); err != nil {
			return err
		}
	}
	return nil
}

// unmarked are the days that are asked for and not marked.
func (c *clauses) unmarked(ask Ask, days []marked) {
	c.and("u.day BETWEEN %s AND %s", ask.From, ask.To)
	if len(days) == 0 {
		return
	}
	var of []int64
	var first, last []time.Time
	for _, d := range days {
		of, first, last = append(of, d.SiteID), append(first, d.First), append(last, d.Last)
	}
	c.and("NOT EXISTS (SELECT FROM unnest(%s::bigint[], %s::date[], %s::date[]) AS m (site_id, first, last) WHERE m.site_id = u.site_id AND u.day BETWEEN m.first AND m.last)", of, first, last)
}

func (a Ask) sites() (all []int64) {
	for _, of := range a.Zones {
		all = append(all, of...)
	}
	return all
}

// clauses begin the conditions. Mappings are those of the action that is asked for.
func (a Ask) clauses(sites, mappings []int64) *clauses {
	c := &clauses{}
	if len(sites) == 1 {
		c.and("u.site_id = %s", sites[0])
	} else {
		c.and("u.site_id = ANY(%s)", sites)
	}
	if a.Campaign != "" {
		c.and("u.campaign = %s", a.Campaign)
	}
	if a.ActionID != "" {
		c.and("u.mapping_id = ANY(%s)", mappings)
	}
	return c
}

func (a Ask) sql(table string, c *clauses) string {
	day, site, campaign, count := "'epoch'::date", "0::bigint", "''", "count(*)"
	if slices.Contains(a.By, ByDay) {
		day = "u.day"
	}
	if slices.Contains(a.By, BySite) {
		site = "u.site_id"
	}
	if slices.Contains(a.By, ByCampaign) {
		campaign = "u.campaign"
	}
	if table == "sale_sums" {
		count = "sum(u.count)::bigint"
	}
	return fmt.Sprintf(unitsSQL, day, site, campaign, count, table, c.where())
}
