package schema

import (
	"embed"
	"io/fs"
)

//go:embed clickhouse postgres
var migrations embed.FS

// ClickHouseMigrations returns the files NNNN_name.sql for ClickHouse, at the root.
func ClickHouseMigrations() fs.FS { return sub("clickhouse") }

// PostgresMigrations returns the files NNNNN_name.sql for Postgres, at the root.
func PostgresMigrations() fs.FS { return sub("postgres") }

func sub(dir string) fs.FS {
	files, err := fs.Sub(migrations, dir)
	if err != nil {
		// Only an invalid path makes Sub fail, and the paths are constants.
		panic(err)
	}
	return files
}
