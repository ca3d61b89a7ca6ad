package erasure

import (
	"context"
	"fmt"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5"

	"noctra/internal/clickhouse"
)

// How far a look counts; it waits for a person who wants to know how much it is.
const (
	mostCounted = 100_000 // rows of a table of Postgres
	mostLooked  = 100_000 // events by whose ids it looks there
)

// counted is what a table has, up to the most.
func counted(table string, n uint64) Found {
	return Found{Store: "postgres", Table: table, Rows: min(n, mostCounted), More: n > mostCounted}
}

// eventIDs are those of a person's events, in part where there are more than most.
func (p *person) eventIDs(ctx context.Context, conn Conn) (ids []string, more bool, err error) {
	err = clickhouse.Each(ctx, conn, fmt.Sprintf("SELECT event_id FROM events WHERE %s LIMIT %d", p.where(), mostLooked+1), func(rows driver.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("read events: %w", err)
	}
	return ids[:min(len(ids), mostLooked)], len(ids) > mostLooked, nil
}

// lookInLedger counts what dropLedger would delete.
func (p *person) lookInLedger(ctx context.Context, tx pgx.Tx, conn Conn) (all []Found, err error) {
	ids, more, err := p.eventIDs(ctx, conn)
	if err != nil {
		return nil, err
	}
	args := append(p.ledgerArgs(ids), mostCounted+1)
	for _, table := range ledgerTables() {
		var n uint64
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM (SELECT FROM "+table+" WHERE "+ledgerWhere(table)+" LIMIT $5) x", args...).Scan(&n); err != nil {
			return nil, fmt.Errorf("count rows of %s: %w", table, err)
		}
		f := counted(table, n)
		f.Site, f.More = number(p.site), f.More || more
		all = append(all, f)
	}
	return all, nil
}

// tree is which rows of which tables purge would delete.
type tree struct {
	purger
	direct string              // names the site or workspace itself
	tables []string            // in order
	wheres map[string][]string // by table; a row goes by any of them
}

// lookInWhole counts what purge would delete.
func lookInWhole(ctx context.Context, tx pgx.Tx, table, named string, ids []int64) (all []Found, err error) {
	t := &tree{purger: purger{tx: tx}, direct: named + " = ANY($1)", wheres: map[string][]string{}}
	others, err := t.others(ctx, table, named)
	if err != nil {
		return nil, err
	}
	if table == "sites" {
		t.add("server_keys", keysOfSites)
	}
	if err := t.grow(ctx, table, "id = ANY($1)", others); err != nil {
		return nil, err
	}
	for _, other := range others {
		t.add(other, t.direct)
	}
	for _, table := range t.tables {
		n, err := t.count(ctx, table, ids)
		if err != nil {
			return nil, err
		}
		all = append(all, counted(table, n))
	}
	return all, nil
}

// lookInWorkspace also counts entries of the audit of which the private part would go.
func lookInWorkspace(ctx context.Context, tx pgx.Tx, workspace int64) ([]Found, error) {
	all, err := lookInWhole(ctx, tx, "workspaces", "workspace_id", []int64{workspace})
	if err != nil {
		return nil, err
	}
	var n uint64
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM (SELECT FROM audit_private WHERE chain = $1 LIMIT $2) x", workspace, mostCounted+1).Scan(&n); err != nil {
		return nil, fmt.Errorf("count rows of audit_private: %w", err)
	}
	return append(all, counted("audit_private", n)), nil
}

// add tells whether these rows of a table are new.
func (t *tree) add(table, where string) bool {
	if slices.Contains(t.wheres[table], where) {
		return false
	}
	if t.wheres[table] == nil {
		t.tables = append(t.tables, table)
	}
	t.wheres[table] = append(t.wheres[table], where)
	return true
}

// grow adds rows of a table, and what points at them. Tables that name the site or workspace themselves have all of
// their rows by that.
func (t *tree) grow(ctx context.Context, table, where string, named []string) error {
	if !t.add(table, where) {
		return nil
	}
	refs, err := t.references(ctx, table)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if ref.table == table {
			continue
		}
		rows := t.direct
		if !slices.Contains(named, ref.table) {
			rows = fmt.Sprintf("%s IN (SELECT %s FROM %s WHERE %s)", name(ref.column), name(ref.target), name(table), where)
		}
		if err := t.grow(ctx, ref.table, rows, named); err != nil {
			return err
		}
	}
	return nil
}

// count counts the rows of a table, up to one more than the most, each once.
func (t *tree) count(ctx context.Context, table string, ids []int64) (n uint64, err error) {
	sql := ""
	for i, where := range t.wheres[table] {
		if i > 0 {
			sql += " UNION "
		}
		sql += fmt.Sprintf("(SELECT ctid FROM %s WHERE %s LIMIT %d)", name(table), where, mostCounted+1)
	}
	if err := t.tx.QueryRow(ctx, "SELECT count(*) FROM ("+sql+") x", ids).Scan(&n); err != nil {
		return 0, fmt.Errorf("count rows of %s: %w", table, err)
	}
	return n, nil
}
