package sums

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema/attribution"
)

const (
	selectPaths = `SELECT s.id, (s.occurred_at AT TIME ZONE $4)::date, s.occurred_at, s.amount, s.currency, k.clicked_at, k.campaign, k.source
FROM sales s LEFT JOIN LATERAL (
  SELECT k.clicked_at, coalesce(nullif(k.campaign, ''), k.campaign_id) AS campaign, k.source, p.n FROM unnest(s.path) WITH ORDINALITY AS p (id, n) JOIN clicks k ON k.id = p.id) k ON true
WHERE s.site_id = $1 AND s.goal_id = 0 AND (s.occurred_at AT TIME ZONE $4)::date BETWEEN $2 AND $3 AND s.occurred_at >= $5 AND s.occurred_at < $6
ORDER BY s.id, k.n`
	deleteShares = `DELETE FROM sale_shares WHERE site_id = $1 AND day BETWEEN $2 AND $3`
	insertShares = `INSERT INTO sale_shares (site_id, day, by, name, model, currency, sales, amount)
SELECT $1, * FROM unnest($2::date[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[], $8::text[]::numeric[])`
)

// What sales are shared among, as sale_shares names it.
const (
	byNothing  = ""
	byCampaign = "campaign"
	bySource   = "source"
)

// shareKey is whose shares are added up.
type shareKey struct {
	day time.Time
	by  string
}

// pathOf is a sale with the clicks before it.
type pathOf struct {
	id                 int64
	day, sold          time.Time
	amount             int64
	currency           string
	campaigns, sources []attribution.Touch
}

type shares map[shareKey]attribution.Shares

func (s shares) add(p *pathOf) {
	for by, path := range map[string][]attribution.Touch{byCampaign: p.campaigns, bySource: p.sources} {
		switch {
		case len(path) > 0:
		case by == bySource:
			continue // is counted once
		default:
			by = byNothing
		}
		key := shareKey{p.day, by}
		if s[key] == nil {
			s[key] = attribution.Shares{}
		}
		s[key].Sale(path, p.sold, p.amount, p.currency)
	}
}

// share adds up again what models give to campaigns and sources on these days.
func (d days) share(ctx context.Context, tx pgx.Tx, site int64, zone string, from, to time.Time) error {
	rows, err := tx.Query(ctx, selectPaths, site, d.first, d.last, zone, from, to)
	if err != nil {
		return err
	}
	all := shares{}
	var r, sale pathOf
	var clickedAt *time.Time
	var campaign, source *string
	_, err = pgx.ForEachRow(rows, []any{&r.id, &r.day, &r.sold, &r.amount, &r.currency, &clickedAt, &campaign, &source}, func() error {
		if r.id != sale.id {
			if sale.id != 0 {
				all.add(&sale)
			}
			campaigns, sources := sale.campaigns[:0], sale.sources[:0]
			sale = r
			sale.campaigns, sale.sources = campaigns, sources
		}
		if campaign != nil {
			sale.campaigns = append(sale.campaigns, attribution.Touch{Name: *campaign, At: *clickedAt})
			sale.sources = append(sale.sources, attribution.Touch{Name: *source, At: *clickedAt})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if sale.id != 0 {
		all.add(&sale)
	}
	return all.write(ctx, tx, site, d)
}

func (s shares) write(ctx context.Context, tx pgx.Tx, site int64, d days) error {
	if _, err := tx.Exec(ctx, deleteShares, site, d.first, d.last); err != nil {
		return err
	}
	var on []time.Time
	var bys, names, models, currencies, amounts []string
	var sales []float64
	for key, of := range s {
		for share, part := range of {
			on, bys, names = append(on, key.day), append(bys, key.by), append(names, share.Name)
			models, currencies = append(models, string(share.Model)), append(currencies, share.Currency)
			sales, amounts = append(sales, part.Sales), append(amounts, part.Amount.String())
		}
	}
	_, err := tx.Exec(ctx, insertShares, site, on, bys, names, models, currencies, sales, amounts)
	return err
}
