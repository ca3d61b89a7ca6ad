package report

import (
	"fmt"
	"slices"
	"strings"

	visits "noctra/admin/internal/slices"
)

// rollupColumn is the column of each measure in rows of rollup. Visitors are those of one day:
// value decides which of them may be added up.
var rollupColumn = map[measure]string{
	mVisitors: "visitors", mConverted: "converted", mEvents: "events", mPageviews: "pageviews", mSales: "sales", mRefunds: "refunds",
	mOwnSales: "own_sales", mGross: "gross", mRefunded: "refunded", mVisits: "visits", mBounces: "bounces", mDuration: "duration_ms", mViews: "views",
}

func (m measure) ofVisitors() bool { return m == mVisitors || m == mConverted }

// rolled is a question that rollups answer for the days that have them.
type rolled struct {
	c          *compiler
	dimensions []dimension
	filters    []node
	rollup     visits.Rollup
	condition  string // on text, or ""
	byDay      bool   // every group lies within one day

	sums  []visits.DayState // days whose sums are used
	apart []visits.DayState // days without; answered as if there were no rollups
	again []visits.DayState // days of sums whose visitors have to be counted together with other days'
}

// rollups compiles the question with sums of days, where there are any; ok is false where it has to
// be answered from visits or events.
func (c *compiler) rollups(wanted []measure, dimensions []dimension, filters []node) (t table, ok bool) {
	r := rolled{c: c, dimensions: dimensions, filters: filters}
	if slices.Contains(wanted, mHeld) || c.restricted || c.q.include.bots || !c.q.span.whole || !r.choose() {
		return table{}, false
	}
	if r.sortDays(); len(r.sums) == 0 {
		return table{}, false
	}
	wanted = slices.DeleteFunc(slices.Clone(wanted), measure.joined)
	parts := []part{r.part(wanted)}
	visitors, others := []measure{}, []measure{}
	for _, m := range wanted {
		if m.ofVisitors() {
			visitors = append(visitors, m)
		} else {
			others = append(others, m)
		}
	}
	switch {
	case len(visitors) == 0 || len(r.again) == 0:
		parts = r.addPlain(parts, wanted, r.apart)
	default:
		parts = r.addPlain(parts, others, r.apart)
		parts = r.addPlain(parts, visitors, inOrder(r.apart, r.again))
	}
	if len(parts) == 1 {
		return table{parts[0].sql, wanted}, true
	}
	return table{c.sum(parts, dimensions, wanted), wanted}, true
}

// choose finds the rollup that has all groups of the question, with what filters ask.
func (r *rolled) choose() bool {
	var by *dimension
	for i, d := range r.dimensions {
		switch {
		case d.scope == scopeTime:
			if d.interval.withinDay() {
				return false
			}
			r.byDay = r.byDay || d.interval == intervalDay
		case by != nil:
			return false
		default:
			by = &r.dimensions[i]
		}
	}
	of := by
	for _, n := range r.filters {
		m, ok := n.(match)
		if !ok || m.op != opIs || m.fold || slices.Contains(m.values, "") || of != nil && of.name != m.dimension.name {
			return false
		}
		// Values add up only where each has a row of its own; what is left out has none.
		if by == nil && (len(r.filters) > 1 || m.negated || !onlyRow(m)) {
			return false
		}
		of = &m.dimension
		test := "has(" + r.c.texts(m.values) + ", text)"
		if m.negated {
			test = "NOT " + test
		}
		r.condition += " AND " + test
	}
	if of == nil {
		return true // visits.RollupAll
	}
	if of.isGoal() && len(r.c.q.goals) > 0 {
		return false // sums know the goals that were sent, and no definitions
	}
	var ok bool
	r.rollup, ok = rollupOf(*of)
	return ok
}

// onlyRow says that everything that m matches stands in one row of the dimension's rollup, which
// moreover means the same without grouping by it.
func onlyRow(m match) bool {
	d := m.dimension
	return len(m.values) == 1 && d.name != "event:currency" && (!d.isGoal() || m.values[0] != d.blank)
}

func rollupOf(d dimension) (visits.Rollup, bool) {
	if d.scope == scopeVisit {
		return visits.RollupOfVisit(d.column)
	}
	return visits.RollupOfEvent(strings.TrimPrefix(d.name, "event:"))
}

// sortDays decides how each day takes part. Ids that are made for a day can be added up over days,
// as long as nothing says that one of them was seen on two: the slices of the day and of its
// neighbours in the range, which must be clean to know. Lasting ids are counted over all days.
func (r *rolled) sortDays() {
	days := slices.DeleteFunc(slices.Clone(r.c.days), func(d visits.DayState) bool { return d.Empty })
	for i, d := range days {
		if !r.usable(d) {
			r.apart = append(r.apart, d)
			continue
		}
		r.sums = append(r.sums, d)
		if r.byDay || len(days) == 1 {
			continue
		}
		alone := !d.Shared
		for _, j := range []int{i - 1, i + 1} {
			if j >= 0 && j < len(days) && (days[j].Number == d.Number-1 || days[j].Number == d.Number+1) {
				alone = alone && r.usable(days[j]) && !days[j].Shared
			}
		}
		if d.OnlyLasting = alone; !alone || d.Lasting {
			r.again = append(r.again, d)
		}
	}
	switch {
	case len(r.again) == 1 && len(r.apart) == 0:
		r.again = nil // nobody to be counted together with
	case len(r.everybody()) > mostMixed:
		r.again = slices.Clone(r.sums)
		for i := range r.again {
			r.again[i].OnlyLasting = false
		}
	}
}

func (r *rolled) usable(d visits.DayState) bool {
	return d.Mode == visits.Clean && d.Rolled(r.c.q.site.Currency)
}

// part is a SELECT by one way of several to answer; all parts are added up.
type part struct {
	sql      string
	measures []measure
}

// mostMixed is how many days may be named for their visitors to be left out of sums; with more,
// visitors of all days are counted together.
const mostMixed = 60

// everybody lists the days whose visitors are all counted again.
func (r *rolled) everybody() []string {
	var out []string
	for _, d := range r.again {
		if !d.OnlyLasting {
			out = append(out, fmt.Sprintf("toDate(%d)", d.Number))
		}
	}
	return out
}

// part selects sums.
func (r *rolled) part(wanted []measure) part {
	cols := make([]string, len(r.dimensions))
	for i, d := range r.dimensions {
		cols[i] = fmt.Sprintf("text AS d%d", i)
		if d.scope == scopeTime {
			cols[i] = fmt.Sprintf("%s AS d%d", r.c.bucket(d.interval), i)
		}
	}
	for _, m := range wanted {
		cols = append(cols, "sum("+r.value(m)+") AS "+measureNames[m])
	}
	keys := make([]string, len(r.sums))
	for i, d := range r.sums {
		keys[i] = d.Key()
	}
	where := fmt.Sprintf("site_id = %d AND dim = %d AND %s%s", r.c.q.site.ID, r.rollup, r.c.sets.In(keys), r.condition)
	if !slices.ContainsFunc(wanted, func(m measure) bool { return !m.ofVisits() }) {
		where += " AND visits > 0" // groups without a visit are not asked for
	}
	return part{fmt.Sprintf("SELECT %s FROM rollup WHERE %s%s", strings.Join(cols, ", "), where, groupBy(keyNames(len(r.dimensions)))), wanted}
}

// value is the SQL of what a row adds. Visitors are taken whole from days that nobody else is counted
// with, without lasting ones where those are counted again, and not at all where everybody is.
func (r *rolled) value(m measure) string {
	if m.money() {
		return rollupColumn[m]
	}
	if !m.ofVisitors() || len(r.again) == 0 {
		return "toUInt64(" + rollupColumn[m] + ")"
	}
	everybody := r.everybody()
	if len(everybody) > mostMixed {
		return "toUInt64(0)"
	}
	value := "toUInt64(visitors - lasting)"
	if m == mConverted {
		value = "toUInt64(converted - converted_lasting)"
	}
	if len(everybody) > 0 {
		value = "if(day IN (" + strings.Join(everybody, ", ") + "), toUInt64(0), " + value + ")"
	}
	return value
}

// addPlain adds the answer for days that is made without rollups.
func (r *rolled) addPlain(parts []part, wanted []measure, days []visits.DayState) []part {
	if len(wanted) == 0 || len(days) == 0 {
		return parts
	}
	plain := *r.c
	plain.days, plain.restricted = days, true
	t := plain.groups(wanted, r.dimensions, r.filters)
	return append(parts, part(t))
}

// inOrder merges two lists of days by their numbers.
func inOrder(a, b []visits.DayState) []visits.DayState {
	return slices.SortedFunc(slices.Values(slices.Concat(a, b)), func(x, y visits.DayState) int { return int(x.Number - y.Number) })
}
