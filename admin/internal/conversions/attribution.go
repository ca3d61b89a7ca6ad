package conversions

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema/attribution"
)

// Shares is what the models give to one campaign or source.
type Shares struct {
	Name   string                `json:"name" doc:"Of the campaign or source; empty for a click that names none." example:"spring-sale"`
	Models map[string]ModelShare `json:"models" doc:"last_click, first_click, linear, time_decay, position_based." example:"{\"last_click\": {\"sales\": \"12.5000\", \"values\": {\"EUR\": \"623.75\"}}}"`
}

// ModelShare is what one model gives.
type ModelShare struct {
	Sales  string            `json:"sales" doc:"Sales, shared; with four decimals." example:"12.5000"`
	Values map[string]string `json:"values" doc:"By currency; all together they are exactly what was sold." example:"{\"EUR\": \"623.75\"}"`
}

// ModelReport is what the models say side by side about the same sales.
type ModelReport struct {
	From   string   `json:"from" example:"2026-03-01"`
	To     string   `json:"to" example:"2026-03-30"`
	By     string   `json:"by" enum:"campaign,source" example:"campaign"`
	Rows   []Shares `json:"rows"`
	Direct Figure   `json:"direct" doc:"Sales before which no ad click is known."`
}

// pathRow is a click of a sale, or a sale without clicks.
type pathRow struct {
	sale      int64
	sold      time.Time
	amount    int64
	currency  string
	clickedAt *time.Time
	name      *string
}

const selectPaths = `SELECT s.id, s.occurred_at, s.amount, s.currency, k.clicked_at, k.name
FROM sales s LEFT JOIN LATERAL (
  SELECT k.clicked_at, %s AS name, p.n FROM unnest(s.path) WITH ORDINALITY AS p (id, n) JOIN clicks k ON k.id = p.id) k ON true
WHERE s.site_id = $1 AND s.goal_id = 0 AND s.occurred_at >= $2 AND s.occurred_at < $3 AND (s.occurred_at AT TIME ZONE $4)::date BETWEEN $5 AND $6
ORDER BY s.id, k.n`

const selectShares = `SELECT u.name, u.model, u.currency, sum(u.sales) AS sales, sum(u.amount)::text AS amount FROM sale_shares u WHERE %s GROUP BY 1, 2, 3`

// Models shares the sales of local days of one site among the clicks before them, by every model. As
// Reconcile does, it reads sums of days that are not marked, and the sales of those that are.
func Models(ctx context.Context, q Querier, ask Ask, by string) (*ModelReport, error) {
	days, err := markedDays(ctx, q, ask, true)
	if err != nil {
		return nil, err
	}
	shares := attribution.Shares{}
	c := &clauses{}
	c.and("u.site_id = ANY(%s)", ask.sites())
	c.and("u.by IN ('', %s)", by)
	c.unmarked(ask, days)
	type sum struct {
		Name, Model, Currency string
		Sales                 float64
		Amount                string
	}
	sums, err := collect[sum](ctx, q, "read shares of sales", fmt.Sprintf(selectShares, c.where()), c.args...)
	if err != nil {
		return nil, err
	}
	for _, s := range sums {
		amount, ok := new(big.Int).SetString(s.Amount, 10)
		if !ok {
			return nil, fmt.Errorf("read shares of sales: %q is no amount", s.Amount)
		}
		shares.Add(attribution.ShareKey{Name: s.Name, Model: attribution.Model(s.Model), Currency: s.Currency}, s.Sales, amount)
	}
	for _, d := range days {
		if err := d.share(ctx, q, by, shares); err != nil {
			return nil, err
		}
	}
	return modelReport(shares, ask, by), nil
}

// share reads the sales of marked days.
func (m marked) share(ctx context.Context, q Querier, by string, shares attribution.Shares) error {
	name := "k.source"
	if by == ByCampaign {
		name = "coalesce(nullif(k.campaign, ''), k.campaign_id)"
	}
	from, to, err := m.bounds()
	if err != nil {
		return err
	}
	rows, err := q.Query(ctx, fmt.Sprintf(selectPaths, name), m.SiteID, from.Add(-mostShift), to.Add(mostShift), m.Zone, m.First, m.Last)
	if err != nil {
		return fmt.Errorf("read paths of sales: %w", err)
	}
	var r, sale pathRow
	var path []attribution.Touch
	_, err = pgx.ForEachRow(rows, []any{&r.sale, &r.sold, &r.amount, &r.currency, &r.clickedAt, &r.name}, func() error {
		if sale.sale != 0 && sale.sale != r.sale {
			shares.Sale(path, sale.sold, sale.amount, sale.currency)
			path = path[:0]
		}
		sale = r
		if r.name != nil {
			path = append(path, attribution.Touch{Name: *r.name, At: *r.clickedAt})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read paths of sales: %w", err)
	}
	if sale.sale != 0 {
		shares.Sale(path, sale.sold, sale.amount, sale.currency)
	}
	return nil
}

// modelReport shows those with most sales by the last click first.
func modelReport(shares attribution.Shares, ask Ask, by string) *ModelReport {
	r := &ModelReport{From: ask.From.Format(time.DateOnly), To: ask.To.Format(time.DateOnly), By: by, Rows: []Shares{}}
	direct := figure{values: amounts{}}
	sales := map[string]map[attribution.Model]float64{}
	values := map[string]map[attribution.Model]amounts{}
	for key, part := range shares {
		if key.Model == "" {
			direct.add(int64(math.Round(part.Sales)), key.Currency, part.Amount.String())
			continue
		}
		if sales[key.Name] == nil {
			sales[key.Name], values[key.Name] = map[attribution.Model]float64{}, map[attribution.Model]amounts{}
		}
		if values[key.Name][key.Model] == nil {
			values[key.Name][key.Model] = amounts{}
		}
		sales[key.Name][key.Model] += part.Sales
		values[key.Name][key.Model].add(key.Currency, part.Amount.String())
	}
	for name := range sales {
		row := Shares{Name: name, Models: map[string]ModelShare{}}
		for model, n := range sales[name] {
			row.Models[string(model)] = ModelShare{strconv.FormatFloat(n, 'f', 4, 64), values[name][model].view()}
		}
		r.Rows = append(r.Rows, row)
	}
	r.Direct = direct.view()
	slices.SortFunc(r.Rows, func(a, b Shares) int {
		return cmp.Or(cmp.Compare(sales[b.Name][attribution.LastClick], sales[a.Name][attribution.LastClick]), cmp.Compare(a.Name, b.Name))
	})
	return r
}
