package admin

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"noctra/admin/internal/conversions"
)

// InConversionFilter chooses conversions.
type InConversionFilter struct {
	State       []string  `query:"state" enum:"waiting,ready,sending,received,accepted,rejected,unknown,held,superseded,restated,retracted,none" doc:"One or several, with commas. accepted includes restated and retracted; none are sales of which no conversion was made."`
	Include     string    `query:"include" enum:"sales" doc:"sales: without state, sales of which no conversion was made as well."`
	Reason      string    `query:"reason" maxLength:"100" doc:"A code, as the list shows it: of a ready one also what keeps its connection, action or workspace."`
	Needs       string    `query:"needs" enum:"person" doc:"person: those about which somebody has to do something."`
	ActionID    string    `query:"action_id" maxLength:"20" doc:"Google's number of the conversion action."`
	Campaign    string    `query:"campaign" maxLength:"1000"`
	ClickKind   string    `query:"click_kind" enum:"gclid,gbraid,wbraid,none"`
	From        time.Time `query:"from" doc:"RFC 3339; not before."`
	To          time.Time `query:"to" doc:"RFC 3339; before."`
	By          string    `query:"by" enum:"sale,state" default:"sale" doc:"What from and to are about: the time of the sale, or of the last move."`
	Search      string    `query:"search" maxLength:"1000" doc:"An order, event, transaction or click id, as a whole."`
	EventID     string    `query:"event_id" maxLength:"64"`
	OrderID     string    `query:"order_id" maxLength:"200"`
	Adjustments bool      `query:"adjustments" doc:"Those alone that have adjustments."`
}

type conversionsInput struct {
	InOwner
	InConversionFilter
	Format string `query:"format" enum:"json,csv" doc:"As Accept says, if left out. csv has all of them, without cursor."`
	Accept string `header:"Accept" doc:"text/csv for CSV."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Entries of an answer at most." example:"100"`
	Cursor string `query:"cursor" maxLength:"200" doc:"next_cursor of the answer before."`
}

type countsInput struct {
	InOwner
	InConversionFilter
	Part []string `query:"part" enum:"all,needs_person,held,open,none" doc:"One or several, with commas; all of them by default."`
}

type countsOutput struct{ Body *conversions.Counts }

// ConversionsPage is a page of the list.
type ConversionsPage struct {
	Conversions []conversions.Conversion `json:"conversions"`
	NextCursor  string                   `json:"next_cursor,omitempty" doc:"There are older ones; ask for them with it." example:"c29sZCAxNzcyMzU3NDAwMDAwMDAwIDE3"`
}

// csvPage is how many conversions are read at a time for a file.
const csvPage = 5000

func (in *InConversionFilter) filter() conversions.Filter {
	return conversions.Filter{
		States: in.State, WithSales: in.Include == "sales", Reason: textual(in.Reason), NeedsPerson: in.Needs == "person", ActionID: textual(in.ActionID), Campaign: textual(in.Campaign), ClickKind: in.ClickKind, From: in.From, To: in.To,
		ByState: in.By == "state", Search: textual(strings.TrimSpace(in.Search)), EventID: textual(in.EventID), OrderID: textual(in.OrderID), Adjusted: in.Adjustments,
	}
}

// countConversions answers how many there are of each part that is often asked for.
func (s *Service) countConversions(ctx context.Context, in *countsInput) (*countsOutput, error) {
	scope, err := s.scope(ctx, in.InOwner)
	if err != nil {
		return nil, err
	}
	counts, err := conversions.Count(ctx, s.pool, scope, in.filter(), in.Part)
	return &countsOutput{counts}, err
}

func (in *conversionsInput) csv() bool {
	return in.Format == "csv" || in.Format == "" && strings.HasPrefix(strings.TrimSpace(in.Accept), "text/csv")
}

// listConversions answers a page as JSON, or all of them as CSV.
func (s *Service) listConversions(ctx context.Context, in *conversionsInput) (*huma.StreamResponse, error) {
	scope, err := s.scope(ctx, in.InOwner)
	if err != nil {
		return nil, err
	}
	f := in.filter()
	f.Most = in.Limit
	if f.After, err = conversions.ReadCursor(in.Cursor); err != nil {
		return nil, ofConversions(err)
	}
	if in.csv() {
		f.Most = csvPage
	}
	first, more, err := conversions.List(ctx, s.pool, scope, f)
	if err != nil {
		return nil, err
	}
	if !in.csv() {
		page := ConversionsPage{Conversions: first}
		if more != nil {
			page.NextCursor = more.Cursor()
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", "application/json")
			_ = json.NewEncoder(c.BodyWriter()).Encode(page) // the client may be gone
		}}, nil
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "text/csv; charset=utf-8")
		c.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="conversions-%s.csv"`, s.now().UTC().Format(time.DateOnly)))
		out := bufio.NewWriter(c.BodyWriter())
		err := writeConversions(out, first, more, func(after conversions.Place) ([]conversions.Conversion, *conversions.Place, error) {
			f.After = after
			return conversions.List(c.Context(), s.pool, scope, f)
		})
		s.endStream(c.Context(), "list of conversions broke off", err, out)
	}}, nil
}

type nextConversions func(after conversions.Place) ([]conversions.Conversion, *conversions.Place, error)

func writeConversions(w io.Writer, page []conversions.Conversion, more *conversions.Place, next nextConversions) error {
	out := csv.NewWriter(w)
	err := out.Write([]string{"id", "site_id", "event_id", "order_id", "transaction_id", "action_id", "action_name", "sold_at", "sale_value", "sale_currency", "value", "currency", "google_value", "google_currency",
		"click_kind", "click_id", "clicked_at", "seconds_from_click", "campaign", "state", "reason", "reason_words", "state_at", "next_at", "adjustments", "sale_id"})
	for err == nil {
		for _, v := range page {
			if err = out.Write(conversionCells(v)); err != nil {
				return err
			}
		}
		out.Flush()
		if err = out.Error(); err != nil || more == nil {
			break
		}
		page, more, err = next(*more)
	}
	return err
}

func conversionCells(v conversions.Conversion) []string {
	when := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.Format(time.RFC3339)
	}
	or := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	seconds := ""
	if v.SecondsFromClick != nil {
		seconds = strconv.FormatInt(*v.SecondsFromClick, 10)
	}
	cells := []string{v.ID, v.SiteID, v.EventID, v.OrderID, v.TransactionID, v.ActionID, v.ActionName, v.SoldAt.Format(time.RFC3339), v.SaleValue, v.SaleCurrency, or(v.Value), v.Currency, or(v.GoogleValue), v.GoogleCurrency,
		v.ClickKind, v.ClickID, when(v.ClickedAt), seconds, v.Campaign, v.DisplayState, v.Reason, v.ReasonWords, v.StateAt.Format(time.RFC3339), when(v.NextAt), strconv.Itoa(v.Adjustments), v.SaleID}
	for i, cell := range cells {
		if !strings.HasPrefix(cell, "-") { // amounts may be negative
			cells[i] = harmless(cell)
		}
	}
	return cells
}

// describeConversions says what the list answers, as it is written piece by piece.
func describeConversions(all huma.Registry, r route, op *huma.Operation) {
	if r.name == "list-conversions" {
		op.Responses["200"].Content["application/json"] = &huma.MediaType{Schema: all.Schema(reflect.TypeFor[ConversionsPage](), true, "ConversionsPage")}
	}
}
