package erasure

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/admin/internal/store"
	"noctra/internal/clickhouse"
	"noctra/internal/pseudonym"
)

// Look finds what a request would erase, and changes nothing.
func Look(ctx context.Context, q *store.Queries, conn Conn, r Request) (all []Found, err error) {
	sites, err := q.SitesForErasure(ctx, store.SitesForErasureParams{WorkspaceID: r.Workspace, Site: r.Site})
	if err != nil {
		return nil, fmt.Errorf("list sites to erase: %w", err)
	}
	if len(sites) == 0 && r.Scope() != Workspace {
		return nil, ErrNoSites
	}
	for _, s := range sites {
		if r.Subject == nil {
			for _, table := range siteTables() {
				n, err := count(ctx, conn, table, fmt.Sprintf("site_id = %d", s.ID))
				if err != nil {
					return nil, fmt.Errorf("%w: %w", ErrLook, err)
				}
				all = append(all, Found{Store: "clickhouse", Table: table, Site: number(s.ID), Rows: n})
			}
			continue
		}
		b, err := r.block(s.ID, s.IdentityKey)
		if err != nil {
			return nil, err
		}
		p := &person{site: s.ID, keys: pseudonym.ErasureKeysOf(s.IdentityKey)}
		p.of(b)
		found, err := p.look(ctx, conn)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrLook, err)
		}
		all = append(all, found...)
	}
	return all, nil
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
