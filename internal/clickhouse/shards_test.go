package clickhouse_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"

	"noctra/internal/clickhouse"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// ask returns the one text that a query answers.
func ask(t *testing.T, config clickhouse.Config, role clickhouse.Role, query string) string {
	t.Helper()
	conn := openAs(t, config, role)
	var text string
	if err := conn.QueryRow(t.Context(), "SELECT toString(("+query+"))").Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}

func openAs(t *testing.T, config clickhouse.Config, role clickhouse.Role) driver.Conn {
	t.Helper()
	conn, err := config.Open(role)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// TestRowsGoToTheirShard writes and reads by either server: a site's rows lie on one of them, with
// what views make of them, and every server shows all.
func TestRowsGoToTheirShard(t *testing.T) {
	shards := testenv.ClickHouseShards(t)
	for i := range 2 {
		conn := openAs(t, shards.On(i), clickhouse.Writer)
		insert := fmt.Sprintf("INSERT INTO events (site_id, event_id, kind, occurred_at) SELECT number, 'e%d', 'sale', now() FROM numbers(10)", i)
		if err := conn.Exec(t.Context(), insert); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 {
		for _, table := range []string{"events", "touched"} {
			got := ask(t, shards.Local(i), clickhouse.Writer, "SELECT arraySort(groupUniqArray(site_id)) FROM "+table)
			if want := []string{"[0,2,4,6,8]", "[1,3,5,7,9]"}[i]; got != want {
				t.Errorf("shard %d has %s of sites %s, want %s", i, table, got, want)
			}
			if got := ask(t, shards.On(i), clickhouse.Reader, "SELECT uniqExact(site_id) FROM "+table); got != "10" {
				t.Errorf("server %d shows %s of %s sites", i, table, got)
			}
		}
		if err := clickhouse.CheckSchema(t.Context(), openAs(t, shards.On(i), clickhouse.Writer), schema.ClickHouse()); err != nil {
			t.Errorf("server %d: %v", i, err)
		}
	}
	var deleted []string
	err := shards.EachServer(t.Context(), clickhouse.Writer, func(ctx context.Context, conn driver.Conn) error {
		var host string
		if err := conn.QueryRow(ctx, "SELECT toString(count()) FROM events").Scan(&host); err != nil {
			return err
		}
		deleted = append(deleted, host)
		return conn.Exec(ctx, "DELETE FROM events WHERE event_id = 'e1'")
	})
	if diff := cmp.Diff([]string{"10", "10"}, deleted); diff != "" || err != nil {
		t.Errorf("each server: %v\n%s", err, diff)
	}
	if got := ask(t, shards.Config, clickhouse.Reader, "SELECT count() FROM events"); got != "10" {
		t.Errorf("%s of 20 events are left", got)
	}
}

// TestMigrationNeedsEveryServer adds a column while one server is away: services are told that it is
// missing until all servers have it.
func TestMigrationNeedsEveryServer(t *testing.T) {
	shards := testenv.ClickHouseShards(t)
	shards.Database = strings.Replace(shards.Database, "test", "test_more", 1)
	t.Cleanup(func() {
		for i := range 2 {
			for _, config := range []clickhouse.Config{shards.On(i), shards.Local(i)} {
				_ = openAs(t, config, clickhouse.Migrator).Exec(context.Background(), "DROP DATABASE "+config.Database+" SYNC")
			}
		}
	})
	files := fstest.MapFS{"0001_a.sql": {Data: []byte("CREATE TABLE IF NOT EXISTS a (site_id UInt64) ENGINE = MergeTree ORDER BY site_id;\n")}}
	migrate := func() error { return shards.Migrate(t.Context(), files, clickhouse.MigrateOptions{}) }
	if err := migrate(); err != nil {
		t.Fatal(err)
	}
	files["0002_b.sql"] = &fstest.MapFile{Data: []byte("ALTER TABLE a ADD COLUMN IF NOT EXISTS b String;\n")}
	shards.Kill(1)
	err := migrate()
	reader := openAs(t, shards.Config, clickhouse.Reader)
	var n uint64
	ownErr := reader.QueryRow(t.Context(), "SELECT count() FROM a WHERE site_id = 2").Scan(&n)
	otherErr := reader.QueryRow(t.Context(), "SELECT count() FROM a WHERE site_id = 1").Scan(&n)
	if startErr := shards.Start(1); startErr != nil {
		t.Fatal(startErr)
	}
	if ownErr != nil || otherErr == nil {
		t.Errorf("without a shard, sites of the other one: %v; its own: %v", ownErr, otherErr)
	}
	if err == nil || !strings.Contains(err.Error(), `on server "127.0.0.2" of cluster "noctra"`) {
		t.Errorf("migration without a server: %v", err)
	}
	if err := clickhouse.CheckSchema(t.Context(), openAs(t, shards.On(0), clickhouse.Writer), files); err == nil || !strings.Contains(err.Error(), "lacks migration 0002_b") {
		t.Errorf("check after half a migration: %v", err)
	}
	for range 2 {
		if err := migrate(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 {
		if err := clickhouse.CheckSchema(t.Context(), openAs(t, shards.On(i), clickhouse.Writer), files); err != nil {
			t.Errorf("server %d: %v", i, err)
		}
		if got := ask(t, shards.On(i), clickhouse.Writer, "SELECT groupArray(name) FROM system.columns WHERE database = currentDatabase() AND table = 'a'"); got != "['site_id','b']" {
			t.Errorf("server %d shows columns %s", i, got)
		}
	}
}

// TestShardsAreRefused meets databases and clusters that cannot be spread.
func TestShardsAreRefused(t *testing.T) {
	shards := testenv.ClickHouseShards(t)
	migrate := func(config clickhouse.Config, text string) error {
		return config.Migrate(t.Context(), fstest.MapFS{"0001_a.sql": {Data: []byte(text)}}, clickhouse.MigrateOptions{})
	}
	local := shards.Local(0)
	local.Cluster = shards.Cluster
	if err := migrate(local, "SELECT 1;\n"); err == nil || !strings.Contains(err.Error(), "has tables that are not spread over shards (erased, events, ") {
		t.Errorf("database with tables: %v", err)
	}
	unknown := shards.Config
	unknown.Cluster = "elsewhere"
	if err := migrate(unknown, "SELECT 1;\n"); err == nil || !strings.Contains(err.Error(), `knows no cluster "elsewhere"`) {
		t.Errorf("unknown cluster: %v", err)
	}
}
