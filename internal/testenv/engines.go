package testenv

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/clickhouse"
	"noctra/internal/engines"
	"noctra/internal/kafka"
	"noctra/internal/postgres"
	"noctra/internal/secrets"
	"noctra/schema"
)

// Kafka returns a broker without topics of the caller's: make them with kafka.EnsureTopics,
// and give topics and groups names of the test's own where tests run beside each other.
func Kafka(t testing.TB) kafka.Config {
	t.Helper()
	config := func(port int) kafka.Config { return kafka.Config{Brokers: []string{local(port)}} }
	found, err := shared.get("kafka",
		func(port int) any { return engines.Kafka{Dir: filepath.Join(shared.dir, "kafka"), Port: port} },
		func(ctx context.Context, port int) error {
			client, err := config(port).Client()
			if err != nil {
				return err
			}
			defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
			_, err = client.Metadata(ctx, &kafkago.MetadataRequest{})
			return err
		})
	if err != nil {
		t.Fatalf("kafka for tests: %v", err)
	}
	return config(found.port)
}

// ClickHouse returns a database of the caller's own with the product's schema. It is dropped
// at the end of the test.
func ClickHouse(t testing.TB) clickhouse.Config {
	t.Helper()
	config := EmptyClickHouse(t)
	conn, err := config.Open(clickhouse.Migrator)
	if err != nil {
		t.Fatalf("clickhouse for tests: %v", err)
	}
	defer func() { _ = conn.Close() }()
	if err = migrated.clickHouseTemplate(config); err == nil {
		err = copyClickHouse(t.Context(), conn, config.Database)
	}
	if err != nil {
		t.Fatalf("clickhouse for tests: %v", err)
	}
	return config
}

// EmptyClickHouse returns an empty database of the caller's own, dropped at the end.
func EmptyClickHouse(t testing.TB) clickhouse.Config {
	t.Helper()
	found, err := shared.get("clickhouse",
		func(port int) any {
			return engines.ClickHouse{Library: shared.paths.ClickHouse, Dir: filepath.Join(shared.dir, "clickhouse"),
				HTTPPort: port, Memory: 2 << 30, Secrets: shared.secrets(), Unsynced: true}
		},
		func(ctx context.Context, port int) error { return clickHouseConfig(port, "noctra").EnsureDatabase(ctx) })
	if err == nil {
		err = shared.paths.CheckClickHouse()
	}
	if err != nil {
		t.Fatalf("clickhouse for tests: %v", err)
	}
	config := clickHouseConfig(found.port, ownDatabase())
	if err := config.EnsureDatabase(t.Context()); err != nil {
		t.Fatalf("clickhouse for tests: %v", err)
	}
	t.Cleanup(func() { dropDatabase(t, config) })
	return config
}

func ownDatabase() string { return "noctra_test_" + strings.ToLower(rand.Text()[:12]) }

func dropDatabase(t testing.TB, config clickhouse.Config) {
	conn, err := config.Open(clickhouse.Migrator)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Exec(context.Background(), "DROP DATABASE IF EXISTS "+config.Database+" SYNC"); err != nil {
		t.Logf("drop database of the test: %v", err)
	}
}

func clickHouseConfig(port int, database string) clickhouse.Config {
	file := func(role string) string { return filepath.Join(shared.secrets(), "clickhouse_"+role) }
	return clickhouse.Config{
		Addr: "http://" + local(port), Database: database,
		WriterUser: "noctra_writer", WriterPasswordFile: file("writer"),
		ReaderUser: "noctra_reader", ReaderPasswordFile: file("reader"),
		MigratorUser: "noctra_migrator", MigratorPasswordFile: file("migrator"),
	}
}

// Postgres returns a database of the caller's own with the product's schema. It is dropped at
// the end of the test.
func Postgres(t testing.TB) postgres.Config {
	t.Helper()
	port := postgresServer(t)
	if err := migrated.postgresTemplate(port); err != nil {
		t.Fatalf("postgres for tests: %v", err)
	}
	return ownPostgres(t, port, template)
}

// EmptyPostgres returns an empty database of the caller's own, dropped at the end.
func EmptyPostgres(t testing.TB) postgres.Config {
	t.Helper()
	return ownPostgres(t, postgresServer(t), "template1")
}

// postgresServer returns the port of the server.
func postgresServer(t testing.TB) int {
	t.Helper()
	found, err := shared.get("postgres",
		func(port int) any {
			return engines.Postgres{Programs: shared.paths.Postgres, Dir: filepath.Join(cmp.Or(shared.quick, shared.dir), "postgres"), Port: port, Secrets: shared.secrets(), Unsynced: true}
		},
		func(ctx context.Context, port int) error {
			return execPostgres(ctx, postgresConfig(port, "noctra"), "SELECT 1")
		})
	if err == nil {
		err = shared.paths.CheckPostgres()
	}
	if err != nil {
		t.Fatalf("postgres for tests: %v", err)
	}
	return found.port
}

// ownPostgres makes a database of the test's own as a copy of another.
func ownPostgres(t testing.TB, port int, from string) postgres.Config {
	t.Helper()
	name := ownDatabase()
	if err := execPostgres(t.Context(), postgresConfig(port, "noctra"), "CREATE DATABASE "+name+" TEMPLATE "+from); err != nil {
		t.Fatalf("postgres for tests: %v", err)
	}
	t.Cleanup(func() {
		if err := execPostgres(context.Background(), postgresConfig(port, "noctra"), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Logf("drop database of the test: %v", err)
		}
	})
	return postgresConfig(port, name)
}

// PostgresService is Postgres, together with the configuration of the user as which services connect.
func PostgresService(t testing.TB) (owner, service postgres.Config) {
	t.Helper()
	owner = Postgres(t)
	err := postgres.Grant(t.Context(), owner, postgres.Grants{Role: engines.PostgresService, AppendOnly: schema.AppendOnly(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("postgres for tests: %v", err)
	}
	service = owner
	service.URL = strings.Replace(owner.URL, "//noctra@", "//"+engines.PostgresService+"@", 1)
	service.PasswordFile += "_service"
	return owner, service
}

func execPostgres(ctx context.Context, config postgres.Config, statement string) error {
	pool, err := config.Open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pool.Exec(ctx, statement)
	return err
}

func postgresConfig(port int, database string) postgres.Config {
	address := url.URL{Scheme: "postgres", User: url.User("noctra"), Host: local(port), Path: "/" + database, RawQuery: "sslmode=disable"}
	return postgres.Config{URL: address.String(), PasswordFile: filepath.Join(shared.secrets(), "postgres")}
}

// CountryFile returns the path of the country database that the product comes with.
func CountryFile(t testing.TB) string {
	t.Helper()
	paths, err := engines.Find("")
	if err == nil {
		_, err = os.Stat(paths.Country)
	}
	if err != nil {
		t.Fatalf("country database for tests: %v", err)
	}
	return paths.Country
}

// Secret returns the content of a password file that one of the configurations names.
func Secret(t testing.TB, path string) string {
	t.Helper()
	secret, err := secrets.ReadFile(path)
	if err != nil {
		t.Fatal(fmt.Errorf("secret for tests: %w", err))
	}
	return secret
}

func local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
