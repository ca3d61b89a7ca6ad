// Package layouts keeps in Postgres over how many partitions of noctra.events ids are spread.
//
// What a layout means stands in schema; here rows are read and added. It makes no partitions: who
// adds a layout makes them before.
package layouts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
)

// Querier is a pool or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Beginner begins transactions.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Read returns all layouts; none where they are not made yet.
func Read(ctx context.Context, q Querier) (schema.Layouts, error) {
	rows, err := q.Query(ctx, `SELECT partitions, sites_from, ids_from FROM event_layouts ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read event_layouts: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l schema.Layout, err error) {
		var site int64
		var from time.Time
		err = row.Scan(&l.Partitions, &site, &from)
		l.SitesFrom, l.IDsFrom = schema.SiteID(site), schema.MillisOf(from)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("read event_layouts: %w", err)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}

// Begin makes the first layout, for all sites and ids, unless there is one.
func Begin(ctx context.Context, db Beginner, partitions int) error {
	return change(ctx, db, func(tx pgx.Tx, all schema.Layouts) error {
		if len(all) > 0 {
			return nil
		}
		return insert(ctx, tx, schema.Layout{Partitions: partitions})
	})
}

// Errors of Add.
var (
	ErrNone  = errors.New("the number of partitions is not kept yet: run `noctra migrate up`")
	ErrFewer = errors.New("there are as many partitions already, and fewer cannot be: events of before would be looked for in other partitions")
)

// Add adds a layout for the sites that are made from now on and for UUIDv7 ids of that time and
// later, and returns it. Whoever reads sites and layouts in one transaction knows no such site
// without it: while it is added, none is made.
func Add(ctx context.Context, db Beginner, partitions int, idsFrom time.Time) (added schema.Layout, err error) {
	err = change(ctx, db, func(tx pgx.Tx, all schema.Layouts) error {
		switch {
		case len(all) == 0:
			return ErrNone
		case partitions <= all.Partitions():
			return ErrFewer
		}
		var last int64
		if err := tx.QueryRow(ctx, `SELECT greatest((SELECT coalesce(max(id), 0) FROM sites), (SELECT last_value FROM sites_id_seq))`).Scan(&last); err != nil {
			return fmt.Errorf("read the newest site: %w", err)
		}
		added = schema.Layout{Partitions: partitions, SitesFrom: schema.SiteID(last + 1), IDsFrom: max(schema.MillisOf(idsFrom), all[len(all)-1].IDsFrom)}
		return insert(ctx, tx, added)
	})
	return added, err
}

// change calls do while nobody else changes layouts or makes sites.
func change(ctx context.Context, db Beginner, do func(tx pgx.Tx, all schema.Layouts) error) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE event_layouts, sites IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return fmt.Errorf("lock sites: %w", err)
		}
		all, err := Read(ctx, tx)
		if err != nil {
			return err
		}
		return do(tx, all)
	})
	if err != nil {
		return fmt.Errorf("change event_layouts: %w", err)
	}
	return nil
}

func insert(ctx context.Context, tx pgx.Tx, l schema.Layout) error {
	_, err := tx.Exec(ctx, `INSERT INTO event_layouts (partitions, sites_from, ids_from) VALUES ($1, $2, $3)`, l.Partitions, int64(l.SitesFrom), l.IDsFrom.Time())
	if err != nil {
		return fmt.Errorf("insert layout: %w", err)
	}
	return nil
}
