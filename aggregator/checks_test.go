package aggregator

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/schema"
)

// await polls until ok, or fails the test.
func (w *world) await(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			w.t.Fatalf("waited in vain until %s", what)
		case <-ticker.C:
		}
	}
}

// number returns the one number of a query.
func (w *world) number(sql string) uint64 {
	w.t.Helper()
	var n uint64
	if err := w.conn.QueryRow(w.t.Context(), sql).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) rows() uint64 { return w.number("SELECT count() FROM events") }

// settled waits until every message of the topic is committed.
func (w *world) settled() {
	w.t.Helper()
	var partitions []int
	var ends []kafkago.OffsetRequest
	for p := range testPartitions {
		partitions = append(partitions, p)
		ends = append(ends, kafkago.LastOffsetOf(p))
	}
	w.await("all messages are committed", func() bool {
		last, err := w.kafka.ListOffsets(w.t.Context(), &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{w.names.topic: ends}})
		if err != nil {
			return false // Kafka may be away
		}
		done, err := w.kafka.OffsetFetch(w.t.Context(), &kafkago.OffsetFetchRequest{GroupID: w.names.group, Topics: map[string][]int{w.names.topic: partitions}})
		if err != nil {
			return false
		}
		want, got := map[int]int64{}, map[int]int64{}
		for _, p := range last.Topics[w.names.topic] {
			want[p.Partition] = p.LastOffset
		}
		for _, p := range done.Topics[w.names.topic] {
			got[p.Partition] = max(p.CommittedOffset, 0)
		}
		return cmp.Equal(want, got)
	})
}

// once fails the test unless exactly the events from … to are stored, each once, and touched knows
// all of them. It may say later than the rows do: a repeated insert brings the view's share with the
// time of the repetition, and its day is then made once more than needed.
func (w *world) once(from, to int) {
	w.t.Helper()
	w.settled()
	want := map[string]uint64{}
	for i := from; i < to; i++ {
		want[fmt.Sprintf("event-%d", i)] = 1
	}
	got := map[string]uint64{}
	rows, err := w.conn.Query(w.t.Context(), "SELECT event_id, count() FROM events GROUP BY event_id")
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var n uint64
		if err := rows.Scan(&id, &n); err != nil {
			w.t.Fatal(err)
		}
		got[id] = n
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("stored events, -want +got:\n%s", diff)
	}
	wrong := w.number(`SELECT count() FROM (SELECT site_id, toStartOfHour(occurred_at) AS hour, max(inserted_at) AS at FROM events GROUP BY site_id, hour) AS e
		FULL JOIN (SELECT site_id, hour, max(at) AS at FROM touched GROUP BY site_id, hour) AS t ON e.site_id = t.site_id AND e.hour = t.hour WHERE e.at > t.at OR e.at = 0`)
	if wrong != 0 {
		w.t.Errorf("%d hours of touched do not agree with the rows", wrong)
	}
}

// figures returns the values of the ledger.
func (r *running) figures(t testing.TB) map[string]int {
	t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, f := range families {
		name := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(f.GetName(), prefix), "events_"), "_total")
		for _, m := range f.GetMetric() {
			got[name] += int(m.GetCounter().GetValue() + m.GetGauge().GetValue())
		}
	}
	if got["noctra_unaccounted_events"] != 0 || got["received"] != got["inserted"]+got["repeated"]+got["dead_lettered"]+got["pending"] {
		t.Errorf("the ledger does not add up: %v", got)
	}
	return got
}

func record(value []byte) kafkago.Record {
	if value == nil {
		return kafkago.Record{Key: kafkago.NewBytes([]byte("k"))}
	}
	return kafkago.Record{Value: kafkago.NewBytes(value)}
}

// letters reads all dead letters.
func (w *world) letters() []schema.DeadLetter {
	w.t.Helper()
	answer, err := w.kafka.Fetch(w.t.Context(), &kafkago.FetchRequest{Topic: w.names.letters, MinBytes: 1, MaxBytes: 8 << 20, MaxWait: time.Second})
	if err != nil {
		w.t.Fatal(err)
	}
	var all []schema.DeadLetter
	for {
		r, err := answer.Records.ReadRecord()
		if err != nil {
			return all
		}
		body, err := io.ReadAll(r.Value)
		if err != nil {
			w.t.Fatal(err)
		}
		letter, err := schema.DecodeDeadLetter(body)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, letter)
	}
}
