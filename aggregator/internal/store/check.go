package store

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"noctra/aggregator/internal/columns"
	"noctra/internal/clickhouse"
)

// Altered says that tables are not as this version made them, and what puts them right.
type Altered struct {
	Problems []string // each with a statement
	ViewGone bool     // rows came in without their share in touched
}

func (a *Altered) Error() string {
	return "clickhouse has tables that were altered by hand; nothing is inserted until that is put right: " + strings.Join(a.Problems, "; ")
}

const (
	touchedView = "touched_by_events"
	touchedSQL  = `SELECT site_id, toStartOfHour(occurred_at) AS hour, max(inserted_at) AS at FROM %sevents GROUP BY site_id, hour`
	timeType    = "DateTime64(3, 'UTC')"
)

// need is a column and its type.
type need struct{ table, name, kind string }

func needs(events []columns.Entry) []need {
	all := []need{
		{"events", "inserted_at", timeType}, {"touched", "site_id", "UInt64"}, {"touched", "hour", "DateTime('UTC')"},
		{"touched", "at", "SimpleAggregateFunction(max, " + timeType + ")"},
	}
	for _, e := range events {
		all = append(all, need{"events", e.Name, e.Type})
	}
	return all
}

// tablesSQL lists columns and tables, and the database that they are in: this one, or, where its tables
// are spread over shards, that with the server's own.
const tablesSQL = `WITH currentDatabase() || if((SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'events' AND engine = 'Distributed') > 0, '` + clickhouse.LocalSuffix + `', '') AS place
SELECT table, name, type FROM system.columns WHERE database = place AND table IN ('events', 'touched')
UNION ALL SELECT name, '', engine FROM system.tables WHERE database = place AND name IN ('events', 'touched', '` + touchedView + `')
UNION ALL SELECT '', '', place FORMAT TabSeparatedRaw`

// Check compares the tables with the columns that are inserted. altered is nil where all is right;
// columns beyond those do no harm. Of shards it looks at the server's own.
func (s *Store) Check(ctx context.Context, events []columns.Entry) (altered *Altered, err error) {
	answer, err := s.query(ctx, tablesSQL)
	if err != nil {
		return nil, fmt.Errorf("check tables: %w", err)
	}
	found := map[[2]string]string{}
	for line := range strings.Lines(string(answer)) {
		if parts := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(parts) == 3 {
			found[[2]string{parts[0], parts[1]}] = parts[2]
		}
	}
	in := ""
	if place := found[[2]string{}]; place != s.database {
		in = place + "."
	}
	a := &Altered{}
	for _, table := range []string{"events", "touched"} {
		if found[[2]string{table, ""}] == "" {
			a.add("table %s%s is missing: restore it, or make it anew as schema/clickhouse does, and it begins empty", in, table)
		}
	}
	for _, n := range needs(events) {
		switch kind, ok := found[[2]string{n.table, n.name}]; {
		case found[[2]string{n.table, ""}] == "" || kind == n.kind:
		case !ok:
			a.add("column %[1]s of table %[2]s is missing: ALTER TABLE %[2]s ADD COLUMN %[1]s %[3]s", n.name, in+n.table, n.kind)
		default:
			a.add("column %[1]s of table %[2]s is %[3]s: ALTER TABLE %[2]s MODIFY COLUMN %[1]s %[4]s", n.name, in+n.table, kind, n.kind)
		}
	}
	if found[[2]string{touchedView, ""}] == "" {
		a.ViewGone = true
		a.add("view %[1]s%[2]s is missing: CREATE MATERIALIZED VIEW %[1]s%[2]s TO %[1]stouched AS %[3]s", in, touchedView, fmt.Sprintf(touchedSQL, in))
	}
	if len(a.Problems) == 0 {
		return nil, nil //nolint:nilnil // nothing is altered
	}
	return a, nil
}

func (a *Altered) add(format string, args ...any) {
	a.Problems = append(a.Problems, fmt.Sprintf(format, args...))
}

// MendAll makes touched right for every stored row.
func (s *Store) MendAll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, recallLimit)
	defer cancel()
	body, err := s.post(ctx, url.Values{"wait_end_of_query": {"1"}}, "text/plain", strings.NewReader("INSERT INTO touched (site_id, hour, at) "+fmt.Sprintf(touchedSQL, "")+" SETTINGS insert_deduplicate = 0, async_insert = 0"))
	if err != nil {
		return fmt.Errorf("mend all hours: %w", err)
	}
	return body.Close()
}
