package collector

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/kafka"
	"noctra/internal/proc"
	"noctra/internal/testenv"
)

// startSpooled starts a collector with a spool.
func startSpooled(t *testing.T, config kafka.Config, dir string, change func(c *Config)) *rig {
	t.Helper()
	return startWith(t, func(c *Config) {
		c.Kafka, c.SpoolDir, c.SpoolBytes = config, dir, 64<<20
		if change != nil {
			change(c)
		}
	}, nil, func(s *Service) { s.sink = s.keeper })
}

var nowhereKafka = kafka.Config{Brokers: []string{"127.0.0.1:1"}}

// Kafka is ended under load and comes back: every request is answered with 202 within two seconds,
// Kafka is used again by itself, and has everything that was acknowledged.
func TestKafkaKilledAndBack(t *testing.T) {
	b := newBroker(t)
	r := startSpooled(t, b.config, filepath.Join(t.TempDir(), "spool"), nil)
	eventually(t, "kafka is known", func() bool { return r.events.Ready() == nil })
	var load senders
	load.start(t, r, 16)
	way := func(name string) float64 { return r.metric(t, "events_stored_total", name) }
	for round := range 2 {
		before := load.acknowledged()
		eventually(t, "events go to kafka", func() bool { return load.acknowledged() > before+200 && r.events.Works() })
		b.end()
		spooled := way("spool")
		eventually(t, "the spool takes over", func() bool { return way("spool") > spooled+500 })
		if err := r.problem(); err != nil {
			t.Errorf("round %d: not ready: %v", round, err)
		}
		if err := r.Ready(); err == nil || !strings.Contains(err.Error(), "spool") {
			t.Errorf("round %d: the spool is not named: %v", round, err)
		}
		b.start(t)
		eventually(t, "the spool is drained", func() bool { return r.spool.Empty() && r.events.Works() })
		direct := way("kafka")
		eventually(t, "events go to kafka again", func() bool { return way("kafka") > direct+200 })
	}
	load.end()
	eventually(t, "the spool is empty", r.spool.Empty)
	found := idsIn(t, b.config)
	for id := range load.taken {
		if found[id] == 0 {
			t.Errorf("%s was acknowledged and is lost", id)
		}
	}
	if load.refused > 0 || load.slowest > slow {
		t.Errorf("%d refused, the slowest answer took %s", load.refused, load.slowest)
	}
	if got := way("kafka") + way("spool"); got != float64(len(load.taken)) {
		t.Errorf("%v stored, %d acknowledged", got, len(load.taken))
	}
	r.conserved(t)
}

// slow is what nothing takes that has a bound of two seconds, also on a machine that does other things.
const slow = 15 * time.Second

// A Kafka that is frozen costs each of the first requests no more than two seconds, and later
// ones nothing.
func TestSpoolTakesOverFromFrozenKafka(t *testing.T) {
	front := newFront(t, testenv.Kafka(t).Brokers[0])
	r := startFrontedWith(t, front, func(c *Config) { c.SpoolDir = filepath.Join(t.TempDir(), "spool") }, func(s *Service) { s.sink = s.keeper })
	post := func(id string) time.Duration {
		t.Helper()
		began := time.Now()
		if a := r.call(t, "POST", "/v1/events", strings.Replace(page, "e1", id, 1)); a.Status != 202 {
			t.Errorf("%s: %d %s", id, a.Status, a.Body)
		}
		return time.Since(began)
	}
	post("z-1")
	front.freeze(true)
	if took := post("z-2"); took > slow {
		t.Errorf("the first took %s", took)
	}
	next := slow
	for range 10 {
		next = min(next, post("z-3"))
	}
	if next > 500*time.Millisecond {
		t.Errorf("the quickest of the next took %s", next)
	}
	front.freeze(false)
	eventually(t, "the spool is drained", func() bool { return r.spool.Empty() && r.events.Works() })
	found := idsIn(t, testenv.Kafka(t))
	for _, id := range []string{"z-1", "z-2", "z-3"} {
		if found[id] == 0 {
			t.Errorf("%s is lost", id)
		}
	}
	r.conserved(t)
}

// What a collector leaves is drained by the next one, or by hand, in order.
func TestSpoolFoundAndDrainedByHand(t *testing.T) {
	config := testenv.Kafka(t)
	ensureTopics(t, config)
	dir := filepath.Join(t.TempDir(), "spool")
	away := startSpooled(t, nowhereKafka, dir, nil)
	if err := away.problem(); err != nil {
		t.Errorf("not ready with a spool: %v", err)
	}
	for i := range 50 {
		if a := away.call(t, "POST", "/v1/events", strings.Replace(page, "e1", fmt.Sprintf("found-%d", i), 1)); a.Status != 202 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if _, err := DrainSpool(t.Context(), SpoolDrain{Dir: dir, Kafka: config, Log: log}); !errors.Is(err, proc.ErrLocked) {
		t.Errorf("drained by two: %v", err)
	}
	away.conserved(t)
	began := time.Now()
	away.end()
	if took := time.Since(began); away.err != nil || took > 2*slow {
		t.Errorf("ended with %v after %s", away.err, took)
	}
	moved := t.TempDir()
	if err := os.CopyFS(moved, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	segments, err := ListSpool(moved)
	if err != nil {
		t.Fatal(err)
	}
	messages := int64(0)
	for _, s := range segments {
		messages += s.Messages
	}
	if messages != 50 || segments[0].Kind != "segment" || segments[0].Oldest.IsZero() || segments[0].Damage != "" {
		t.Errorf("%+v", segments)
	}
	if n, err := DrainSpool(t.Context(), SpoolDrain{Dir: moved, Kafka: config, Log: log}); n != 50 || err != nil {
		t.Errorf("%d drained, %v", n, err)
	}
	back := startSpooled(t, config, dir, nil)
	eventually(t, "the next collector drains it", func() bool { return back.metric(t, "spool_drained_total", "") == 50 })
	var want, got []string
	found := idsIn(t, config)
	for i := range 50 {
		id := fmt.Sprintf("found-%d", i)
		want = append(want, fmt.Sprint(id, " 2"))
		got = append(got, fmt.Sprint(id, " ", found[id]))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := DrainSpool(t.Context(), SpoolDrain{Dir: filepath.Join(dir, "missing"), Kafka: config, Log: log}); err == nil {
		t.Error("a directory that is not there was drained")
	}
}

// A full spool is said with a time to come again, and makes the collector not ready.
func TestSpoolFull(t *testing.T) {
	r := startSpooled(t, nowhereKafka, filepath.Join(t.TempDir(), "spool"), func(c *Config) { c.SpoolBytes = 1 << 20 })
	body := "[" + strings.Repeat(strings.Replace(page, `"e1"`, `null`, 1)+",", 499) + strings.Replace(page, `"e1"`, `null`, 1) + "]"
	var a reply
	for range 100 {
		if a = r.call(t, "POST", "/v1/events", body); a.Status != 202 {
			break
		}
	}
	if a.Status != 503 || a.Rejected[0].Code != "spool_full" || a.Header.Get("Retry-After") != "5" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if n := r.metric(t, "spool_bytes", ""); n > 1<<20 {
		t.Errorf("%v bytes", n)
	}
	eventually(t, "one event fills it", func() bool { return r.call(t, "POST", "/v1/events", page).Status == 503 })
	if r.problem() == nil {
		t.Error("ready with a full spool and no Kafka")
	}
	r.conserved(t)
}

// A stop while Kafka is frozen and requests come in ends in time, and what was answered with 202
// is in the spool.
func TestStopWithFrozenKafka(t *testing.T) {
	front, dir := newFront(t, testenv.Kafka(t).Brokers[0]), filepath.Join(t.TempDir(), "spool")
	r := startFrontedWith(t, front, func(c *Config) { c.SpoolDir = dir }, func(s *Service) { s.sink = s.keeper })
	front.freeze(true)
	answers := make(chan int, 20)
	for i := range 20 {
		go func() {
			answers <- r.call(t, "POST", "/v1/events", strings.Replace(page, "e1", fmt.Sprintf("stop-%d", i), 1)).Status
		}()
	}
	eventually(t, "requests are in flight", func() bool { return r.metric(t, "events_received_total", "") == 20 })
	began := time.Now()
	r.end()
	if took := time.Since(began); r.err != nil || took > 2*slow {
		t.Errorf("ended with %v after %s", r.err, took)
	}
	for range 20 {
		if status := <-answers; status != 202 {
			t.Errorf("answered %d", status)
		}
	}
	segments, err := ListSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	messages := int64(0)
	for _, s := range segments {
		messages += s.Messages
	}
	if messages != 20 {
		t.Errorf("%d of 20 in the spool", messages)
	}
}

// A spool that cannot be written is as good as none, and is said.
func TestSpoolCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	r := startSpooled(t, nowhereKafka, dir, nil)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if a := r.call(t, "POST", "/v1/events", page); a.Status != 503 || a.Rejected[0].Code != "kafka_unavailable" || a.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if err := r.problem(); err == nil || !strings.Contains(err.Error(), "spool cannot be written") {
		t.Errorf("ready: %v", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if a := r.call(t, "POST", "/v1/events", page); a.Status != 202 {
		t.Errorf("with room again: %d %s", a.Status, a.Body)
	}
	r.conserved(t)
}
