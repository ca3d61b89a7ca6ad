package erasure

import (
	"context"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/store"
	"noctra/internal/clickhouse"
	"noctra/internal/pseudonym"
)

// Look finds what a request would erase, and changes nothing. Tables of Postgres are those that the receipt will have.
func Look(ctx context.Context, pool *pgxpool.Pool, conn Conn, r Request) (all []Found, err error) {
	sites, err := store.New(pool).SitesForErasure(ctx, store.SitesForErasureParams{WorkspaceID: r.Workspace, Site: r.Site})
	if err != nil {
		return nil, fmt.Errorf("list sites to erase: %w", err)
	}
	if len(sites) == 0 && r.Scope() != Workspace {
		return nil, ErrNoSites
	}
	err = pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, s := range sites {
			found, err := r.lookAt(ctx, tx, conn, s)
			if err != nil {
				return err
			}
			all = append(all, found...)
		}
		var whole []Found
		switch r.Scope() {
		case Site:
			whole, err = lookInWhole(ctx, tx, "sites", "site_id", []int64{sites[0].ID})
		case Workspace:
			whole, err = lookInWorkspace(ctx, tx, r.Workspace)
		}
		all = append(all, whole...)
		return err
	})
	if err != nil && !errors.Is(err, ErrSubject) {
		err = fmt.Errorf("%w: %w", ErrLook, err)
	}
	return all, err
}

// lookAt finds what it would erase of a site: of a person everything, else what ClickHouse has.
func (r Request) lookAt(ctx context.Context, tx pgx.Tx, conn Conn, s store.SitesForErasureRow) (all []Found, err error) {
	if r.Subject == nil {
		for _, table := range siteTables() {
			n, err := count(ctx, conn, table, fmt.Sprintf("site_id = %d", s.ID))
			if err != nil {
				return nil, err
			}
			all = append(all, Found{Store: "clickhouse", Table: table, Site: number(s.ID), Rows: n})
		}
		return all, nil
	}
	b, err := r.block(s.ID, s.IdentityKey)
	if err != nil {
		return nil, err
	}
	p := &person{site: s.ID, keys: pseudonym.ErasureKeysOf(s.IdentityKey)}
	p.of(b)
	if all, err = p.look(ctx, conn); err != nil {
		return nil, err
	}
	ledger, err := p.lookInLedger(ctx, tx, conn)
	return append(all, ledger...), err
}

// look counts what a person has on a site.
func (p *person) look(ctx context.Context, conn Conn) ([]Found, error) {
	if _, err := p.widen(ctx, conn); err != nil {
		return nil, err
	}
	events := Found{Store: "clickhouse", Table: "events", Site: number(p.site)}
	err := clickhouse.Each(ctx, conn, "SELECT count(), sum(byteSize(*)) FROM events WHERE "+p.where(), func(rows driver.Rows) error { return rows.Scan(&events.Rows, &events.Bytes) })
	if err != nil {
		return nil, fmt.Errorf("count events: %w", err)
	}
	all := []Found{events}
	if len(p.visitors) > 0 {
		n, err := count(ctx, conn, "visits", fmt.Sprintf("site_id = %d AND visitor_id IN (%s)", p.site, list(p.visitors)))
		if err != nil {
			return nil, err
		}
		all = append(all, Found{Store: "clickhouse", Table: "visits", Site: number(p.site), Rows: n})
	}
	return all, nil
}
