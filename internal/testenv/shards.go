package testenv

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"testing"

	"noctra/internal/clickhouse"
	"noctra/internal/engines"
	"noctra/schema"
)

// Shards is a ClickHouse cluster of two shards, each a server, with a database of the test's own.
// Its configuration names the first server.
type Shards struct {
	clickhouse.Config
	engines []*engine
}

const shardCount = 2

// ClickHouseShards returns a cluster with the product's schema. The database is dropped at the end
// of the test.
func ClickHouseShards(t testing.TB) Shards {
	t.Helper()
	var s Shards
	for shard := range shardCount {
		found, err := shared.shard(shard)
		if err == nil {
			err = shared.paths.CheckClickHouse()
		}
		if err != nil {
			t.Fatalf("clickhouse shards for tests: %v", err)
		}
		s.engines = append(s.engines, found)
	}
	s.Config = clickHouseConfig(0, ownDatabase())
	s.Addr, s.Cluster = shardAddr(0), "noctra"
	t.Cleanup(func() {
		for shard := range shardCount {
			dropDatabase(t, s.On(shard))
			dropDatabase(t, s.Local(shard))
		}
	})
	if err := s.Migrate(t.Context(), schema.ClickHouse(), clickhouse.MigrateOptions{}); err != nil {
		t.Fatalf("clickhouse shards for tests: %v", err)
	}
	return s
}

// On returns the cluster's database as one server shows it.
func (s Shards) On(shard int) clickhouse.Config {
	config := s.Config
	config.Addr = shardAddr(shard)
	return config
}

// Local returns the tables that one server keeps itself.
func (s Shards) Local(shard int) clickhouse.Config {
	config := s.On(shard)
	config.Database += "_local"
	config.Cluster = ""
	return config
}

// Kill ends a server with SIGKILL; it stays away until Start. Tests that use it run alone.
func (s Shards) Kill(shard int) { s.engines[shard].child.Kill() }

// Start starts a server again that has ended, and waits until it answers.
func (s Shards) Start(shard int) error {
	select {
	case <-s.engines[shard].child.Exited():
		return s.engines[shard].run()
	default:
		return nil
	}
}

// StartAll starts every server that has ended.
func (s Shards) StartAll() error {
	for shard := range s.engines {
		if err := s.Start(shard); err != nil {
			return err
		}
	}
	return nil
}

// shard returns a server of the cluster. They share a port, as servers of a cluster do, on loopback
// addresses of their own.
func (e *environment) shard(shard int) (*engine, error) {
	if err := e.shardPorts(); err != nil {
		return nil, err
	}
	addresses := make([]string, shardCount)
	for i := range addresses {
		addresses[i] = net.JoinHostPort(shardHost(i), strconv.Itoa(e.ports[1+i]))
	}
	return e.get(fmt.Sprintf("clickhouse-%d", shard+1),
		func(int) any {
			return engines.ClickHouse{Library: e.paths.ClickHouse, Dir: filepath.Join(e.dir, fmt.Sprintf("clickhouse-%d", shard+1)), Host: shardHost(shard),
				HTTPPort: e.ports[0], TCPPort: e.ports[1+shard], Shards: addresses, Memory: 1 << 30, Secrets: e.secrets()}
		},
		func(ctx context.Context, _ int) error {
			config := clickHouseConfig(0, "noctra")
			config.Addr = shardAddr(shard)
			return config.EnsureDatabase(ctx)
		})
}

func (e *environment) shardPorts() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ports != nil {
		return nil
	}
	ports, err := engines.FreePorts(1 + shardCount)
	e.ports = ports
	return err
}

func shardHost(shard int) string { return "127.0.0." + strconv.Itoa(shard+1) }

func shardAddr(shard int) string {
	return "http://" + net.JoinHostPort(shardHost(shard), strconv.Itoa(shared.ports[0]))
}
