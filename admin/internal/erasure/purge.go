package erasure

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// kept are tables that name sites and workspaces by number and outlive them: the audit, receipts, and
// evidence of retention.
func kept() []string {
	return []string{"audit", "erasures", "erasure_sites", "erasure_blocks", "retention_log"}
}

// purge deletes rows of a table and everything that belongs to them, as the database itself says: a
// table that a later version adds is not forgotten. It returns how many rows each table had.
func purge(ctx context.Context, tx pgx.Tx, table, named string, ids []int64) (map[string]uint64, error) {
	p := purger{tx: tx, gone: map[string]uint64{}}
	if table == "sites" {
		if err := p.leaveKeys(ctx, ids); err != nil {
			return nil, err
		}
	}
	others, err := p.others(ctx, table, named)
	if err != nil {
		return nil, err
	}
	if err := p.rows(ctx, table, "id", ids); err != nil {
		return nil, err
	}
	for _, other := range others { // those without a reference
		if err := p.delete(ctx, other, named, ids); err != nil {
			return nil, err
		}
	}
	return p.gone, nil
}

type purger struct {
	tx   pgx.Tx
	gone map[string]uint64
}

// others are the tables that name the site or workspace.
func (p *purger) others(ctx context.Context, table, named string) ([]string, error) {
	all, err := p.strings(ctx, `SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.column_name = $1 AND c.table_name <> ALL($2) ORDER BY 1`, named, kept())
	if err != nil {
		return nil, fmt.Errorf("list tables of %s: %w", table, err)
	}
	return all, nil
}

// keysOfSites are keys that stand for no other sites.
const keysOfSites = `cardinality(site_ids) > 0 AND site_ids <@ $1`

// leaveKeys takes sites out of the keys that stand for several; a key of one alone goes with it.
func (p *purger) leaveKeys(ctx context.Context, sites []int64) error {
	tag, err := p.tx.Exec(ctx, `DELETE FROM server_keys WHERE `+keysOfSites, sites)
	if err != nil {
		return fmt.Errorf("delete server keys: %w", err)
	}
	p.gone["server_keys"] += uint64(tag.RowsAffected())
	_, err = p.tx.Exec(ctx, `UPDATE server_keys SET site_ids = ARRAY(SELECT id FROM unnest(site_ids) AS id WHERE id <> ALL($1)) WHERE site_ids && $1`, sites)
	if err != nil {
		return fmt.Errorf("take sites out of server keys: %w", err)
	}
	return nil
}

// reference is a column of another table that points at a column of this one.
type reference struct{ table, column, target string }

// rows deletes rows and, before them, what points at them. References that the database sets to null
// stay its own business.
func (p *purger) rows(ctx context.Context, table, column string, ids []int64) error {
	refs, err := p.references(ctx, table)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if ref.table == table {
			continue
		}
		rows, err := p.tx.Query(ctx, fmt.Sprintf(`SELECT DISTINCT %s::bigint FROM %s WHERE %s = ANY($1)`, name(ref.target), name(table), name(column)), ids)
		if err != nil {
			return fmt.Errorf("read rows of %s: %w", table, err)
		}
		targets, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return fmt.Errorf("read rows of %s: %w", table, err)
		}
		if len(targets) == 0 {
			continue
		}
		if err := p.rows(ctx, ref.table, ref.column, targets); err != nil {
			return err
		}
	}
	return p.delete(ctx, table, column, ids)
}

// references lists columns that point at a table by a number.
func (p *purger) references(ctx context.Context, table string) ([]reference, error) {
	rows, err := p.tx.Query(ctx, `SELECT c.conrelid::regclass::text, a.attname::text, f.attname::text FROM pg_constraint c
		CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (own, other)
		JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own
		JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = k.other
		WHERE c.contype = 'f' AND c.confdeltype NOT IN ('n', 'd') AND c.confrelid = $1::regclass AND f.atttypid IN ('int8'::regtype, 'int4'::regtype)
			AND (cardinality(c.conkey) = 1 OR f.attname = 'id') ORDER BY 1, 2`, table)
	if err != nil {
		return nil, fmt.Errorf("list what points at %s: %w", table, err)
	}
	refs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r reference, err error) {
		return r, row.Scan(&r.table, &r.column, &r.target)
	})
	if err != nil {
		return nil, fmt.Errorf("list what points at %s: %w", table, err)
	}
	if table == "conversions" { // a trigger keeps these (schema/postgres/00023)
		refs = append(refs, reference{"upload_history", "conversion_id", "id"}, reference{"upload_rows", "conversion_id", "id"})
	}
	return slices.DeleteFunc(refs, func(r reference) bool { return slices.Contains(kept(), r.table) }), nil
}

func (p *purger) delete(ctx context.Context, table, column string, ids []int64) error {
	tag, err := p.tx.Exec(ctx, fmt.Sprintf(`DELETE FROM %s WHERE %s = ANY($1)`, name(table), name(column)), ids)
	if err != nil {
		return fmt.Errorf("delete from %s: %w", table, err)
	}
	p.gone[table] += uint64(tag.RowsAffected())
	return nil
}

func (p *purger) strings(ctx context.Context, sql string, args ...any) ([]string, error) {
	rows, err := p.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func name(s string) string { return pgx.Identifier{s}.Sanitize() }
