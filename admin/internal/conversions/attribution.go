package conversions

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
WHERE s.site_id = $1 AND s.goal_id = 0 AND s.occurred_at >= $2 AND s.occurred_at < $3
ORDER BY s.id, k.n`

// modelSums adds up what each model gives to each name.
type modelSums struct {
	models []attribution.Model
	parts  map[string]map[attribution.Model]*modelSum
	direct figure
}

type modelSum struct {
	sales  float64
	values amounts
}

// Models shares the sales of local days among the clicks before them, by every model.
func Models(ctx context.Context, q Querier, site int64, ask Ask, by string) (*ModelReport, error) {
	name := "k.source"
	if by == ByCampaign {
		name = "coalesce(nullif(k.campaign, ''), k.campaign_id)"
	}
	var zone string
	for zone = range ask.Zones { // there is one
	}
	from, to, err := stretch{zone, ask.From, ask.To}.bounds()
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, fmt.Sprintf(selectPaths, name), site, from, to)
	if err != nil {
		return nil, fmt.Errorf("read paths of sales: %w", err)
	}
	sums := modelSums{models: attribution.Models(), parts: map[string]map[attribution.Model]*modelSum{}}
	var r pathRow
	var path []pathRow
	_, err = pgx.ForEachRow(rows, []any{&r.sale, &r.sold, &r.amount, &r.currency, &r.clickedAt, &r.name}, func() error {
		if len(path) > 0 && path[0].sale != r.sale {
			sums.add(path)
			path = path[:0]
		}
		path = append(path, r)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read paths of sales: %w", err)
	}
	if len(path) > 0 {
		sums.add(path)
	}
	return sums.view(ask, by), nil
}

// add shares one sale.
func (s *modelSums) add(path []pathRow) {
	sale := path[0]
	if sale.name == nil {
		s.direct.add(1, sale.currency, strconv.FormatInt(sale.amount, 10))
		return
	}
	times := make([]time.Time, len(path))
	for i, click := range path {
		times[i] = *click.clickedAt
	}
	for _, model := range s.models {
		weights := model.Weights(times, sale.sold)
		shares := attribution.Share(sale.amount, weights)
		for i, click := range path {
			of := s.of(*click.name, model)
			of.sales += weights[i]
			of.values.add(sale.currency, strconv.FormatInt(shares[i], 10))
		}
	}
}

func (s *modelSums) of(name string, model attribution.Model) *modelSum {
	if s.parts[name] == nil {
		s.parts[name] = map[attribution.Model]*modelSum{}
	}
	if s.parts[name][model] == nil {
		s.parts[name][model] = &modelSum{values: amounts{}}
	}
	return s.parts[name][model]
}

// view shows those with most sales by the last click first.
func (s *modelSums) view(ask Ask, by string) *ModelReport {
	r := &ModelReport{From: ask.From.Format(time.DateOnly), To: ask.To.Format(time.DateOnly), By: by, Rows: []Shares{}, Direct: s.direct.view()}
	for name, parts := range s.parts {
		row := Shares{Name: name, Models: map[string]ModelShare{}}
		for model, part := range parts {
			row.Models[string(model)] = ModelShare{strconv.FormatFloat(part.sales, 'f', 4, 64), part.values.view()}
		}
		r.Rows = append(r.Rows, row)
	}
	slices.SortFunc(r.Rows, func(a, b Shares) int {
		x, y := s.parts[a.Name][attribution.LastClick].sales, s.parts[b.Name][attribution.LastClick].sales
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return r
}
