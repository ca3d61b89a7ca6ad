package report

// measure is a number that is summed or counted in SQL; metrics are made of measures.
type measure uint8

const (
	mVisitors  measure = iota // distinct visitors
	mConverted                // distinct visitors with a sale
	mEvents
	mPageviews
	mSales
	mRefunds
	mOwnSales // sales in the currency that is summed
	mGross    // micros of sales
	mRefunded // micros of refunds
	mHeld     // sales of browsers that no report counts; in no rollup
	mVisits   // distinct visits; this and the following are of whole visits
	mBounces  // visits with one interactive event
	mDuration // milliseconds of all visits
	mViews    // pageviews of all visits
	mGroupAll // visitors of the group without the goal: joined
	mTotalAll // visitors of all groups: joined
	measures  // how many there are
)

// measureNames are the columns of measures; no other column begins like them.
var measureNames = [measures]string{
	"n_visitors", "n_converted", "n_events", "n_pageviews", "n_sales", "n_refunds", "n_own_sales", "n_gross", "n_refunded", "n_held",
	"n_visits", "n_bounces", "n_duration", "n_views", "n_group_visitors", "n_total_visitors",
}

// ofVisits says that a measure counts whole visits, at their start.
func (m measure) ofVisits() bool { return mVisits <= m && m <= mViews }

func (m measure) joined() bool { return m == mGroupAll || m == mTotalAll }

func (m measure) money() bool { return m == mGross || m == mRefunded }

// metric is a number of the answer.
type metric struct {
	name  string
	needs []measure
	order string // SQL over measures; NULL where there is nothing to divide by
	value func(v values) any
	rate  bool // a change is given in points, not in percent of the old value
}

var metricList = []metric{
	count("visitors", mVisitors),
	count("visits", mVisits),
	count("pageviews", mPageviews),
	count("events", mEvents),
	count("sales", mSales),
	count("refunds", mRefunds),
	count("held_sales", mHeld),
	{name: "views_per_visit", needs: []measure{mViews, mVisits}, order: "if(n_visits = 0, 0, n_views / n_visits)", value: func(v values) any { return v.ratio(mViews, mVisits, 1, 2) }},
	{name: "bounce_rate", needs: []measure{mBounces, mVisits}, order: "if(n_visits = 0, 0, n_bounces / n_visits)", value: func(v values) any { return v.ratio(mBounces, mVisits, 100, 2) }, rate: true},
	{name: "visit_duration", needs: []measure{mDuration, mVisits}, order: "if(n_visits = 0, NULL, n_duration / n_visits)", value: func(v values) any { return v.seconds() }},
	{name: "gross_revenue", needs: []measure{mGross}, order: "n_gross", value: func(v values) any { return v.amount(v.of(mGross)) }},
	{name: "revenue", needs: []measure{mGross, mRefunded}, order: "n_gross - n_refunded", value: func(v values) any { return v.amount(v.revenue()) }},
	{name: "average_order_value", needs: []measure{mGross, mOwnSales}, order: "if(n_own_sales = 0, NULL, toFloat64(n_gross) / n_own_sales)", value: func(v values) any { return v.averageOrder() }},
	{name: "conversion_rate", needs: []measure{mConverted, mVisitors, mGroupAll}, order: "if(n_group_visitors = 0, 0, n_converted / n_group_visitors)", value: func(v values) any { return v.ratio(mConverted, mGroupAll, 100, 2) }, rate: true},
	{name: "group_conversion_rate", needs: []measure{mConverted, mVisitors, mGroupAll}, order: "if(n_group_visitors = 0, 0, n_converted / n_group_visitors)", value: func(v values) any { return v.ratio(mConverted, mGroupAll, 100, 2) }, rate: true},
	{name: "percentage", needs: []measure{mVisitors, mTotalAll}, order: "if(n_total_visitors = 0, 0, n_visitors / n_total_visitors)", value: func(v values) any { return v.ratio(mVisitors, mTotalAll, 100, 2) }, rate: true},
}

func count(name string, m measure) metric {
	return metric{name: name, needs: []measure{m}, order: measureNames[m], value: func(v values) any { return v.of(m).Uint64() }}
}

func findMetric(name string) (metric, bool) {
	for _, m := range metricList {
		if m.name == name {
			return m, true
		}
	}
	return metric{}, false
}

func metricNames() []string {
	names := make([]string, len(metricList))
	for i, m := range metricList {
		names[i] = m.name
	}
	return names
}
