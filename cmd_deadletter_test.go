package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"noctra/internal/up"
)

// withShop starts the product with one site and its server key, which stands in a file.
func withShop(t *testing.T) (i *instance, ready up.Ready, keyFile string) {
	t.Helper()
	i = start(t, filepath.Join(t.TempDir(), "data"))
	const key = "nsk_of_a_test_0123456789"
	hash := sha256.Sum256([]byte(key))
	i.postgres(`INSERT INTO workspaces (id, name) OVERRIDING SYSTEM VALUE VALUES (905, 'Test')`, nil)
	i.postgres(`INSERT INTO sites (id, workspace_id, public_key, name, hostnames, time_zone, currency, identity_mode, identity_key, query_params, state)
		OVERRIDING SYSTEM VALUE VALUES (911, 905, 'nst_a', 'Shop', '{shop.example}', 'UTC', 'EUR', 'cookieless', decode(repeat('00', 32), 'hex'), '{}', 'active')`, nil)
	i.postgres(fmt.Sprintf(`INSERT INTO server_keys (id, workspace_id, name, key_hash, site_ids)
		OVERRIDING SYSTEM VALUE VALUES (901, 905, 'a', decode('%x', 'hex'), '{911}')`, hash), nil)
	keyFile = filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ready, err := runningOn(i.data)
	if err != nil {
		t.Fatal(err)
	}
	return i, ready, keyFile
}

// post sends an event as a browser does, and returns the status and answer.
func post(t *testing.T, address, event string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/v1/events", strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(response.StatusCode, " ", string(body))
}

// deadletter runs the command in this process.
func deadletter(t *testing.T, args ...string) string {
	t.Helper()
	return tool(t, append([]string{"deadletter"}, args...)...)
}

// contains fails the test for each text that is not in all, blanks aside.
func contains(t *testing.T, all string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(strings.Join(strings.Fields(all), " "), text) {
			t.Errorf("no %q in\n%s", text, all)
		}
	}
}

// Refused events are listed, shown and replayed in the whole product; after two replays each is
// stored once.
func TestDeadLetters(t *testing.T) {
	i, ready, keyFile := withShop(t)
	refund := `{"id":"r-1","type":"refund","site":"nst_a","order_id":"7","amount":"1.50"}`
	page := `{"type":"pageview","site":"nst_a","url":"https://elsewhere.example/a"}`
	await(t, "the site is known", func() bool { return strings.Contains(post(t, ready.CollectorURL, refund), "needs_server_key") })
	if answer := post(t, ready.CollectorURL, page); !strings.HasPrefix(answer, "400") {
		t.Fatal(answer)
	}
	await(t, "both are stored", func() bool {
		return strings.Contains(deadletter(t, "ls", "--data", i.data, "--site=nst_a"), "host_not_allowed")
	})
	contains(t, deadletter(t, "ls", "--data", i.data, "--since=1h", "--stage=collector", "--door=browser", "--site=911"),
		"place time site stage reason field event_id bytes door 0/0", "911 collector needs_server_key type r-1", "letters bytes stage reason 1 ")
	contains(t, deadletter(t, "show", "0/0", "--data", i.data), "reason needs_server_key", "A refund is taken with a server key only.", `"order_id": "7",`)

	both := []string{"replay", "--data", i.data, "--server-key-file", keyFile}
	contains(t, deadletter(t, both...), "2 letters chosen 1 would be sent 1 left: a server key would lift the bar: name the reason needs_server_key", "Nothing was sent")
	contains(t, deadletter(t, append(both, "--door=browser", "--reason=host_not_allowed")...), "1 would be sent")
	for range 2 {
		contains(t, deadletter(t, append(both, "--yes", "--reason=needs_server_key")...), "r-1 accepted", "1 accepted by the collector")
		contains(t, deadletter(t, append(both, "--dry-run=false", "--reason=host_not_allowed")...), "1 accepted by the collector")
	}
	contains(t, deadletter(t, append(both, "--yes", "--dry-run", "--reason=needs_server_key")...), "1 would be sent", "Nothing was sent")
	await(t, "the second copies are recognised", func() bool {
		return strings.Contains(metrics(t, ready.Metrics["aggregator"]), "\nnoctra_aggregator_events_repeated_total 2\n")
	})
	var stored uint64
	i.clickHouse("SELECT count() FROM events WHERE site_id = 911 AND match(event_id, '^(r-1|dl-0-[0-9]+)$')", &stored)
	if stored != 2 {
		t.Errorf("%d events are stored", stored)
	}
}

func metrics(t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestDeadletterSettings(t *testing.T) {
	refused := func(args string, want ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		if status := run(strings.Fields("deadletter "+args), &out, &errs); status == 0 {
			t.Errorf("%s: status 0", args)
		}
		contains(t, errs.String(), want...)
	}
	refused("ls --data="+t.TempDir(), "no noctra up runs on")
	refused("ls --kafka=127.0.0.1:1", "ask kafka at 127.0.0.1:1 for noctra.deadletter")
	refused("ls --kafka=127.0.0.1:1 --site=nst_x", `--site: site "nst_x" is no number, and without Postgres`)
	refused("ls --kafka=127.0.0.1:1 --since=soon", `--since: "soon" is no time`)
	refused("ls --kafka=127.0.0.1:1 --since=-2h", `"-2h" is no time`)
	refused("ls --kafka=127.0.0.1:1 --limit=-1", "--limit: -1 is negative")
	refused("show 17 --kafka=127.0.0.1:1", `place "17" is not partition/offset`)
	refused("replay --yes --kafka=127.0.0.1:1", "--collector-url: \"\" is no http", "--server-key-file: events are sent with")
	refused("replay --yes --kafka=127.0.0.1:1 --collector-url=http://x --server-key-file="+t.TempDir()+"/none", "--server-key-file: read secret file")
	refused("replay --yes --kafka=127.0.0.1:1 --stage=aggregator", "ask kafka at 127.0.0.1:1")
}

func TestInstant(t *testing.T) {
	check := func(text string, want time.Time) {
		t.Helper()
		var i instant
		if err := i.UnmarshalText([]byte(text)); err != nil || i.Sub(want).Abs() > time.Minute {
			t.Errorf("%s is %s, %v", text, i, err)
		}
	}
	check("2026-11-24", time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))
	check("2026-11-24T12:00:00+01:00", time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC))
	check("90m", time.Now().Add(-90*time.Minute))
	check("7d", time.Now().Add(-7*24*time.Hour))
}

// A server key does not leave the machine in the clear.
func TestFrontOfReplay(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("nsk_x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"http://127.0.0.1:8081": "", "http://localhost:8081": "", "http://0.0.0.0:8081": "", "http://[::]:8081": "", "https://collect.example": "",
		"http://collect.example": "is not sent without TLS", "http://10.0.0.1:8081": "is not sent without TLS", "ftp://x": "is no http://", "": "is no http://",
	} {
		_, _, err := (&deadletterReplayCmd{CollectorURL: address, ServerKeyFile: key}).front(nil)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}
