package collector

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/collector/internal/ingest"
	"noctra/schema"
)

// ledger accounts for every event that came, so that at any moment received = accepted + refused +
// open. An event is one element of a body; a request that is refused before its events are known
// counts as one. What was refused also waits here until its counts are stored (see tally).
type ledger struct {
	mu                       sync.Mutex
	received, accepted, open int64
	refused                  map[ingest.Code]int64
	total                    int64 // of refused

	waiting map[cell]uint64 // counts that are in no record yet
	cells   int             // events in them
	sealed  int64           // events in a record that is not stored for sure
	stored  int64           // events in records that are stored
	promise *promise        // to whoever waits for the next record, nil for nobody
	wake    chan struct{}   // there is somebody who waits

	descs map[string]*prometheus.Desc
}

// cell is what refused events are told apart by.
type cell struct {
	site   schema.SiteID // 0 when not known
	minute schema.Millis
	door   string
	reason ingest.Code
}

// promise is kept when everything that was counted before it is stored.
type promise struct {
	done chan struct{}
	err  error
}

func (p *promise) end(err error) {
	if p == nil {
		return
	}
	p.err = err
	close(p.done)
}

// wait returns nil when the counts are stored. Without a promise there is nothing to wait for.
func (p *promise) wait() error {
	if p == nil {
		return nil
	}
	<-p.done
	return p.err
}

const (
	mostCells = 1000                 // in one record
	other     = ingest.Code("other") // of site 0: what would be one cell too many
)

func newLedger() *ledger {
	l := &ledger{refused: map[ingest.Code]int64{}, waiting: map[cell]uint64{}, wake: make(chan struct{}, 1), descs: map[string]*prometheus.Desc{}}
	for name, about := range map[string]struct {
		help  string
		label []string
	}{
		"noctra_collector_events_received_total": {"Events that came, also those in requests that were refused as a whole (one each).", nil},
		"noctra_collector_events_accepted_total": {"Events that Kafka or the spool has and that were acknowledged.", nil},
		"noctra_collector_events_refused_total":  {"Events that were refused, by reason.", []string{"reason"}},
		"noctra_collector_events_open":           {"Events that came and are not answered.", nil},
		"noctra_collector_refusals_waiting":      {"Refused events whose counts are not stored yet.", nil},
		"noctra_unaccounted_events":              {"Events that are nowhere they have to be. process: received here and neither accepted, refused nor open; refusals: refused and in no count. Always 0.", []string{"reason"}},
	} {
		l.descs[name] = prometheus.NewDesc(name, about.help, about.label, nil)
	}
	return l
}

// arrive notes events whose request is being answered.
func (l *ledger) arrive(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.received += int64(n)
	l.open += int64(n)
}

// accept ends n events that arrived.
func (l *ledger) accept(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open -= int64(n)
	l.accepted += int64(n)
}

// refuse ends n events that arrived.
func (l *ledger) refuse(c cell, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open -= int64(n)
	l.count(c, n)
}

// refuseWhole notes a request that was refused before its events were known.
func (l *ledger) refuseWhole(c cell) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.received++
	l.count(c, 1)
}

func (l *ledger) count(c cell, n int) {
	l.refused[c.reason] += int64(n)
	l.total += int64(n)
	if _, ok := l.waiting[c]; !ok && len(l.waiting) >= mostCells {
		c.site, c.reason = 0, other
	}
	l.waiting[c] += uint64(n)
	l.cells += n
}

// await asks for everything that was counted so far to be stored.
func (l *ledger) await() *promise {
	l.mu.Lock()
	if l.promise == nil {
		l.promise = &promise{done: make(chan struct{})}
	}
	p := l.promise
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return p
}

// Describe implements prometheus.Collector.
func (l *ledger) Describe(to chan<- *prometheus.Desc) {
	for _, d := range l.descs {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (l *ledger) Collect(to chan<- prometheus.Metric) {
	l.mu.Lock()
	defer l.mu.Unlock()
	show := func(name string, kind prometheus.ValueType, v int64, labels ...string) {
		to <- prometheus.MustNewConstMetric(l.descs[name], kind, float64(v), labels...)
	}
	show("noctra_collector_events_received_total", prometheus.CounterValue, l.received)
	show("noctra_collector_events_accepted_total", prometheus.CounterValue, l.accepted)
	for _, code := range ingest.Codes() {
		show("noctra_collector_events_refused_total", prometheus.CounterValue, l.refused[code], string(code))
	}
	show("noctra_collector_events_open", prometheus.GaugeValue, l.open)
	show("noctra_collector_refusals_waiting", prometheus.GaugeValue, int64(l.cells)+l.sealed)
	show("noctra_unaccounted_events", prometheus.GaugeValue, l.received-l.accepted-l.total-l.open, "process")
	show("noctra_unaccounted_events", prometheus.GaugeValue, l.total-l.stored-l.sealed-int64(l.cells), "refusals")
}
