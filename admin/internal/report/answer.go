package report

import "time"

// Answer is the answer of a query in the shape of Plausible's Stats API v2.
type Answer struct {
	Results []Row `json:"results"`
	Meta    Meta  `json:"meta"`
	Query   Echo  `json:"query"`
}

// Row is one row. Dimensions are strings; metrics are numbers, money as decimal strings, or nil
// where there is nothing to divide by, in the order in which the query named them.
type Row struct {
	Dimensions []string    `json:"dimensions"`
	Metrics    []any       `json:"metrics"`
	Comparison *Comparison `json:"comparison,omitempty"`
}

// Comparison holds the same row of the period compared with. Change is in percent, for rates in
// percentage points; nil where there is no number to compare with.
type Comparison struct {
	Dimensions []string `json:"dimensions"`
	Metrics    []any    `json:"metrics"`
	Change     []any    `json:"change"`
}

// Meta says what the numbers are: how fresh, in which currency and zone, what was left out.
type Meta struct {
	Freshness            Freshness          `json:"freshness"`
	Canary               *Canary            `json:"canary,omitempty"`
	TimeZone             string             `json:"time_zone"`
	Currency             string             `json:"currency"`
	OtherCurrencies      []CurrencySum      `json:"other_currencies,omitempty"`
	BotEventsLeftOut     *uint64            `json:"bot_events_left_out,omitempty"`
	MetricWarnings       map[string]Warning `json:"metric_warnings,omitempty"`
	Notices              []Notice           `json:"notices,omitempty"`
	ImportsIncluded      *bool              `json:"imports_included,omitempty"`
	Goals                []GoalUsed         `json:"goals,omitempty"`
	TimeLabels           []string           `json:"time_labels,omitempty"`
	ComparisonTimeLabels []string           `json:"comparison_time_labels,omitempty"`
	TotalRows            *uint64            `json:"total_rows,omitempty"`
}

// Warning is a remark about one metric with a stable code.
type Warning struct {
	Code    string `json:"code"`
	Warning string `json:"warning"`
}

// Notice says that a setting was changed after days of the range, which are not what they were then.
// Whoever serves the answer fills it in.
type Notice struct {
	Code   string    `json:"code" example:"time_zone_changed"` // or currency_changed
	At     time.Time `json:"at" example:"2026-03-01T09:30:00Z"`
	Before string    `json:"before" example:"Europe/Berlin"`
	After  string    `json:"after" example:"Europe/Paris"`
	Notice string    `json:"notice" example:"The site's time zone was changed."` // one sentence
}

// CurrencySum is money in a currency that is not the site's, and so stands in no money metric.
type CurrencySum struct {
	Currency     string `json:"currency"`
	Sales        uint64 `json:"sales"`
	Refunds      uint64 `json:"refunds"`
	GrossRevenue string `json:"gross_revenue"`
	Revenue      string `json:"revenue"`
}

// GoalUsed is a definition that the answer was made with; changed, the same question may have another.
type GoalUsed struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Version   int32     `json:"version"`
	ChangedAt time.Time `json:"changed_at"`
}

// Freshness says how far the site's events have come. Times are nil while there is no event.
type Freshness struct {
	LastEventAt *time.Time `json:"last_event_at"` // newest occurred_at
	InsertedAt  *time.Time `json:"inserted_at"`   // when the newest rows became visible
	DelayMS     *int64     `json:"delay_ms"`      // from the collector's receipt of that event to its row
}

// Canary says how long an event lately took from a collector into the reports, whichever site it is
// of: it is measured by events that collectors send themselves. Whoever serves the answer fills it in.
type Canary struct {
	DelaySeconds float64   `json:"delay_seconds"`
	SeenAt       time.Time `json:"seen_at"` // when a report could hold the newest one
	Missing      bool      `json:"missing"` // none came for three intervals
}

// Echo is the query as it was understood, with dates resolved.
type Echo struct {
	SiteID     string      `json:"site_id"`
	Metrics    []string    `json:"metrics"`
	DateRange  [2]string   `json:"date_range"`
	Filters    []any       `json:"filters"`
	Dimensions []string    `json:"dimensions"`
	OrderBy    [][2]string `json:"order_by"`
	Include    EchoInclude `json:"include"`
	Pagination EchoPaging  `json:"pagination"`
}

// EchoInclude repeats the options that were asked for.
type EchoInclude struct {
	TimeLabels  bool       `json:"time_labels,omitempty"`
	TotalRows   bool       `json:"total_rows,omitempty"`
	Imports     bool       `json:"imports,omitempty"`
	Bots        bool       `json:"bots,omitempty"`
	Comparisons *[2]string `json:"comparisons,omitempty"` // the range compared with
}

// EchoPaging repeats the page.
type EchoPaging struct {
	Limit  int `json:"limit"`
	Offset int `json:"offset"`
}
