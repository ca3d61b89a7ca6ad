package clickhouse

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestSplitStatements(t *testing.T) {
	got := splitStatements("-- head\nCREATE TABLE a (x String) -- tail\nENGINE = Memory;\n\n  -- between; \nINSERT INTO a VALUES (';x');\nSELECT 1\n")
	want := []string{"CREATE TABLE a (x String) -- tail\nENGINE = Memory", "INSERT INTO a VALUES (';x')", "SELECT 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestForCluster(t *testing.T) {
	for in, want := range map[string]string{
		"CREATE TABLE IF NOT EXISTS events (a UInt8) ENGINE = MergeTree ORDER BY a": "CREATE TABLE IF NOT EXISTS events ON CLUSTER `c` (a UInt8) ENGINE = ReplicatedMergeTree ORDER BY a",
		"create table t (a UInt8) engine = SummingMergeTree order by a":             "create table t ON CLUSTER `c` (a UInt8) ENGINE = ReplicatedSummingMergeTree order by a",
		"CREATE MATERIALIZED VIEW IF NOT EXISTS touched_mv TO touched AS SELECT 1":  "CREATE MATERIALIZED VIEW IF NOT EXISTS touched_mv ON CLUSTER `c` TO touched AS SELECT 1",
		"ALTER TABLE events ADD COLUMN b UInt8":                                     "ALTER TABLE events ON CLUSTER `c` ADD COLUMN b UInt8",
		"DROP TABLE IF EXISTS old":                                                  "DROP TABLE IF EXISTS old ON CLUSTER `c`",
		"INSERT INTO a SELECT 'CREATE TABLE x'":                                     "INSERT INTO a SELECT 'CREATE TABLE x'",
	} {
		if got := forCluster(in, "c"); got != want {
			t.Errorf("forCluster(%q)\n got %q\nwant %q", in, got, want)
		}
		if got := forCluster(in, ""); got != in {
			t.Errorf("forCluster without a cluster changed %q", in)
		}
	}
}

func TestForReplicas(t *testing.T) {
	for in, want := range map[string]string{
		"CREATE TABLE a (a UInt8)\nENGINE = AggregatingMergeTree\nORDER BY a": "CREATE TABLE a (a UInt8)\nENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')\nORDER BY a",
		"ALTER TABLE a ADD COLUMN b UInt8":                                    "ALTER TABLE a ADD COLUMN b UInt8",
		"CREATE TABLE a (a UInt8) ENGINE = ReplacingMergeTree(at) ORDER BY a": "CREATE TABLE a (a UInt8) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', at) ORDER BY a",
		createRecord: createRecord,
	} {
		if got := forReplicas(in); got != want {
			t.Errorf("forReplicas(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestReadMigrations(t *testing.T) {
	check := func(name, wantErr string, files ...string) {
		t.Helper()
		fsys := fstest.MapFS{"README.md": {Data: []byte("x")}}
		for _, f := range files {
			fsys[f] = &fstest.MapFile{Data: []byte("SELECT 1;\nSELECT 2;\n")}
		}
		got, err := readMigrations(fsys)
		if wantErr != "" {
			if err == nil || !strings.Contains(err.Error(), wantErr) {
				t.Errorf("%s: error %v, want %q", name, err, wantErr)
			}
			return
		}
		if err != nil || len(got) != len(files) {
			t.Errorf("%s: %d migrations, error %v", name, len(got), err)
		}
	}
	check("none", "")
	check("two", "", "0001_a.sql", "0002_b.sql")
	check("gap", "", "0001_a.sql", "0010_b.sql")
	check("twice", "has the number of 0001_a", "0001_a.sql", "0001_b.sql")
	check("name", "is not named", "1_a.sql")
}
