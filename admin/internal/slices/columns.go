package slices

import "noctra/schema"

// Column is a column of the relation of visits, as Relation gives it.
type Column string

// Columns that say when and who. Day, Visitor, Bot and Start are in every relation.
const (
	Day         Column = "day"         // Date, local
	Visitor     Column = "visitor_id"  // UInt64; 0: an event of nobody known, no visit
	Bot         Column = "bot"         // UInt8
	Start       Column = "start_ms"    // Int64, Unix milliseconds of the first event
	Duration    Column = "duration_ms" // from the first to the last event
	Pageviews   Column = "pageviews"   // counts of the visit's events
	Events      Column = "events"      //
	Interactive Column = "interactive" // all but engagement
	Sales       Column = "sales"       //
	Refunds     Column = "refunds"     //
	Lasting     Column = "lasting"     // UInt8: the visitor's id lives longer than a day
	EntryPage   Column = "entry_page"  // page of the first event that has one
	ExitPage    Column = "exit_page"   // page of the last event that has one
	BotReasons  Column = "bot_reasons" // Array(String), of the first event
	EventOffset Column = "e_offset"    // Array, in no order, like those below: milliseconds after the start, per event
	EventKind   Column = "e_kind"      //
	EventName   Column = "e_name"      //
	EventPage   Column = "e_page"      //
	EventHost   Column = "e_hostname"  //
	EventAmount Column = "e_amount"    // micros
	EventMoney  Column = "e_currency"  //
	MoneyKind   Column = "m_kind"      // Array: the same for sales and refunds alone
	MoneyAmount Column = "m_amount"    //
	MoneyCode   Column = "m_currency"  //
)

// attributes are the columns taken from the visit's first event; the same names in events.
var attributes = []Column{
	"source", "channel", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id",
	"country", "region", "city", "device", "browser", "browser_version", "os", "os_version", BotReasons,
}

// perEvent maps the array columns to what they hold of each event.
var perEvent = map[Column]string{
	EventOffset: "t", EventKind: "kind", EventName: "name", EventPage: "path", EventHost: "hostname",
	EventAmount: "amount", EventMoney: "currency",
}

var perSale = map[Column]string{MoneyKind: "kind", MoneyAmount: "amount", MoneyCode: "currency"}

// always are the columns that every relation has.
var always = []Column{Day, Visitor, Bot, Start}

// stored lists every column that a slice keeps, in the order in which it is written.
func stored() []Column {
	all := append([]Column{}, always...)
	all = append(all, Duration, Pageviews, Events, Interactive, Sales, Refunds, Lasting, EntryPage, ExitPage)
	all = append(all, attributes...)
	return append(all, EventOffset, EventKind, EventName, EventPage, EventHost, EventAmount, EventMoney,
		MoneyKind, MoneyAmount, MoneyCode)
}

// Idle is how long a visitor may do nothing before the next event begins a new visit.
const idleMillis = 30 * 60 * 1000

// Kinds as the SQL needs them.
const (
	kindPageview    = uint64(schema.KindPageview)
	kindSale        = uint64(schema.KindSale)
	kindRefund      = uint64(schema.KindRefund)
	kindInteraction = uint64(schema.KindInteraction)
)
