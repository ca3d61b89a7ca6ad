package report

import (
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/internal/clickhouse"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// database is a fresh database with a connection per role.
type database struct {
	writer, reader, migrator driver.Conn
}

func openDatabase(t testing.TB) database {
	t.Helper()
	return open(t, testenv.ClickHouse(t))
}

func open(t testing.TB, config clickhouse.Config) database {
	t.Helper()
	by := func(role clickhouse.Role) driver.Conn {
		conn, err := config.Open(role)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	return database{writer: by(clickhouse.Writer), reader: by(clickhouse.Reader), migrator: by(clickhouse.Migrator)}
}

// insert writes events as the aggregator does, as if they had been inserted at that time.
func (d database) insert(t testing.TB, events []schema.Event, insertedAt time.Time) {
	t.Helper()
	batch, err := d.writer.PrepareBatch(t.Context(), `INSERT INTO events (site_id, event_id, kind, name, via, occurred_at, received_at, inserted_at,
		visitor_id, visitor_kind, hostname, path, title, source, utm_campaign, country, device, browser, bot_reasons, is_bot, props, amount, currency)`)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		props := map[string]string{}
		for _, p := range e.Props {
			props[p.Key] = p.Value
		}
		err := batch.Append(uint64(e.Site), e.ID, int8(e.Kind), e.Name, int8(e.Via), e.OccurredAt.Time(), e.ReceivedAt.Time(), insertedAt,
			uint64(e.Visitor), uint8(e.VisitorKind), e.Hostname, e.Path, e.Title, e.Source, e.UTMCampaign, e.Country, e.Device, e.Browser, e.BotReasons, uint8(min(1, len(e.BotReasons))), props, int64(e.Amount), e.Currency)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
}
