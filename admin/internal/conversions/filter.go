package conversions

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Scope is what a caller may see: a workspace, or some of its sites.
type Scope struct {
	Workspace int64
	Sites     []int64 // nil: all of the workspace
}

// Filter chooses conversions. Empty fields choose all.
type Filter struct {
	States      []string // of schema.UploadState, restated, retracted, None
	WithSales   bool     // without States: sales without a conversion, too
	Reason      string
	NeedsPerson bool
	ActionID    string // Google's
	Campaign    string
	ClickKind   string // none: without a click
	From, To    time.Time
	ByState     bool   // From and To are about the last move, not the sale
	Search      string // an order, event, transaction or click id, as a whole
	EventID     string
	OrderID     string
	Adjusted    bool
	After       Place // what comes after it in the list
	Most        int
	Conversions []int64 // these alone

	soldFrom, soldTo time.Time // see narrow
	mappings         []int64   // of the action
}

// Place is where a conversion stands in lists: by time of its sale, newest first. At the same moment sales
// without a conversion come after conversions.
type Place struct {
	SoldAt time.Time
	ID     int64
	Sale   bool // ID is that of a sale without a conversion
}

// ErrCursor is a cursor that no list gave.
var ErrCursor = errors.New("no cursor of this list")

// Cursor writes the place for a caller.
func (p Place) Cursor() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s %d %d", placeWords[p.Sale], p.SoldAt.UnixMicro(), p.ID))
}

var placeWords = map[bool]string{false: "sold", true: "sale"}

// ReadCursor is the other way round; an empty one is the beginning.
func ReadCursor(cursor string) (Place, error) {
	if cursor == "" {
		return Place{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return Place{}, ErrCursor
	}
	var micros, id int64
	word, place, _ := strings.Cut(string(raw), " ")
	if n, err := fmt.Sscanf(place, "%d %d", &micros, &id); err != nil || n != 2 || id <= 0 {
		return Place{}, ErrCursor
	}
	p := Place{time.UnixMicro(micros).UTC(), id, word == placeWords[true]}
	if p.Cursor() != cursor {
		return Place{}, ErrCursor
	}
	return p, nil
}

// clauses collects conditions and their arguments.
type clauses struct {
	texts []string
	args  []any
}

// arg adds an argument and returns how the query names it.
func (c *clauses) arg(v any) string {
	c.args = append(c.args, v)
	return fmt.Sprintf("$%d", len(c.args))
}

// and adds a condition; each %s of it is an argument.
func (c *clauses) and(format string, args ...any) {
	names := make([]any, len(args))
	for i, a := range args {
		names[i] = c.arg(a)
	}
	c.texts = append(c.texts, fmt.Sprintf(format, names...))
}

// planned are the arguments of a query that is planned for them: how often a value is there decides how it is found.
func (c *clauses) planned() []any { return append([]any{pgx.QueryExecModeCacheDescribe}, c.args...) }

func (c *clauses) where() string { return strings.Join(c.texts, "\n  AND ") }

// of begins conditions with what the caller may see; one site is asked for by its own index.
func (s Scope) of(c *clauses, alias string) {
	switch {
	case len(s.Sites) == 1:
		c.and(alias+".site_id = %s", s.Sites[0])
	case s.Sites != nil:
		c.and(alias+".workspace_id = %s", s.Workspace)
		c.and(alias+".site_id = ANY(%s)", s.Sites)
	default:
		c.and(alias+".workspace_id = %s", s.Workspace)
	}
}

// live leaves out sites that are deleted and not erased yet; which, is asked once.
func (s Scope) live(c *clauses) {
	if len(s.Sites) == 1 {
		c.and("EXISTS (SELECT FROM sites t WHERE t.id = %s AND t.state <> 'deleted')", s.Sites[0])
		return
	}
	c.and("c.site_id = ANY(ARRAY(SELECT t.id FROM sites t WHERE t.workspace_id = %s AND t.state <> 'deleted'))", s.Workspace)
}

// conditions are those of the filter but its states and reasons, on conversions c and, where they are about it, its
// sale s.
func (f Filter) conditions(c *clauses, scope Scope) {
	scope.of(c, "c")
	if len(scope.Sites) == 1 { // others of the indexes are by workspace
		c.and("c.workspace_id = %s", scope.Workspace)
	}
	scope.live(c)
	f.times(c)
	f.named(c, scope)
	if f.ActionID != "" {
		c.and("c.mapping_id = ANY(%s)", f.mappings)
	}
	c.equal("s.google_campaign", f.Campaign)
	c.equal("s.event_id", f.EventID)
	c.equal("s.order_id", f.OrderID)
	if f.ofSale() && len(scope.Sites) == 1 {
		c.and("s.site_id = %s", scope.Sites[0])
	}
	c.click("c.click_kind", f.ClickKind)
	if f.Adjusted {
		c.and("EXISTS (SELECT FROM adjustments j WHERE j.conversion_id = c.id)")
	}
}

// ofSale tells whether the filter asks for what the sale alone has.
func (f Filter) ofSale() bool { return f.Campaign+f.EventID+f.OrderID != "" }

// equal adds that a column has a value, unless there is none.
func (c *clauses) equal(column, value string) {
	if value != "" {
		c.and(column+" = %s", value)
	}
}

func (c *clauses) click(column, kind string) {
	switch kind {
	case "":
	case "none":
		c.and(column + " IS NULL")
	default:
		c.equal(column, kind)
	}
}

// between adds the times of the filter.
func (c *clauses) between(column string, f Filter) {
	if !f.From.IsZero() {
		c.and(column+" >= %s", f.From)
	}
	if !f.To.IsZero() {
		c.and(column+" < %s", f.To)
	}
}

func (f Filter) times(c *clauses) {
	column := "c.occurred_at"
	if f.ByState {
		column = "c.state_at"
	}
	c.between(column, f)
	if !f.soldFrom.IsZero() {
		f.timesOfSale(c)
	}
	switch {
	case f.After.Sale:
		c.and("c.occurred_at < %s", f.After.SoldAt)
	case f.After.ID != 0:
		c.and("(c.occurred_at, c.id) < (%s, %s)", f.After.SoldAt, f.After.ID)
	}
}

// timesOfSale says of the sale what is said of the conversion, whose time is the same: by that campaigns are found.
func (f Filter) timesOfSale(c *clauses) {
	c.and("c.occurred_at >= %s AND c.occurred_at < %s", f.soldFrom, f.soldTo)
	from, to := f.soldFrom, f.soldTo
	if !f.ByState && f.From.After(from) {
		from = f.From
	}
	if !f.ByState && !f.To.IsZero() && f.To.Before(to) {
		to = f.To
	}
	c.and("s.occurred_at >= %s AND s.occurred_at < %s", from, to)
	if f.After.ID != 0 {
		c.and("s.occurred_at <= %s", f.After.SoldAt)
	}
}

func (f Filter) named(c *clauses, scope Scope) {
	if f.Conversions != nil {
		c.and("c.id = ANY(%s)", f.Conversions)
	}
	if f.Search != "" {
		search, workspace := c.arg(f.Search), c.arg(scope.Workspace)
		c.texts = append(c.texts, strings.NewReplacer("$search", search, "$workspace", workspace).Replace(`c.id IN (
    SELECT n.id FROM conversions n WHERE n.click_value = $search
    UNION ALL SELECT n.id FROM conversions n WHERE n.workspace_id = $workspace AND n.transaction_id = $search
    UNION ALL SELECT n.id FROM sites w JOIN sales o ON o.site_id = w.id AND o.event_id = $search JOIN conversions n ON n.sale_id = o.id WHERE w.workspace_id = $workspace
    UNION ALL SELECT n.id FROM sites w JOIN sales o ON o.site_id = w.id AND o.order_id = $search AND o.order_id <> '' JOIN conversions n ON n.sale_id = o.id WHERE w.workspace_id = $workspace)`))
	}
}
