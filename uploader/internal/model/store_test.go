package model

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"noctra/internal/clickhouse"
)

const insertEvents = `INSERT INTO events (via, consent_ad_user_data, workspace_id, site_id, event_id, kind, occurred_at, visitor_id, click_kinds, click_values, order_id, amount, currency, email_hash,
  hostname, path, country, kafka_topic, kafka_partition, kafka_offset) VALUES `

// store puts all events into the stored ones, in the order in which they come in, and notes up to where they are there
// at each work.
func (w *world) store(works int) {
	w.Helper()
	var values []string
	for i := range works {
		for _, s := range w.shops {
			for _, t := range s.history.steps[i] {
				if t.do == "event" {
					values = append(values, fmt.Sprintf("(%s, %d)", s.values(t.event), len(values)))
				}
			}
		}
		w.stored = append(w.stored, len(values))
	}
	if len(values) == 0 {
		return
	}
	if err := w.writer.Exec(w.Context(), insertEvents+strings.Join(values, ", ")); err != nil {
		w.Fatal(err)
	}
}

// values are the columns of an event.
func (s *subject) values(e *event) string {
	kinds, ids := "[]", "[]"
	if kind, id, ok := strings.Cut(e.click, "="); ok {
		kinds, ids = "["+clickhouse.Quote(kind)+"]", "["+clickhouse.Quote(id)+"]"
	}
	return fmt.Sprintf("'%s', %d, %d, %d, %s, %s, fromUnixTimestamp64Milli(%d, 'UTC'), %d, %s, %s, %s, %d, %s, %s, 's.example', '/p', 'DE', 'events', 0", e.via, e.consent, s.workspace, s.site,
		clickhouse.Quote(e.id), clickhouse.Quote(e.kind), e.at.UnixMilli(), e.visitor, kinds, ids, clickhouse.Quote(e.order), e.amount, clickhouse.Quote(e.currency), clickhouse.Quote(e.email))
}

// settle has the events of a work be there for good, where there are any.
func (w *world) settle(i int) (more bool) {
	w.Helper()
	if i > 0 && w.stored[i] == w.stored[i-1] || w.stored[i] == 0 {
		return false
	}
	err := w.writer.Exec(w.Context(), fmt.Sprintf("INSERT INTO partitions (topic, partition, at, committed, high, audited, lost, doubled) VALUES ('events', 0, now64(3), %d, %[1]d, 0, 0, 0)", w.stored[i]))
	if err != nil {
		w.Fatal(err)
	}
	return true
}

// outcomes has Google answer for some transactions as it would not by itself, once each.
func (w *world) outcomes(works int) {
	w.Helper()
	orders := []map[string]any{}
	for _, s := range w.shops {
		for _, t := range s.history.steps[works] {
			if t.do == "outcome" {
				orders = append(orders, map[string]any{"transaction_id": t.of, "code": t.text, "count": 1})
			}
		}
	}
	raw, err := json.Marshal(orders)
	if err != nil {
		w.Fatal(err)
	}
	answer, err := http.Post(w.google+"/_outcomes", "application/json", strings.NewReader(string(raw)))
	if err != nil {
		w.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		w.Fatal(answer.Status)
	}
}
