package conversions

import (
	"strconv"
	"time"

	"noctra/schema"
)

// States that are shown and not kept.
const (
	Restated  = "restated"  // adjustments changed what Google had accepted
	Retracted = "retracted" // adjustments took it back
	None      = "none"      // a sale of which no conversion was made
)

// Conversion is a sale or goal on its way to an action at Google, as lists show it.
type Conversion struct {
	ID               string     `json:"id" doc:"Empty for a sale without a conversion." example:"17"`
	SaleID           string     `json:"sale_id" doc:"The sale or goal that it was made of; one that goes to two actions is in two conversions." example:"23"`
	WorkspaceID      string     `json:"workspace_id" example:"17"`
	SiteID           string     `json:"site_id" example:"3"`
	EventID          string     `json:"event_id" doc:"Of the sale, as it was sent." example:"0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11"`
	OrderID          string     `json:"order_id,omitempty" example:"A-1001"`
	GoalID           string     `json:"goal_id,omitempty" doc:"None for a sale." example:"12"`
	Partner          string     `json:"partner,omitempty" doc:"Whose postback reported the sale." example:"awin"`
	TransactionID    string     `json:"transaction_id" doc:"By which Google knows it." example:"o-A-1001"`
	ActionID         string     `json:"action_id" doc:"Google's number of the conversion action." example:"7031122334"`
	ActionName       string     `json:"action_name" example:"Purchase"`
	MappingID        string     `json:"mapping_id" doc:"The choice of the action for the site." example:"4"`
	ConnectionID     string     `json:"connection_id" example:"2"`
	State            string     `json:"state" enum:"waiting,ready,sending,received,accepted,rejected,unknown,held,superseded,none" doc:"none: a sale of which no conversion was made; only where it was asked for." example:"accepted"`
	DisplayState     string     `json:"display_state" enum:"waiting,ready,sending,received,accepted,rejected,unknown,held,superseded,restated,retracted,none" doc:"As state; restated and retracted where adjustments changed what Google had accepted." example:"accepted"`
	Reason           string     `json:"reason,omitempty" doc:"Why it is where it is; a code of Noctra's in lower case, or Google's." example:"review"`
	ReasonWords      string     `json:"reason_words,omitempty" example:"A person has to approve it"`
	ReasonClass      string     `json:"reason_class,omitempty" enum:"done,later,superseded,dead,customer,ours,gate" doc:"later: tried again by itself; customer: somebody of the workspace has to do something; gate: a rule of the site keeps it; dead: never taken; ours: a fault of the product." example:"customer"`
	Detail           string     `json:"detail,omitempty" example:"until 2026-03-01T15:30:00Z"`
	StateAt          time.Time  `json:"state_at" doc:"Of the last move." example:"2026-03-01T09:32:00Z"`
	NextAt           *time.Time `json:"next_at,omitempty" doc:"When something happens by itself." example:"2026-03-01T15:30:00Z"`
	Review           string     `json:"review,omitempty" enum:"approved,declined" doc:"What a person decided." example:"approved"`
	Attempts         int        `json:"attempts" example:"1"`
	Value            *string    `json:"value,omitempty" doc:"As it is sent; none for an action without values." example:"49.90"`
	Currency         string     `json:"currency,omitempty" example:"EUR"`
	GoogleValue      *string    `json:"google_value,omitempty" doc:"What Google has by our own record, adjustments included." example:"49.90"`
	GoogleCurrency   string     `json:"google_currency,omitempty" example:"EUR"`
	SaleValue        string     `json:"sale_value" doc:"Of the sale itself." example:"49.90"`
	SaleCurrency     string     `json:"sale_currency,omitempty" example:"EUR"`
	ClickKind        string     `json:"click_kind,omitempty" enum:"gclid,gbraid,wbraid" example:"gclid"`
	ClickID          string     `json:"click_id,omitempty" doc:"Masked." example:"CjwK…x3Qw"`
	ClickedAt        *time.Time `json:"clicked_at,omitempty" example:"2026-02-27T18:02:11Z"`
	SecondsFromClick *int64     `json:"seconds_from_click,omitempty" doc:"From the click to the sale." example:"142069"`
	Campaign         string     `json:"campaign,omitempty" doc:"Of the click: its name, or else its number." example:"spring-sale"`
	SoldAt           time.Time  `json:"sold_at" example:"2026-03-01T09:30:00Z"`
	Adjustments      int        `json:"adjustments" doc:"How many there are." example:"0"`
}

// row is a conversion as Postgres gives it.
type row struct {
	ID             int64 // 0: a sale without a conversion
	SaleID         int64
	WorkspaceID    int64
	SiteID         int64
	EventID        string
	OrderID        string
	GoalID         int64
	Partner        string
	TransactionID  string
	ActionID       string
	ActionName     string
	MappingID      int64
	ConnectionID   int64
	State          string
	Reason         string
	Detail         string
	StateAt        time.Time
	NextAt         *time.Time
	Review         *string
	Attempts       int
	Value          *int64
	Currency       string
	GoogleValue    *int64
	GoogleCurrency *string
	Amount         int64
	SaleCurrency   string
	ClickKind      *string
	ClickValue     *string
	ClickedAt      *time.Time
	Campaign       string
	SoldAt         time.Time
	Retracted      bool
	Adjustments    int
}

func (r row) place() Place {
	if r.State == None {
		return Place{r.SoldAt.UTC(), r.SaleID, true}
	}
	return Place{r.SoldAt.UTC(), r.ID, false}
}

func (r row) view() Conversion {
	v := Conversion{
		ID: number(r.ID), SaleID: number(r.SaleID), WorkspaceID: number(r.WorkspaceID), SiteID: number(r.SiteID), EventID: r.EventID, OrderID: r.OrderID, Partner: r.Partner, TransactionID: r.TransactionID,
		ActionID: r.ActionID, ActionName: r.ActionName, MappingID: number(r.MappingID), ConnectionID: number(r.ConnectionID), State: r.State, DisplayState: r.display(),
		Detail: r.Detail, StateAt: r.StateAt.UTC(), NextAt: utc(r.NextAt), Review: text(r.Review), Attempts: r.Attempts, Value: money(r.Value), Currency: r.Currency,
		GoogleValue: money(r.GoogleValue), GoogleCurrency: text(r.GoogleCurrency), SaleValue: schema.Micros(r.Amount).String(), SaleCurrency: r.SaleCurrency,
		ClickKind: text(r.ClickKind), ClickID: schema.Mask(text(r.ClickValue)), ClickedAt: utc(r.ClickedAt), Campaign: r.Campaign, SoldAt: r.SoldAt.UTC(), Adjustments: r.Adjustments,
	}
	if r.GoalID != 0 {
		v.GoalID = number(r.GoalID)
	}
	if r.State == None {
		v.ID, v.MappingID, v.ConnectionID = "", "", ""
	}
	if r.ClickedAt != nil {
		seconds := int64(r.SoldAt.Sub(*r.ClickedAt) / time.Second)
		v.SecondsFromClick = &seconds
	}
	v.Reason, v.ReasonWords, v.ReasonClass = words(r.Reason)
	return v
}

func (r row) display() string {
	switch {
	case r.State != string(schema.UploadAccepted):
		return r.State
	case r.Retracted:
		return Retracted
	case r.GoogleValue != nil && !same(r.Value, r.GoogleValue):
		return Restated
	}
	return r.State
}

// words says what is known of a code, in three parts; nothing of an empty one.
func words(code string) (reason, sentence, class string) {
	if code == "" {
		return "", "", ""
	}
	known, _ := schema.ReasonOf(code)
	return known.Code, known.Words, string(known.Class)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func money(m *int64) *string {
	if m == nil {
		return nil
	}
	s := schema.Micros(*m).String()
	return &s
}

func same(a, b *int64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
