package testenv

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/internal/clickhouse"
	"noctra/internal/postgres"
	"noctra/schema"
)

// template is the name of the database in which migrations ran once. Those of tests are copies of it:
// migrating each would take most of the time of a test.
const template = "noctra_template"

// templates are made when they are first asked for. Nothing connects to that of Postgres afterwards, as
// Postgres does not copy a database that is in use.
type templates struct {
	postgres, clickHouse       sync.Once
	postgresErr, clickHouseErr error
}

var migrated templates

func (m *templates) postgresTemplate(port int) error {
	m.postgres.Do(func() {
		ctx := context.Background() // it outlives the test that is the first to ask
		m.postgresErr = execPostgres(ctx, postgresConfig(port, "noctra"), "CREATE DATABASE "+template)
		if m.postgresErr == nil {
			m.postgresErr = postgres.Migrate(ctx, postgresConfig(port, template), schema.Postgres(), postgres.MigrateOptions{})
		}
	})
	return m.postgresErr
}

// clickHouseTemplate makes the database that is copied, on the server of config.
func (m *templates) clickHouseTemplate(config clickhouse.Config) error {
	m.clickHouse.Do(func() {
		config.Database = template
		m.clickHouseErr = config.Migrate(context.Background(), schema.ClickHouse(), clickhouse.MigrateOptions{})
	})
	return m.clickHouseErr
}

// copyClickHouse makes every table of the template in a database that is empty, with the rows that the
// migrations themselves made.
func copyClickHouse(ctx context.Context, conn driver.Conn, name string) error {
	rows, err := conn.Query(ctx, `SELECT name, create_table_query, ifNull(total_rows, 0) FROM system.tables WHERE database = $1 ORDER BY engine LIKE '%View', name`, template)
	if err != nil {
		return fmt.Errorf("list tables of the template: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var statements, fill []string
	for rows.Next() {
		var table, create string
		var filled uint64
		if err := rows.Scan(&table, &create, &filled); err != nil {
			return fmt.Errorf("list tables of the template: %w", err)
		}
		statements = append(statements, strings.ReplaceAll(create, template+".", name+"."))
		if filled > 0 {
			fill = append(fill, fmt.Sprintf("INSERT INTO %[2]s.%[3]s SELECT * FROM %[1]s.%[3]s", template, name, table))
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list tables of the template: %w", err)
	}
	for _, statement := range append(statements, fill...) {
		if err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("copy the template: %.80s: %w", statement, err)
		}
	}
	return nil
}
