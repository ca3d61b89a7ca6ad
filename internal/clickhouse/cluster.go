package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// LocalSuffix is added to the name of the database for the one that holds a shard's own tables.
// The database itself then has Distributed tables of the same names, which services use.
const LocalSuffix = "_local"

// cluster is what a server knows of the cluster that c names.
type cluster struct {
	hosts    []string // every server, the shards in order
	shards   int
	replicas int // the most of one shard
}

// readCluster asks the server of c, as role, for the cluster of that name.
func (c Config) readCluster(ctx context.Context, role Role, name string) (found cluster, err error) {
	server := c
	server.Database = "" // it may not be there yet
	conn, err := server.Open(role)
	if err != nil {
		return found, err
	}
	defer func() { _ = conn.Close() }()
	rows, err := conn.Query(ctx, "SELECT host_name, shard_num, count() OVER (PARTITION BY shard_num) FROM system.clusters WHERE cluster = $1 ORDER BY shard_num, replica_num", name)
	if err != nil {
		return found, fmt.Errorf("read servers of cluster %q: %w", name, c.Explain(err))
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var host string
		var shard uint32
		var replicas uint64
		if err := rows.Scan(&host, &shard, &replicas); err != nil {
			return found, fmt.Errorf("read servers of cluster %q: %w", name, err)
		}
		found.hosts = append(found.hosts, host)
		found.shards, found.replicas = int(shard), max(found.replicas, int(replicas))
	}
	if err := rows.Err(); err != nil {
		return found, fmt.Errorf("read servers of cluster %q: %w", name, err)
	}
	if len(found.hosts) == 0 {
		return found, fmt.Errorf("clickhouse knows no cluster %q: add it to remote_servers in its configuration", name)
	}
	return found, nil
}

// at is c on another server of its cluster. All servers have the HTTP port of --clickhouse.
func (c Config) at(host string) (Config, error) {
	u, err := c.parseAddr()
	if err != nil {
		return c, err
	}
	u.Host = net.JoinHostPort(host, u.Port())
	c.Addr, c.Cluster = u.String(), ""
	return c, nil
}

// local is c on the tables that a server of a cluster of shards keeps itself.
func (c Config) local() Config {
	c.Database += LocalSuffix
	return c
}

// EachServer calls do with the tables that hold rows: those of the database itself, or, where it is
// spread over shards, those of each server of the cluster in turn. It goes on with the others when
// one fails. Statements that Distributed tables do not know, like DELETE, are made this way.
func (c Config) EachServer(ctx context.Context, role Role, do func(context.Context, driver.Conn) error) error {
	name, err := c.spreadOver(ctx, role)
	if err != nil {
		return err
	}
	if name == "" {
		return c.with(role, func(conn driver.Conn) error { return do(ctx, conn) })
	}
	found, err := c.readCluster(ctx, role, name)
	if err != nil {
		return err
	}
	var errs []error
	for _, host := range found.hosts {
		server, err := c.at(host)
		if err == nil {
			err = server.local().with(role, func(conn driver.Conn) error { return do(ctx, conn) })
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("on clickhouse server %q: %w", host, server.Explain(err)))
		}
	}
	return errors.Join(errs...)
}

// spreadOver returns the cluster over whose shards the database is spread, "" if it is not.
func (c Config) spreadOver(ctx context.Context, role Role) (name string, err error) {
	err = c.with(role, func(conn driver.Conn) error {
		return conn.QueryRow(ctx, `SELECT anyLast(extract(engine_full, '^Distributed\\(\'([^\']+)\'')) FROM system.tables
			WHERE database = currentDatabase() AND engine = 'Distributed'`).Scan(&name)
	})
	if err != nil {
		return "", fmt.Errorf("look for distributed tables: %w", err)
	}
	return name, nil
}

// with lends do a connection.
func (c Config) with(role Role, do func(driver.Conn) error) error {
	conn, err := c.Open(role)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return do(conn)
}
