package testenv_test

import (
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/clickhouse"
	"noctra/internal/kafka"
	"noctra/internal/postgres"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestMain(m *testing.M) { testenv.Main(m) }

func TestKafka(t *testing.T) {
	config := testenv.Kafka(t)
	client, err := config.Client()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time everything is there already
		if err := kafka.EnsureTopics(t.Context(), client, schema.Topics(4)); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := client.Produce(t.Context(), &kafkago.ProduceRequest{
		Topic: schema.TopicEvents, Partition: 3, RequiredAcks: kafkago.RequireAll,
		Records: kafkago.NewRecordReader(kafkago.Record{Time: time.Now(), Value: kafkago.NewBytes([]byte("hello"))}),
	})
	if err != nil || resp.Error != nil {
		t.Fatalf("produce: %v, %v", err, resp)
	}
	if err := kafka.EnsureTopics(t.Context(), client, schema.Topics(8)); err == nil {
		t.Error("four partitions passed for eight")
	}
}

func TestClickHouseRoles(t *testing.T) {
	config := testenv.EmptyClickHouse(t)
	open := func(role clickhouse.Role) func(statement string) error {
		conn, err := config.Open(role)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return func(statement string) error { return conn.Exec(t.Context(), statement) }
	}
	migrator, writer, reader := open(clickhouse.Migrator), open(clickhouse.Writer), open(clickhouse.Reader)
	allowed := func(name string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused := func(name string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s was not refused", name)
		}
	}
	allowed("create", migrator("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a"))
	allowed("insert", writer("INSERT INTO t VALUES (1)"))
	allowed("select", reader("SELECT * FROM t"))
	refused("create by writer", writer("CREATE TABLE u (a UInt8) ENGINE = MergeTree ORDER BY a"))
	refused("drop by writer", writer("DROP TABLE t"))
	refused("insert by reader", reader("INSERT INTO t VALUES (1)"))
	refused("setting by reader", reader("SELECT 1 SETTINGS max_execution_time = 1000"))
	refused("file by reader", reader("SELECT * FROM file('/etc/passwd', 'LineAsString', 's String')"))
	refused("foreign database by migrator", migrator("CREATE DATABASE elsewhere"))

	config.Addr = "http://default:@" + config.Addr[len("http://"):]
	refused("default", open(clickhouse.Writer)("SELECT 1"))
}

func TestPostgres(t *testing.T) {
	pool, err := testenv.Postgres(t).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var version, fsync string
	if err := pool.QueryRow(t.Context(), "SELECT current_setting('server_version'), current_setting('fsync')").Scan(&version, &fsync); err != nil {
		t.Fatal(err)
	}
	if version[:2] != "18" || fsync != "off" {
		t.Errorf("version %s, fsync %s", version, fsync)
	}
}

// Databases are copies of one that was migrated: they have the schema that services look for, and each
// is on its own.
func TestCopies(t *testing.T) {
	clicks, other := testenv.ClickHouse(t), testenv.ClickHouse(t)
	rows := func(config clickhouse.Config, statement string) (n uint64) {
		t.Helper()
		conn, err := config.Open(clickhouse.Migrator)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if err := clickhouse.CheckSchema(t.Context(), conn, schema.ClickHouse()); err != nil {
			t.Error(err)
		}
		if err := conn.QueryRow(t.Context(), statement).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const elsewhere = `SELECT count() FROM system.tables WHERE database = currentDatabase() AND (create_table_query LIKE '%noctra_template%' OR has(loading_dependencies_database, 'noctra_template'))`
	if n := rows(clicks, elsewhere); n != 0 {
		t.Errorf("%d tables name the template", n)
	}
	conn, err := clicks.Open(clickhouse.Writer)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Exec(t.Context(), "INSERT INTO events (site_id, event_id) VALUES (7, generateUUIDv4())"); err != nil {
		t.Fatal(err)
	}
	for config, want := range map[clickhouse.Config]uint64{clicks: 1, other: 0} {
		for _, table := range []string{"events", "touched"} {
			if n := rows(config, "SELECT count() FROM "+table); n != want {
				t.Errorf("%d rows in %s, want %d", n, table, want)
			}
		}
	}
	pool, err := testenv.Postgres(t).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := postgres.CheckSchema(t.Context(), pool, schema.Postgres()); err != nil {
		t.Error(err)
	}
}
