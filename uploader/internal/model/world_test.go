package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/fakes/google"
	"noctra/internal/clickhouse"
	"noctra/internal/envelope"
	"noctra/internal/googleauth"
	"noctra/internal/testenv"
	"noctra/uploader/internal/datamanager"
	"noctra/uploader/internal/decide"
	"noctra/uploader/internal/googleads"
	"noctra/uploader/internal/intake"
	"noctra/uploader/internal/send"
	"noctra/uploader/internal/transport"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// world is engines, a fake Google and shops, all by one clock that the test sets.
type world struct {
	*testing.T
	writer, reader driver.Conn
	postgres       *pgxpool.Pool
	google         string // address of the fake
	client         *googleauth.Client
	tokens         *googleauth.Tokens
	ahead          atomic.Int64 // of the machine's clock
	now            time.Time
	stored         []int // events, by work
	shops          []*subject
	owners         map[int64]*subject // by connection
	faults         faults
}

// subject is a shop of the world.
type subject struct {
	*shop
	number           int
	history          history
	workspace, site  int64
	connection       int64
	person, customer string
	faults           []string
	sudden           []step
	told             map[string]int64 // the last adjustment by action and transaction
}

// clock has everything that asks Postgres for the time get it from the test: these functions are found before those of
// the same name that Postgres has.
const clock = `CREATE SCHEMA clock;
CREATE TABLE clock.ahead (by interval NOT NULL);
INSERT INTO clock.ahead VALUES ('0');
CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT pg_catalog.now() + by FROM clock.ahead';
CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT pg_catalog.clock_timestamp() + by FROM clock.ahead'`

func open(t *testing.T, histories []history) *world {
	t.Helper()
	w := &world{T: t, owners: map[int64]*subject{}}
	config := testenv.ClickHouse(t)
	var err error
	for role, conn := range map[clickhouse.Role]*driver.Conn{clickhouse.Writer: &w.writer, clickhouse.Reader: &w.reader} {
		if *conn, err = config.Open(role); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = (*conn).Close() })
	}
	database := testenv.Postgres(t)
	plain, err := database.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = plain.Exec(t.Context(), clock)
	plain.Close()
	if err != nil {
		t.Fatal(err)
	}
	database.URL += "&search_path=clock,pg_catalog,public"
	if w.postgres, err = database.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.postgres.Close)
	w.pass(began)
	w.fake(histories)
	w.auth()
	for i, h := range histories {
		w.found(i, h)
	}
	return w
}

// pass sets all clocks.
func (w *world) pass(to time.Time) {
	w.now = to
	by := time.Until(to)
	w.ahead.Store(int64(by))
	w.sql(`UPDATE clock.ahead SET by = make_interval(secs => $1)`, by.Seconds())
}

func (w *world) clock() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func customer(i int) string { return fmt.Sprintf("3%09d", i) }

func person(i int) string { return fmt.Sprintf("shop-%d@shop.example", i) }

// fake starts a Google that knows the shops' accounts.
func (w *world) fake(histories []history) {
	w.Helper()
	type fields = map[string]any
	var people, customers []fields
	for i, h := range histories {
		people = append(people, fields{"email": person(i), "customers": []string{customer(i)}})
		var actions []fields
		for _, a := range h.first {
			actions = append(actions, fields{"id": a.google, "name": "Sale", "type": "UPLOAD_CLICKS", "status": "ENABLED", "category": "PURCHASE", "lookback_days": 90})
		}
		customers = append(customers, fields{"id": customer(i), "name": "Shop", "status": "ENABLED", "currency": "EUR", "time_zone": "UTC", "conversion_customer": customer(i), "data_terms": true,
			"uploads": h.kind.retract, "actions": actions})
	}
	raw, err := json.Marshal(fields{"users": people, "customers": customers})
	file := filepath.Join(w.TempDir(), "world.json")
	if err = errors.Join(err, os.WriteFile(file, raw, 0o600)); err != nil {
		w.Fatal(err)
	}
	fake, err := google.New(google.Config{Dir: w.TempDir(), Addr: "127.0.0.1:0", World: file, ClientID: "client", ClientSecret: "secret", Processing: 10 * time.Minute, PerMinute: 1_000_000, PerDay: 1_000_000},
		slog.New(slog.DiscardHandler))
	if err != nil {
		w.Fatal(err)
	}
	fake.SetClock(w.clock)
	w.google = fake.URL()
	testenv.Serve(w.T, fake.Run)
}

func (w *world) auth() {
	w.Helper()
	dir := w.TempDir()
	keys, secret := filepath.Join(dir, "keys.json"), filepath.Join(dir, "secret")
	if err := errors.Join(envelope.Ensure(keys), os.WriteFile(secret, []byte("secret\n"), 0o600)); err != nil {
		w.Fatal(err)
	}
	config := googleauth.Config{ClientID: "client", ClientSecretFile: secret, KeyFile: keys, AuthURL: w.google + "/o/oauth2/v2/auth", TokenURL: w.google + "/token", RevokeURL: w.google + "/revoke",
		DataManagerURL: w.google, AdsURL: w.google, AdsVersion: "v25"}
	var err error
	if w.client, err = googleauth.NewClient(config, w.clock); err != nil {
		w.Fatal(err)
	}
	if w.tokens, err = googleauth.Open(config, w.postgres, w.clock); err != nil {
		w.Fatal(err)
	}
}

// uploader is one process of it.
type uploader struct {
	intake *intake.Intake
	decide *decide.Decider
	send   *send.Sender
}

// start starts an uploader: what the one before it knew is lost.
func (w *world) start() *uploader {
	caller := transport.Caller{Access: transport.Connections(w.tokens), Client: w.listening()}
	ways := []transport.Transport{&watched{datamanager.New(w.google, caller), w}, &watched{googleads.New(googleads.Config{URL: w.google, Version: "v25"}, caller), w}}
	config := send.Config{Timeout: 30 * time.Second, Lease: 90 * time.Second, BackOff: 5 * time.Second, StatusAfter: 30 * time.Minute, PerMinute: 1_000_000, PerDay: 1_000_000}
	return &uploader{
		intake: intake.New("events", w.reader, w.postgres, prometheus.NewRegistry()), decide: decide.New(w.postgres, prometheus.NewRegistry()),
		send: send.New(config, send.Deps{Postgres: w.postgres, Transports: ways, Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Now: w.clock}),
	}
}

// works has an uploader do its parts, in that order.
func (w *world) works(u *uploader, parts string) {
	w.Helper()
	for _, part := range parts {
		switch part {
		case 'i':
			w.until(u.intake.Step)
		case 'd':
			w.until(func(ctx context.Context) (bool, error) {
				n, err := u.decide.Step(ctx)
				return n > 0, err
			})
		case 's':
			if err := u.send.Step(w.Context()); err != nil {
				w.Fatal(err)
			}
			w.sql(`UPDATE upload_attempts SET state = 'sending' WHERE state = 'lost' AND code = 'died'`)
		}
	}
}

func (w *world) until(step func(context.Context) (bool, error)) {
	w.Helper()
	for more := true; more; {
		var err error
		if more, err = step(w.Context()); err != nil {
			w.Fatal(err)
		}
	}
}
