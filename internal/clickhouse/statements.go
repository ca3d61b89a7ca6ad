package clickhouse

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
)

// migration is one file: NNNN_name.sql.
type migration struct {
	version    uint32
	name       string // file name without the ending
	checksum   string // of the whole file
	statements []string
}

var fileName = regexp.MustCompile(`^([0-9]{4})_[a-z0-9_]+\.sql$`)

// readMigrations returns the migrations of files, which hold them at the root, in order of
// their versions. A version stands once; gaps between versions are allowed.
func readMigrations(files fs.FS) ([]migration, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("list clickhouse migrations: %w", err)
	}
	var all []migration
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".sql") {
			continue
		}
		m := fileName.FindStringSubmatch(e.Name())
		if m == nil {
			return nil, fmt.Errorf("clickhouse migration %q is not named NNNN_name.sql", e.Name())
		}
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return nil, fmt.Errorf("read clickhouse migration: %w", err)
		}
		version, _ := strconv.ParseUint(m[1], 10, 32)
		if len(all) > 0 && all[len(all)-1].version == uint32(version) {
			return nil, fmt.Errorf("clickhouse migration %q has the number of %s", e.Name(), all[len(all)-1].name)
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{
			version:    uint32(version),
			name:       strings.TrimSuffix(e.Name(), ".sql"),
			checksum:   hex.EncodeToString(sum[:]),
			statements: splitStatements(string(text)),
		})
	}
	return all, nil
}

// splitStatements cuts text at semicolons that end a line, and leaves out lines that are
// comments as a whole. A semicolon within a line stays part of its statement.
func splitStatements(text string) []string {
	var all []string
	var current []string
	flush := func() {
		if s := strings.TrimSpace(strings.Join(current, "\n")); s != "" {
			all = append(all, s)
		}
		current = nil
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if strings.HasPrefix(strings.TrimLeft(line, " \t"), "--") {
			continue
		}
		body, ended := strings.CutSuffix(line, ";")
		current = append(current, body)
		if ended {
			flush()
		}
	}
	flush()
	return all
}

var (
	ddlTarget = regexp.MustCompile("(?i)^((?:CREATE|ATTACH)\\s+(?:OR\\s+REPLACE\\s+)?(?:TABLE|VIEW|MATERIALIZED\\s+VIEW|DICTIONARY)\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?[`\\w.]+" +
		"|ALTER\\s+TABLE\\s+[`\\w.]+|(?:DROP|TRUNCATE|DETACH)\\s+(?:TABLE|VIEW|DICTIONARY)\\s+(?:IF\\s+EXISTS\\s+)?[`\\w.]+)")
	engineName = regexp.MustCompile(`(?i)\bENGINE\s*=\s*((?:Replacing|Summing|Aggregating|Collapsing|VersionedCollapsing)?MergeTree)\b`)
	engineWith = regexp.MustCompile(engineName.String() + `(?:\(([^()]*)\))?`)
)

// forCluster makes a statement written for a single server run on every server of cluster,
// with replicated tables. Without a cluster it comes back as it is.
func forCluster(statement, cluster string) string {
	if cluster == "" {
		return statement
	}
	statement = ddlTarget.ReplaceAllString(statement, "${1}"+onCluster(cluster))
	return engineName.ReplaceAllString(statement, "ENGINE = Replicated${1}")
}

// forReplicas makes a statement, which runs on each server by itself, make a replicated table. Its
// place in Keeper has the server's macros shard and replica, which names it on every server alike.
// Each server's record of its migrations is its own.
func forReplicas(statement string) string {
	if statement == createRecord {
		return statement
	}
	return engineWith.ReplaceAllStringFunc(statement, func(engine string) string {
		parts := engineWith.FindStringSubmatch(engine)
		parameters := "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
		if parts[2] != "" {
			parameters += ", " + parts[2]
		}
		return "ENGINE = Replicated" + parts[1] + "(" + parameters + ")"
	})
}

func onCluster(cluster string) string {
	if cluster == "" {
		return ""
	}
	return " ON CLUSTER `" + cluster + "`"
}
