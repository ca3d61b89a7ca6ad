// Package schema is the language that all services share: what an event is, how ids, money and
// times are written, how an event travels through Kafka, which topics there are, and the SQL
// that makes the tables of ClickHouse (clickhouse/) and Postgres (postgres/).
//
// It holds no behaviour of a service and opens no connection. It imports the standard library
// alone, so every part of the product can depend on it and it depends on none.
package schema

import (
	"embed"
	"io/fs"
)

//go:embed all:clickhouse
var clickhouseFiles embed.FS

//go:embed all:postgres
var postgresFiles embed.FS

// ClickHouse returns the ClickHouse migrations, files NNNN_name.sql in the order of their names.
func ClickHouse() fs.FS { return mustSub(clickhouseFiles, "clickhouse") }

// Postgres returns the Postgres migrations, goose files NNNNN_name.sql.
func Postgres() fs.FS { return mustSub(postgresFiles, "postgres") }

// AppendOnly are the tables of Postgres that services only read and add to.
func AppendOnly() []string { return []string{"audit", "audit_people", "audit_private"} }

func mustSub(files embed.FS, dir string) fs.FS {
	sub, err := fs.Sub(files, dir)
	if err != nil {
		panic("schema: embedded folder " + dir + ": " + err.Error()) // a build without the folder does not compile
	}
	return sub
}
