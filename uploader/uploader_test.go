package uploader_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/googleauth"
	"noctra/internal/proc"
	"noctra/internal/testenv"
	"noctra/uploader"
	"noctra/uploader/internal/send"
)

// envChild has the test's own program run as an uploader, so that it can be killed.
const envChild = "NOCTRA_TEST_UPLOADER"

func TestMain(m *testing.M) {
	if os.Getenv(envChild) == "" {
		testenv.Main(m)
	}
	if err := runChild(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runChild(flags []string) error {
	var config struct {
		uploader.Config `embed:""`
	}
	parser, err := kong.New(&config, kong.Vars{"postgres_default": "", "clickhouse_default": ""})
	if err == nil {
		_, err = parser.Parse(flags)
	}
	if err != nil {
		return err
	}
	service, err := uploader.New(config.Config, uploader.Deps{Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Registry: prometheus.NewRegistry(), Now: time.Now})
	if err != nil {
		return err
	}
	ctx, stop := proc.Context(context.Background())
	defer stop()
	return service.Run(ctx)
}

var (
	google = googleauth.Config{AuthURL: nowhere, TokenURL: nowhere, RevokeURL: nowhere, DataManagerURL: nowhere, AdsURL: nowhere, AdsVersion: "v25"}

	sending = send.Config{Timeout: time.Second, Lease: 2 * time.Second, BackOff: time.Second, StatusAfter: time.Second, PerMinute: 300, PerDay: 1000}
)

const nowhere = "https://google.example"

func TestReady(t *testing.T) {
	check := func(name, want string, change func(*uploader.Config)) {
		t.Helper()
		config := uploader.Config{ClickHouse: testenv.EmptyClickHouse(t), Postgres: testenv.EmptyPostgres(t), Google: google, Send: sending}
		change(&config)
		service, err := uploader.New(config, uploader.Deps{Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		done := make(chan error, 1)
		go func() { done <- service.Run(ctx) }()
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		got := "not checked yet"
		for got == "not checked yet" && ctx.Err() == nil {
			<-ticker.C
			got = ""
			if err := service.Ready(); err != nil {
				got = err.Error()
			}
		}
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: Ready() = %q, want %q", name, got, want)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("%s: Run: %v", name, err)
		}
	}
	check("all there", "", func(*uploader.Config) {})
	check("clickhouse away", "clickhouse does not answer", func(c *uploader.Config) { c.ClickHouse.Addr = "http://127.0.0.1:1" })
	check("postgres away", "postgres does not answer", func(c *uploader.Config) { c.Postgres.URL = "postgres://noctra@127.0.0.1:1/noctra" })
}
