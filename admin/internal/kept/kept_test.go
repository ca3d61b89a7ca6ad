package kept

import (
	"context"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/clickhouse"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// found are the rows of a question to either database.
type found interface {
	Next() bool
	Scan(into ...any) error
}

// names reads one column of text.
func names(t *testing.T, rows found, err error) (all []string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	return all
}

// The statement names every table of both databases and every topic, and nothing that there is not; each
// has words, and how long ClickHouse keeps something is what the tables say.
func TestNothingIsForgotten(t *testing.T) {
	conn, err := testenv.ClickHouse(t).Open(clickhouse.Writer)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	statement, err := Read(t.Context(), conn, everyTerm(), time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string][]string{}
	for _, p := range statement.Places {
		said[p.Store] = append(said[p.Store], p.Name)
		if p.Holds == "" || p.Holds == "Not described." || p.Kept == "" || !strings.HasSuffix(p.Kept, ".") || p.Source == "" || !slices.Contains([]string{visitors, accountHolders, requesters, nobody}, p.About) {
			t.Errorf("words are missing: %+v", p)
		}
	}
	pool, err := testenv.Postgres(t).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var topics []string
	for _, topic := range schema.Topics(1) {
		topics = append(topics, topic.Name)
	}
	inPostgres, err := pool.Query(t.Context(), "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
	have := map[string][]string{"kafka": topics, "postgres": names(t, inPostgres, err)}
	inClickHouse, err := conn.Query(t.Context(), "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine NOT IN ('MaterializedView', 'Distributed')")
	have["clickhouse"] = names(t, inClickHouse, err)
	for store, tables := range have {
		slices.Sort(tables)
		slices.Sort(said[store])
		if diff := cmp.Diff(tables, said[store]); diff != "" {
			t.Errorf("%s has (-) and the statement says (+); add the table to words.go:\n%s", store, diff)
		}
	}
	for _, p := range statement.Places {
		if p.Name == "ingestion" && (p.Kept != "90 days." || p.Seconds != 90*86400 || p.Source != "table") {
			t.Errorf("%+v", p)
		}
		if p.Name == schema.TopicDeadLetter && p.Seconds != 30*86400 {
			t.Errorf("%+v", p)
		}
	}
}

// A table whose lifetime was changed by hand is told as it is.
func TestLifetimesAreRead(t *testing.T) {
	config := testenv.ClickHouse(t)
	conn, err := config.Open(clickhouse.Writer)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, statement := range []string{"ALTER TABLE ingestion MODIFY TTL inserted_at + INTERVAL 7 DAY", "ALTER TABLE visits MODIFY TTL day + INTERVAL 1 MONTH"} {
		if err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	statement, err := Read(context.Background(), conn, everyTerm(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range statement.Places {
		switch {
		case p.Name == "ingestion" && p.Kept != "7 days.":
			t.Errorf("%+v", p)
		case p.Name == "visits" && !strings.Contains(p.Kept, "day + toIntervalMonth(1)"):
			t.Errorf("%+v", p)
		}
	}
}

// What the statement says is not kept is in no column of events and no field of a message.
func TestAddressesAreNotKept(t *testing.T) {
	raw, err := os.ReadFile("../../../schema/clickhouse/0001_events.sql")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(?m)^\s+(ip|address|addr|user_agent|agent|email|phone|user_id)\s`).FindString(string(raw)); found != "" {
		t.Errorf("events has a column %s", found)
	}
	event := reflect.TypeFor[schema.Event]()
	for i := range event.NumField() {
		if name := event.Field(i).Name; slices.Contains([]string{"IP", "Addr", "Address", "UserAgent", "Agent", "Email", "Phone", "UserID"}, name) {
			t.Errorf("messages have a field %s", name)
		}
	}
}

func TestLength(t *testing.T) {
	for d, want := range map[time.Duration]string{48 * time.Hour: "2 days", 24 * time.Hour: "1 day", 90 * time.Minute: "90 minutes", time.Hour: "1 hour", 0: "0 seconds", 1500 * time.Millisecond: "1 second"} {
		if got := Length(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

// everyTerm has another length for each.
func everyTerm() (t Terms) {
	v := reflect.ValueOf(&t).Elem()
	for i := range v.NumField() {
		v.Field(i).SetInt(int64(i+1) * int64(time.Hour))
	}
	return t
}
