package clickhouse

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Migrate brings the database that c names up to date, and makes it where it is missing. Without a
// cluster, or on one of a single server, these are plain tables; on a cluster of one shard,
// replicated ones; on a cluster of several shards, a database of its own on each server, and
// Distributed tables over them in the database itself. That last one needs every server.
func (c Config) Migrate(ctx context.Context, files fs.FS, opts MigrateOptions) error {
	if c.Cluster != "" {
		found, err := c.readCluster(ctx, Migrator, c.Cluster)
		if err != nil {
			return err
		}
		if found.shards > 1 {
			return c.migrateShards(ctx, found, files, opts)
		}
		if found.replicas == 1 {
			c.Cluster = ""
		}
	}
	name := c.Cluster
	opts.rewrite = func(statement string) string { return forCluster(statement, name) }
	return c.migrateServer(ctx, files, opts)
}

func (c Config) migrateServer(ctx context.Context, files fs.FS, opts MigrateOptions) error {
	if !opts.DryRun {
		if err := c.EnsureDatabase(ctx); err != nil {
			return err
		}
	}
	return c.with(Migrator, func(conn driver.Conn) error { return Migrate(ctx, conn, files, opts) })
}

// migrateShards migrates each server by itself, without a Keeper's help. Services see a migration
// when all servers have it: the record that they read is written last.
func (c Config) migrateShards(ctx context.Context, on cluster, files fs.FS, opts MigrateOptions) error {
	if on.replicas > 1 {
		opts.rewrite = forReplicas
	}
	steps := []func(server Config) error{
		func(server Config) error { return server.checkSpread(ctx) },
		func(server Config) error { return server.local().migrateServer(ctx, files, opts) },
	}
	if !opts.DryRun {
		name := c.Cluster
		steps = append(steps,
			func(server Config) error { return server.distribute(ctx, name) },
			func(server Config) error { return server.publish(ctx) })
	}
	for _, step := range steps {
		for _, host := range on.hosts {
			server, err := c.at(host)
			if err == nil {
				err = step(server)
			}
			if err != nil {
				return fmt.Errorf("on server %q of cluster %q: %w", host, c.Cluster, server.Explain(err))
			}
		}
	}
	return nil
}

// checkSpread refuses a database that has rows of its own, which Distributed tables would hide.
func (c Config) checkSpread(ctx context.Context) error {
	server := c
	server.Database = "" // it may not be there yet
	var own []string
	err := server.with(Migrator, func(conn driver.Conn) error {
		return conn.QueryRow(ctx, `SELECT groupArray(name) FROM system.tables WHERE database = $1 AND engine LIKE '%MergeTree' AND name != 'schema_migrations'`, c.Database).Scan(&own)
	})
	if err != nil {
		return fmt.Errorf("look for tables: %w", err)
	}
	if len(own) > 0 {
		return fmt.Errorf("database %q has tables that are not spread over shards (%s): give another --clickhouse-database, and copy their rows into it", c.Database, strings.Join(own, ", "))
	}
	return nil
}

// distribute makes a Distributed table for each table of the server's own, anew each time, so that
// it has the same columns; it holds no rows.
func (c Config) distribute(ctx context.Context, name string) error {
	if err := c.EnsureDatabase(ctx); err != nil {
		return err
	}
	return c.with(Migrator, func(conn driver.Conn) error {
		tables, err := c.ownTables(ctx, conn)
		if err != nil {
			return err
		}
		for _, t := range tables {
			err := conn.Exec(ctx, fmt.Sprintf("CREATE OR REPLACE TABLE `%[1]s` AS `%[2]s`.`%[1]s` ENGINE = Distributed(`%[3]s`, `%[2]s`, `%[1]s`, %[4]s)",
				t.name, c.local().Database, name, t.shardingKey()))
			if err != nil {
				return fmt.Errorf("create distributed table %s: %w", t.name, err)
			}
		}
		return nil
	})
}

// table is one that holds rows, with the columns by which they are sorted.
type table struct{ name, sorted string }

// shardingKey keeps rows together that are the same by their order: all rows of a site, or, where
// they are of no site, those that replace one another.
func (t table) shardingKey() string {
	if first, _, _ := strings.Cut(t.sorted, ","); first == "site_id" {
		return first
	}
	return "cityHash64(" + t.sorted + ")"
}

// ownTables lists the tables that hold rows on the server.
func (c Config) ownTables(ctx context.Context, conn driver.Conn) ([]table, error) {
	rows, err := conn.Query(ctx, `SELECT name, sorting_key FROM system.tables WHERE database = $1 AND engine LIKE '%MergeTree' AND name != 'schema_migrations' ORDER BY name`, c.local().Database)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var tables []table
	for rows.Next() {
		var t table
		if err := rows.Scan(&t.name, &t.sorted); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		tables = append(tables, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	return tables, nil
}

// publish copies the server's record of migrations to where services look.
func (c Config) publish(ctx context.Context) error {
	return c.with(Migrator, func(conn driver.Conn) error {
		if err := conn.Exec(ctx, createRecord); err != nil {
			return fmt.Errorf("create table schema_migrations: %w", err)
		}
		err := conn.Exec(ctx, fmt.Sprintf("INSERT INTO schema_migrations SELECT * FROM `%s`.schema_migrations WHERE (version, step) NOT IN (SELECT version, step FROM schema_migrations)", c.local().Database))
		if err != nil {
			return fmt.Errorf("publish migrations: %w", err)
		}
		return nil
	})
}
