package aggregator

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// outcome is what became of the messages of a batch: its events, and records of counts besides.
type outcome struct {
	events, inserted, repeated, conflicts, letters, counts int

	last int64 // time stamp of the last message
}

// ledger accounts for every message that was read, so that at any moment received = inserted +
// repeated + dead-lettered + pending. It is scraped as a whole.
//
// What a partition takes away with it unfinished is read again, here or elsewhere: it stays
// pending, and the next messages that are read take its place instead of counting as received.
type ledger struct {
	mu       sync.Mutex
	received int64
	settled  outcome
	open     int64 // read and not settled
	owed     int64 // of former owners' unfinished messages
	audited  func() (lost, doubled int64)

	descs map[string]*prometheus.Desc
}

const prefix = "noctra_aggregator_"

const (
	unaccountedName = "noctra_unaccounted_events"
	unaccountedHelp = "Events that are nowhere they have to be. process: read here and neither inserted, repeated, dead-lettered nor pending; lost: committed and found in no table; doubled: found twice. Always 0."
)

func newLedger(audited func() (lost, doubled int64)) *ledger {
	l := &ledger{audited: audited, descs: map[string]*prometheus.Desc{}}
	for name, help := range map[string]string{
		"events_received_total":      "Messages read from Kafka, each once.",
		"events_inserted_total":      "Events that ClickHouse has and whose offsets are committed.",
		"events_repeated_total":      "Copies of known events, and messages read again whose rows are stored; left out.",
		"events_dead_lettered_total": "Messages that no table can hold, set aside in noctra.deadletter.",
		"events_pending":             "Messages read whose batch is not finished.",
		"refusal_records_total":      "Records of what collectors refused whose offsets are committed; they are no events.",
		"events_conflicting_total":   "Repeats whose kind or amount differ from the first copy; counted in events_repeated_total too.",
	} {
		l.descs[name] = prometheus.NewDesc(prefix+name, help, nil, nil)
	}
	l.descs["unaccounted"] = prometheus.NewDesc(unaccountedName, unaccountedHelp, []string{"reason"}, nil)
	return l
}

// read notes n messages more.
func (l *ledger) read(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	again := min(l.owed, int64(n))
	l.owed -= again
	l.received += int64(n) - again
	l.open += int64(n)
}

// settle notes that a batch is finished.
func (l *ledger) settle(o outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open -= int64(o.events)
	l.count(o)
}

func (l *ledger) count(o outcome) {
	l.settled.counts += o.counts
	l.settled.inserted += o.inserted
	l.settled.repeated += o.repeated
	l.settled.conflicts += o.conflicts
	l.settled.letters += o.letters
}

// abandon notes that n messages will be read again by whoever owns their partition.
func (l *ledger) abandon(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open -= int64(n)
	l.owed += int64(n)
}

// recognise notes that a batch whose messages were abandoned turned out to be finished.
func (l *ledger) recognise(o outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	again := min(l.owed, int64(o.events)) // others were read in the place of the rest
	l.owed -= again
	l.received += int64(o.events) - again
	l.count(o)
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
	received, o, pending := l.received, l.settled, l.open+l.owed
	l.mu.Unlock()
	counter := func(name string, v int64) {
		to <- prometheus.MustNewConstMetric(l.descs[name], prometheus.CounterValue, float64(v))
	}
	counter("events_received_total", received)
	counter("events_inserted_total", int64(o.inserted))
	counter("events_repeated_total", int64(o.repeated))
	counter("events_dead_lettered_total", int64(o.letters))
	counter("events_conflicting_total", int64(o.conflicts))
	counter("refusal_records_total", int64(o.counts))
	to <- prometheus.MustNewConstMetric(l.descs["events_pending"], prometheus.GaugeValue, float64(pending))
	unaccounted := func(reason string, n int64) {
		to <- prometheus.MustNewConstMetric(l.descs["unaccounted"], prometheus.GaugeValue, float64(n), reason)
	}
	unaccounted("process", unsettled(received, o, pending))
	lost, doubled := l.audited()
	unaccounted("lost", lost)
	unaccounted("doubled", doubled)
}

func unsettled(received int64, o outcome, pending int64) int64 {
	return received - int64(o.inserted+o.repeated+o.letters) - pending
}

// unaccounted is what the equation of this process lacks.
func (l *ledger) unaccounted() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return unsettled(l.received, l.settled, l.open+l.owed)
}

// metrics are what the workers count besides the ledger.
type metrics struct {
	*ledger
	batches, rebuilt, insertFailures, commitFailures, confirmations, confirmed, missing prometheus.Counter
	batchRows, insertSeconds, delay                                                     prometheus.Histogram
}

func newMetrics(registry prometheus.Registerer, fill func() float64, audited func() (lost, doubled int64)) *metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + name, Help: help})
		registry.MustRegister(c)
		return c
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: prefix + name, Help: help, Buckets: buckets})
		registry.MustRegister(h)
		return h
	}
	m := &metrics{
		ledger:         newLedger(audited),
		batches:        counter("batches_total", "Batches whose offsets are committed."),
		rebuilt:        counter("batches_rebuilt_total", "Batches that a former owner had begun and that were built again."),
		insertFailures: counter("insert_failures_total", "Attempts at an insert without a good answer; each is repeated."),
		commitFailures: counter("commit_failures_total", "Commits of offsets without a good answer; they are repeated, or, without any, the group is joined anew."),
		confirmations:  counter("repeat_lookups_total", "Questions to ClickHouse whether events are repeats."),
		confirmed:      counter("repeat_candidates_total", "Events that were asked about."),
		missing:        counter("messages_missing_total", "Offsets that Kafka no longer had when they were due: lost, unless they are stored already."),
		batchRows:      histogram("batch_rows", "Rows of a batch.", prometheus.ExponentialBuckets(1, 4, 10)),
		insertSeconds:  histogram("insert_seconds", "Time of a successful insert.", prometheus.ExponentialBuckets(.005, 2, 14)),
		delay:          histogram("delay_seconds", "Time from receipt by the collector until ClickHouse has the event.", []float64{.25, .5, .75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 3600, 86400}),
	}
	registry.MustRegister(m.ledger, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: prefix + "repeats_fill", Help: "Share of its capacity that the filter of repeats uses on its fullest day; above 1 more questions go to ClickHouse.",
	}, fill))
	return m
}
