package collector

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what the front door counts besides the ledger.
type metrics struct {
	byKafka, bySpool prometheus.Counter         // accepted, by who has them
	requests         map[int]prometheus.Counter // by status
	otherRequests    prometheus.Counter
	panics           prometheus.Counter
	badClicks        prometheus.Counter
	acknowledged     prometheus.Histogram
	batch            prometheus.Histogram
	letters          *prometheus.CounterVec
}

// statuses are those that the collector answers with.
var statuses = []int{200, 202, 204, 304, 400, 401, 403, 404, 405, 408, 413, 415, 429, 431, 500, 503}

func newMetrics(registry prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "noctra_collector_" + name, Help: help})
		registry.MustRegister(c)
		return c
	}
	m := &metrics{
		panics:    counter("panics_total", "Requests that ended in a panic."),
		requests:  map[int]prometheus.Counter{},
		badClicks: counter("click_ids_invalid_total", "Click ids in URLs that were not taken because they are none."),
		acknowledged: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "noctra_collector_acknowledge_seconds", Help: "Time from handing events to the producer until Kafka has them.",
			Buckets: []float64{.001, .002, .004, .008, .016, .032, .064, .125, .25, .5, 1, 2, 5, 10},
		}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "noctra_collector_request_events", Help: "Events in a request.", Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000},
		}),
		letters: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "noctra_collector_dead_letters_total", Help: "Refused events of known sites, by what became of their record.",
		}, []string{"result"}),
	}
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "noctra_collector_requests_total", Help: "Requests by the status of the answer.",
	}, []string{"status"})
	for _, status := range statuses {
		m.requests[status] = requests.WithLabelValues(strconv.Itoa(status))
	}
	m.otherRequests = requests.WithLabelValues("other")
	stored := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "noctra_collector_events_stored_total", Help: "Events that were stored to be acknowledged, by where.",
	}, []string{"way"})
	m.byKafka, m.bySpool = stored.WithLabelValues("kafka"), stored.WithLabelValues("spool")
	registry.MustRegister(stored, requests, m.acknowledged, m.batch, m.letters)
	return m
}

// answered counts a request.
func (m *metrics) answered(status int) {
	if c := m.requests[status]; c != nil {
		c.Inc()
		return
	}
	m.otherRequests.Inc()
}

// gauges shows what the service holds.
func (s *Service) gauges(registry prometheus.Registerer) {
	gauge := func(name, help string, value func() float64) {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "noctra_collector_" + name, Help: help}, value))
	}
	gauge("connections", "Open connections.", func() float64 { return float64(s.server.GetOpenConnectionsCount()) })
	gauge("connections_turned_away", "Connections that were answered with 503 since the start because there were too many.", func() float64 { return float64(s.listener.doors.turned.Load()) })
	gauge("receiving_bytes", "Bytes of large requests that have come in and are not answered.", func() float64 { return float64(s.listener.bytes.Load()) })
	gauge("inflating_bytes", "Memory of decompressed bodies.", func() float64 { return float64(s.inflater.InUse()) })
	gauge("sites", "Sites that are known.", func() float64 { n, _ := s.sites.Snapshot().Len(); return float64(n) })
	gauge("server_keys", "Server keys that are known.", func() float64 { _, n := s.sites.Snapshot().Len(); return float64(n) })
	gauge("sites_age_seconds", "Time since Postgres answered about sites, -1 where it never did.", func() float64 {
		age, ok := s.sites.Age()
		if !ok {
			return -1
		}
		return age.Round(time.Second).Seconds()
	})
	s.spoolGauges(registry)
	gauge("retention_used_ratio", "Part of Kafka's retention that the oldest message the aggregator has not committed has used up; no events are taken from 0.85 on.", func() float64 { return s.guard.Fraction() })
	gauge("retention_blocked", "1 while no events are taken because of Kafka's retention.", func() float64 {
		if s.guard.Blocked() {
			return 1
		}
		return 0
	})
	gauge("unread_messages", "Messages that the aggregator has not committed.", func() float64 { return float64(s.guard.Unread()) })
	gauge("rate_limit_keys", "Sites and addresses whose rate is remembered.", func() float64 { return float64(s.siteRate.Len() + s.addressRate.Len()) })
	gauge("postgres_up", "1 while Postgres answers; without it the last known sites and salts stay in force.", s.postgresUp)
	gauge("salts", "Salts that are held.", func() float64 { n, _ := s.salts.Len(); return float64(n) })
	gauge("signatures_remembered", "Signatures of requests that were taken, which are known when they come again.", func() float64 { return float64(s.replays.size()) })
	gauge("salts_unshared", "Salts that were made here while Postgres was away.", func() float64 { _, n := s.salts.Len(); return float64(n) })
}
