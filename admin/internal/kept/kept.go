// Package kept says what the product keeps, about whom, where and for how long. Lengths of time are
// read where they are in force (tables of ClickHouse, settings of topics, settings and constants of the
// program), and never written down a second time; words about what a place holds stand here, and a
// test holds them against the tables and topics that there are.
//
// It deletes nothing: that is done by the tables themselves, by the services, and by package retention.
package kept

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/schema"
)

// Place is something that is kept.
type Place struct {
	Store   string `json:"store" enum:"clickhouse,kafka,postgres,disk,outside" doc:"What it stands in." example:"postgres"`
	Name    string `json:"name" doc:"The table, topic or file." example:"sessions"`
	Holds   string `json:"holds" example:"Sign-ins, with address and browser."`
	About   string `json:"about" enum:"visitors,account_holders,requesters,nobody" doc:"Whom it says something about." example:"account_holders"`
	Kept    string `json:"kept" doc:"How long, in words." example:"30 days after the sign-in at most."`
	Seconds int64  `json:"seconds,omitempty" doc:"How long, where it is one length of time." example:"2592000"`
	Source  string `json:"source" enum:"table,topic,setting,program,site,operator" doc:"What decides how long." example:"setting"`
}

// About whom.
const (
	visitors       = "visitors"
	accountHolders = "account_holders"
	requesters     = "requesters"
	nobody         = "nobody"
)

// Absent is something that people ask for and that is not kept.
type Absent struct {
	What string `json:"what" example:"Addresses of visitors"`
	Why  string `json:"why" example:"Used in memory, and in no event."`
}

// Statement is everything.
type Statement struct {
	At      time.Time `json:"at" doc:"When it was read." example:"2026-03-01T09:30:00Z"`
	Places  []Place   `json:"places"`
	NotKept []Absent  `json:"not_kept"`
}

// Terms are lengths of time that the settings and packages of the admin service have in force.
type Terms struct {
	SessionIdle, SessionMax               time.Duration
	SignUp, Links, LinkMemory, MailedLink time.Duration
	Ceremony, Device, Attempts, Deletion  time.Duration
	Mail, Answers, Invitation             time.Duration
	ExportFile, ExportLink, ExportRow     time.Duration
	Sightings                             time.Duration
	Unconfirmed, Closed                   time.Duration // requests
}

// Conn is what reading needs of ClickHouse.
type Conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

// Read makes the statement.
func Read(ctx context.Context, conn Conn, terms Terms, at time.Time) (Statement, error) {
	s := Statement{At: at.UTC(), NotKept: notKept()}
	tables, err := readTables(ctx, conn)
	if err != nil {
		return s, err
	}
	for _, t := range tables {
		s.Places = append(s.Places, t.place())
	}
	for _, topic := range schema.Topics(1) {
		s.Places = append(s.Places, ofTopic(topic))
	}
	s.Places = append(s.Places, inPostgres(terms)...)
	s.Places = append(s.Places, elsewhere(terms)...)
	return s, nil
}

// table is one of ClickHouse, with what it says of itself.
type table struct{ name, ttl string }

// readTables lists the tables that have rows. A database that is spread over shards has them beside it.
func readTables(ctx context.Context, conn Conn) ([]table, error) {
	rows, err := conn.Query(ctx, `SELECT name, anyLast(create_table_query) FROM system.tables
		WHERE database IN (currentDatabase(), concat(currentDatabase(), '_local')) AND endsWith(engine, 'MergeTree') AND NOT startsWith(name, '.')
		GROUP BY name ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("read tables of clickhouse: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []table
	for rows.Next() {
		var t table
		var statement string
		if err := rows.Scan(&t.name, &statement); err != nil {
			return nil, fmt.Errorf("read tables of clickhouse: %w", err)
		}
		t.ttl = ttlOf(statement)
		all = append(all, t)
	}
	return all, rows.Err()
}

var ttlClause = regexp.MustCompile(`(?s) TTL (.+?)(?: SETTINGS .*)?$`)

func ttlOf(statement string) string {
	found := ttlClause.FindStringSubmatch(strings.ReplaceAll(statement, "\n", " "))
	if found == nil {
		return ""
	}
	return strings.TrimSpace(found[1])
}

var wholeDays = regexp.MustCompile(`^\w+ \+ toIntervalDay\((\d+)\)$`)

// place says of a table what it holds and how long.
func (t table) place() Place {
	known, ok := inClickHouse[t.name]
	p := Place{Store: "clickhouse", Name: t.name, Holds: known.holds, About: known.about, Kept: known.kept, Source: known.source}
	if !ok {
		p.Holds, p.Kept, p.About, p.Source = "Not described.", "For ever.", nobody, "operator"
	}
	if t.ttl == "" {
		return p
	}
	own := "Rows go when this is over: " + t.ttl + "."
	if days := wholeDays.FindStringSubmatch(t.ttl); days != nil {
		n, err := strconv.Atoi(days[1])
		if err == nil {
			p.Seconds = int64(n) * int64(24*time.Hour/time.Second)
			own = fmt.Sprintf("%d days.", n)
		}
	}
	p.Source = "table"
	p.Kept = strings.TrimSpace(strings.TrimPrefix(known.kept+" ", "For ever. ") + own)
	return p
}

// ofTopic says of a topic what it holds and how long, as noctra migrate sets it.
func ofTopic(t schema.Topic) Place {
	p := Place{Store: "kafka", Name: t.Name, Source: "topic", Holds: "Not described.", About: nobody, Kept: "For ever."}
	if known, ok := inKafka[t.Name]; ok {
		p.Holds, p.About = known.holds, known.about
	}
	if ms, err := strconv.ParseInt(t.Config["retention.ms"], 10, 64); err == nil {
		p.Seconds, p.Kept = ms/1000, Length(time.Duration(ms)*time.Millisecond)+", as noctra migrate sets the topic; Kafka deletes whole segments, so some messages stay longer."
	}
	return p
}

// Length writes a length of time in words, in the largest unit that holds it whole.
func Length(d time.Duration) string {
	of, name := time.Second, "second"
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d > 0 && d%unit.of == 0 {
			of, name = unit.of, unit.name
			break
		}
	}
	n := int64(d / of)
	if n == 1 {
		return "1 " + name
	}
	return fmt.Sprintf("%d %ss", n, name)
}
