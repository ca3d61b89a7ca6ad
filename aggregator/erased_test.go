package aggregator

import (
	"fmt"
	"testing"

	"noctra/aggregator/internal/repeats"
)

// erase does with some events what the admin service does: their hashes are kept, their places noted,
// and then they go.
func (w *world) erase(where string) {
	w.t.Helper()
	w.exec(fmt.Sprintf(`INSERT INTO erased (site_id, hash, kafka_topic, kafka_partition, kafka_offset, occurred_at, received_at, erasure)
		SELECT site_id, %s, kafka_topic, kafka_partition, kafka_offset, occurred_at, received_at, 1 FROM events WHERE %s`, repeats.HashSQL, where))
	w.exec(`INSERT INTO ingestion (site_id, minute, source, seq, item, stage, reason, n)
		SELECT site_id, toStartOfMinute(received_at), concat(kafka_topic, '-', toString(kafka_partition)), kafka_offset, 0, 'aggregator', 'erased', 1 FROM events WHERE ` + where)
	w.exec("DELETE FROM events WHERE " + where)
}

// TestErasedStaysErased: neither a copy of an event that was erased, nor the same message read again,
// becomes an event, also by an aggregator that never knew it; and each place is somewhere, once.
func TestErasedStaysErased(t *testing.T) {
	w := newWorld(t)
	w.send(events(0, 60)...)
	first := w.start(nil)
	w.once(0, 60)
	w.erase("toUInt32(extract(event_id, '[0-9]+')) >= 40")
	w.everywhere()

	w.send(events(30, 50)...)
	w.once(0, 40)
	noted := func(want map[string]uint64) {
		t.Helper()
		for name, n := range want {
			if got := w.noted()["7 aggregator "+name]; got != n {
				t.Errorf("%d are noted as %s, want %d", got, name, n)
			}
		}
	}
	noted(map[string]uint64{"erased": 30, "repeated": 10})
	first.end()

	second := w.start(nil) // with a filter of what is stored
	w.send(events(50, 60)...)
	w.once(0, 40)
	noted(map[string]uint64{"erased": 40, "repeated": 10})
	w.everywhere()
	second.end()

	w.forget() // everything is read again
	third := w.start(nil)
	w.once(0, 40)
	noted(map[string]uint64{"erased": 40, "repeated": 10})
	w.everywhere()
	if lost, doubled := third.audits.sums(); lost != 0 || doubled != 0 {
		t.Errorf("%d lost, %d doubled", lost, doubled)
	}
}

// TestAuditWhileErasing: a place that is noted as erased and still a row is no double.
func TestAuditWhileErasing(t *testing.T) {
	w := newWorld(t)
	w.send(events(0, 10)...)
	w.start(nil)
	w.once(0, 10)
	w.exec(`INSERT INTO ingestion (site_id, minute, source, seq, item, stage, reason, n)
		SELECT site_id, toStartOfMinute(received_at), concat(kafka_topic, '-', toString(kafka_partition)), kafka_offset, 0, 'aggregator', 'erased', 1 FROM events`)
	w.everywhere()
}
