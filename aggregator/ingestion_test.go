package aggregator

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/aggregator/internal/columns"
	"noctra/aggregator/internal/store"
	"noctra/internal/ops"
	"noctra/schema"
)

// notebookFunc is a seam before and after the real notebook.
type notebookFunc func(ctx context.Context, block *columns.Block) error

func (f notebookFunc) Note(ctx context.Context, block *columns.Block) error { return f(ctx, block) }

// minute is that of the tests' events.
var minute = now - now%schema.MinuteMillis

// counts makes a record of what a collector refused.
func counts(source, sequence uint64, rows ...schema.Count) kafkago.Record {
	c := schema.Counts{Source: source, Sequence: sequence, Rows: rows}
	return record(schema.AppendCounts(nil, &c))
}

func refused(site schema.SiteID, reason string, n uint64) schema.Count {
	return schema.Count{Site: site, Minute: minute, Stage: "browser", Reason: reason, N: n}
}

// noted returns the sums of the table ingestion by site, stage and reason.
func (w *world) noted() map[string]uint64 {
	w.t.Helper()
	rows, err := w.conn.Query(w.t.Context(), "SELECT concat(toString(site_id), ' ', stage, ' ', reason), sum(n) FROM ingestion FINAL GROUP BY 1")
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	got := map[string]uint64{}
	for rows.Next() {
		var name string
		var n uint64
		if err := rows.Scan(&name, &n); err != nil {
			w.t.Fatal(err)
		}
		got[name] = n
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return got
}

// everywhere fails the test unless each place of the topic is somewhere, once.
func (w *world) everywhere() {
	w.t.Helper()
	s, err := store.Open(w.config.ClickHouse)
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Close()
	w.settled()
	for p := range testPartitions {
		last, err := w.kafka.ListOffsets(w.t.Context(), &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{w.names.topic: {kafkago.LastOffsetOf(p)}}})
		if err != nil {
			w.t.Fatal(err)
		}
		to := last.Topics[w.names.topic][0].LastOffset
		found, err := s.Audit(w.t.Context(), rangeOf(w.names.topic, p, 0, to))
		if err != nil {
			w.t.Fatal(err)
		}
		if found.Rows != to || found.Distinct != to || found.Missing != 0 {
			w.t.Errorf("partition %d has %d messages, found are %+v", p, to, found)
		}
	}
}

func TestEverythingIsNoted(t *testing.T) {
	w := newWorld(t)
	other := event("event-3")
	other.Amount = 5
	foreign := event("event-x")
	foreign.Site, foreign.Kind = 8, 99
	w.send(events(0, 100)...)
	w.send(append(events(50, 100), foreign)...)
	r := w.start(nil)
	w.settled()
	w.send(append(events(0, 20), other)...)
	copied := func() kafkago.Record {
		return counts(5, 1, refused(7, "amount_invalid", 3), refused(0, "key_unknown", 4))
	}
	w.produce(w.names.topic, 0, copied(), counts(5, 2, refused(7, "amount_invalid", 2)), record([]byte("not an event")))
	w.produce(w.names.topic, 1, copied(), counts(6, 1, refused(7, "amount_invalid", 10)), record([]byte("C\x01")))
	w.once(0, 100)
	want := map[string]uint64{
		"7 aggregator repeated": 70, "7 aggregator conflicting": 1, "8 aggregator kind_unknown": 1, "0 aggregator record_invalid": 2, "0 aggregator counts": 4,
		"7 browser amount_invalid": 15, "0 browser key_unknown": 4,
	}
	if diff := cmp.Diff(want, w.noted()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	w.everywhere()
	w.await("the counts are settled", func() bool { return r.figures(t)["refusal_records"] == 4 })
	if got := r.figures(t); got["received"] != 174 || got["inserted"] != 100 || got["repeated"] != 71 || got["dead_lettered"] != 3 {
		t.Errorf("figures %v", got)
	}
	if n := w.number(fmt.Sprintf("SELECT count() FROM ingestion WHERE stage = 'browser' AND minute != toDateTime(%d, 'UTC')", minute/1000)); n != 0 {
		t.Errorf("%d rows of another minute", n)
	}
}

// TestCrashBetweenTheInserts: the rows are stored and the notes are not when the owner ends, in
// batches with and without rows.
func TestCrashBetweenTheInserts(t *testing.T) {
	w := newWorld(t)
	w.send(append(events(0, 300), events(100, 200)...)...)
	w.produce(w.names.topic, 2, counts(5, 1, refused(7, "amount_invalid", 3)))
	var tried atomic.Int32
	first := w.start(func(s *Service) {
		hasty(s)
		s.notes = notebookFunc(func(context.Context, *columns.Block) error {
			tried.Add(1)
			return errPlanted
		})
	})
	w.await("notes are tried", func() bool { return tried.Load() > 3 })
	first.end()
	if n := len(w.noted()); n != 0 {
		t.Fatalf("%d notes", n)
	}
	second := w.start(nil)
	w.once(0, 300)
	w.everywhere()
	want := map[string]uint64{"7 aggregator repeated": 100, "0 aggregator counts": 1, "7 browser amount_invalid": 3}
	if diff := cmp.Diff(want, w.noted()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	second.end()

	w.send(events(0, 50)...) // nothing but repeats
	third := w.start(func(s *Service) {
		hasty(s)
		s.notes = notebookFunc(func(ctx context.Context, block *columns.Block) error {
			_ = s.store.Note(ctx, block)
			return errPlanted
		})
	})
	w.await("the notes are stored", func() bool { return w.noted()["7 aggregator repeated"] == 150 })
	third.end()
	w.start(nil)
	w.once(0, 300)
	w.everywhere()
	if n := w.noted()["7 aggregator repeated"]; n != 150 {
		t.Errorf("%d repeats", n)
	}
}

// TestReadAgainIsNotedOnce: offsets that are set back make other batches of the same messages.
func TestReadAgainIsNotedOnce(t *testing.T) {
	w := newWorld(t)
	w.config.BatchRows = 37
	w.send(append(events(0, 300), events(0, 100)...)...)
	w.produce(w.names.topic, 0, counts(5, 1, refused(7, "amount_invalid", 3)))
	r := w.start(nil)
	w.once(0, 300)
	r.end()
	want := w.noted()
	w.forget()
	w.config.BatchRows = 53
	w.start(nil)
	w.once(0, 300)
	if diff := cmp.Diff(want, w.noted()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	w.everywhere()
}

// TestAudit: what was deleted or stored twice behind the aggregator's back is found, and what comes
// back is forgiven.
func TestAudit(t *testing.T) {
	w := newWorld(t)
	w.send(events(0, 50)...)
	old := w.start(nil) // as of before there were audits
	w.once(0, 50)
	old.end()
	w.exec("TRUNCATE TABLE partitions")
	w.exec("DELETE FROM events WHERE event_id = 'event-7'")

	var at atomic.Int64
	r := w.start(func(s *Service) {
		s.audits.every = 50 * time.Millisecond
		s.now = func() time.Time { return time.Now().Add(time.Duration(at.Load())) }
	})
	w.send(append(events(50, 200), events(60, 100)...)...)
	w.settled()
	audited := func() uint64 { return w.number("SELECT sum(audited) FROM partitions FINAL") }
	w.await("all is audited", func() bool { return audited() == 240 })
	if lost, doubled := r.audits.sums(); lost != 0 || doubled != 0 {
		t.Errorf("%d lost, %d doubled", lost, doubled)
	}
	if n := w.number("SELECT sum(high) FROM partitions FINAL WHERE committed = high"); n != 240 {
		t.Errorf("%d messages are settled", n)
	}

	first := w.number("SELECT kafka_partition * 1000000 + kafka_offset FROM events WHERE event_id = 'event-199'")
	r.end()
	w.exec(fmt.Sprintf("INSERT INTO partitions (topic, partition, audited) VALUES ('%s', %d, %d)", w.names.topic, first/1000000, first%1000000))
	w.exec("INSERT INTO events SELECT * REPLACE ('saved' AS kafka_topic) FROM events WHERE event_id = 'event-199'")
	w.exec("DELETE FROM events WHERE event_id = 'event-199' AND kafka_topic != 'saved'")
	bring := "INSERT INTO events SELECT * REPLACE ('" + w.names.topic + "' AS kafka_topic) FROM events WHERE event_id = 'event-199' LIMIT 1 SETTINGS insert_deduplicate = 0"
	r = w.start(func(s *Service) {
		s.audits.every = 50 * time.Millisecond
		s.now = func() time.Time { return time.Now().Add(time.Duration(at.Load())) }
	})
	w.await("the loss is found", func() bool { lost, doubled := r.audits.sums(); return lost == 1 && doubled == 0 })
	if err := r.Ready(); err != nil {
		t.Errorf("not ready at once: %v", err)
	}
	w.await("it is said", func() bool {
		at.Add(int64(2 * time.Second))
		note, ok := r.Ready().(ops.Note) //nolint:errorlint // it is returned as it is
		return ok && strings.Contains(string(note), "1 lost")
	})
	w.exec(bring)
	w.await("it is forgiven", func() bool {
		return r.Ready() == nil
	})
	w.exec(bring)
	r.end()
	w.exec(fmt.Sprintf("INSERT INTO partitions (topic, partition, audited) VALUES ('%s', %d, %d)", w.names.topic, first/1000000, first%1000000))
	r = w.start(func(s *Service) {
		s.audits.every = 50 * time.Millisecond
		s.now = func() time.Time { return time.Now().Add(time.Duration(at.Load())) }
	})
	w.await("the copy is found", func() bool { lost, doubled := r.audits.sums(); return lost == 0 && doubled == 1 })
	at.Add(int64(2 * time.Hour))
	w.await("it is noted for good", func() bool { return w.noted()["0 aggregator unaccounted"] == 1 })
	w.await("and left", func() bool { return r.Ready() == nil })
}

// forget sets the offsets of the group, which nobody is in, back to the beginning.
func (w *world) forget() {
	w.t.Helper()
	commits := make([]kafkago.OffsetCommit, testPartitions)
	for p := range commits {
		commits[p].Partition = p
	}
	w.await("the group is empty", func() bool {
		answer, err := w.kafka.OffsetCommit(w.t.Context(), &kafkago.OffsetCommitRequest{GroupID: w.names.group, GenerationID: -1, Topics: map[string][]kafkago.OffsetCommit{w.names.topic: commits}})
		return err == nil && answer.Topics[w.names.topic][0].Error == nil
	})
}

func (w *world) exec(sql string) {
	w.t.Helper()
	if err := w.conn.Exec(w.t.Context(), sql); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

func rangeOf(topic string, partition int, from, to int64) store.Range {
	return store.Range{Topic: topic, Partition: partition, From: from, To: to}
}
