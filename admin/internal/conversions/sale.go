package conversions

import (
	"context"
	"errors"
	"time"
)

// ErrUnknownSale is a sale that there is not, or that is somebody else's.
var ErrUnknownSale = errors.New("no such sale")

// SaleWay is a sale with its way as far as it went on its own, and the conversions that were made of it.
type SaleWay struct {
	SaleID           string     `json:"sale_id" example:"23"`
	WorkspaceID      string     `json:"workspace_id" example:"17"`
	SiteID           string     `json:"site_id" example:"3"`
	EventID          string     `json:"event_id" example:"0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11"`
	OrderID          string     `json:"order_id,omitempty" example:"A-1001"`
	GoalID           string     `json:"goal_id,omitempty" doc:"None for a sale." example:"12"`
	Partner          string     `json:"partner,omitempty" example:"awin"`
	Reason           string     `json:"reason,omitempty" enum:"no_action,undecided" doc:"Why there is no conversion; none where there is one." example:"no_action"`
	ReasonWords      string     `json:"reason_words,omitempty" example:"No conversion action is chosen for it"`
	ReasonClass      string     `json:"reason_class,omitempty" enum:"done,later,superseded,dead,customer,ours,gate" example:"gate"`
	SaleValue        string     `json:"sale_value" example:"49.90"`
	SaleCurrency     string     `json:"sale_currency,omitempty" example:"EUR"`
	ClickKind        string     `json:"click_kind,omitempty" enum:"gclid,gbraid,wbraid" example:"gclid"`
	ClickID          string     `json:"click_id,omitempty" doc:"Masked." example:"CjwK…x3Qw"`
	ClickedAt        *time.Time `json:"clicked_at,omitempty" example:"2026-02-27T18:02:11Z"`
	SecondsFromClick *int64     `json:"seconds_from_click,omitempty" doc:"From the click to the sale." example:"142069"`
	Campaign         string     `json:"campaign,omitempty" example:"spring-sale"`
	SoldAt           time.Time  `json:"sold_at" example:"2026-03-01T09:30:00Z"`
	Click            *Click     `json:"click,omitempty" doc:"The last click of Google's; none is known, or only its id."`
	Sale             Sale       `json:"sale"`
	ConversionIDs    []string   `json:"conversion_ids" doc:"Conversions that were made of it." example:"[]"`
}

const selectOneSale = `SELECT ` + saleColumns + ` FROM sales s JOIN sites t ON t.id = s.site_id AND t.state <> 'deleted' WHERE s.id = $1 AND s.workspace_id = $2`

// ScopeOfSale returns whose a sale is, of the workspaces that are given.
func ScopeOfSale(ctx context.Context, q Querier, id int64, workspaces []int64) (workspace, site int64, err error) {
	rows, err := collect[owner](ctx, q, "look up sale", `SELECT s.workspace_id, s.site_id FROM sales s JOIN sites t ON t.id = s.site_id AND t.state <> 'deleted' WHERE s.id = $1 AND s.workspace_id = ANY($2)`, id, workspaces)
	if err != nil {
		return 0, 0, err
	}
	if len(rows) == 0 {
		return 0, 0, ErrUnknownSale
	}
	return rows[0].WorkspaceID, rows[0].SiteID, nil
}

// ReadSale returns a sale of a workspace, whether there are conversions of it or not.
func ReadSale(ctx context.Context, q Querier, workspace, id int64) (*SaleWay, error) {
	rows, err := collect[row](ctx, q, "read sale", selectOneSale, id, workspace)
	if err != nil {
		return nil, err
	}
	sales, err := collect[saleRow](ctx, q, "read sale with click", selectSaleAlone, id)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || len(sales) == 0 {
		return nil, ErrUnknownSale
	}
	v := rows[0].view()
	w := &SaleWay{
		SaleID: v.SaleID, WorkspaceID: v.WorkspaceID, SiteID: v.SiteID, EventID: v.EventID, OrderID: v.OrderID, GoalID: v.GoalID, Partner: v.Partner, Reason: v.Reason, ReasonWords: v.ReasonWords, ReasonClass: v.ReasonClass,
		SaleValue: v.SaleValue, SaleCurrency: v.SaleCurrency, ClickKind: v.ClickKind, ClickID: v.ClickID, ClickedAt: v.ClickedAt, SecondsFromClick: v.SecondsFromClick, Campaign: v.Campaign, SoldAt: v.SoldAt, ConversionIDs: []string{},
	}
	w.Sale, w.Click = sales[0].views()
	if w.Sale.Refunds, err = refundsOf(ctx, q, id); err != nil {
		return nil, err
	}
	return w, w.readConversions(ctx, q, id)
}

func (w *SaleWay) readConversions(ctx context.Context, q Querier, id int64) error {
	type conversion struct{ ID int64 }
	rows, err := collect[conversion](ctx, q, "read conversions of sale", `SELECT id FROM conversions WHERE sale_id = $1 ORDER BY id`, id)
	for _, r := range rows {
		w.ConversionIDs = append(w.ConversionIDs, number(r.ID))
	}
	if len(rows) > 0 {
		w.Reason, w.ReasonWords, w.ReasonClass = "", "", ""
	}
	return err
}
