package producer

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are what the producers of one process measure.
type Metrics struct {
	registry prometheus.Registerer
	took     prometheus.Histogram
	messages prometheus.Histogram
	batches  prometheus.Histogram
	failed   prometheus.Counter
}

// NewMetrics registers the metrics. Without a registry they are measured and shown nowhere.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		registry: registry,
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "noctra_collector_produce_seconds", Help: "Time from a produce request to Kafka's answer.",
			Buckets: []float64{.0005, .001, .002, .004, .008, .016, .032, .064, .125, .25, .5, 1, 2, 5, 10},
		}),
		messages: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "noctra_collector_produce_messages", Help: "Messages in a produce request.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 9),
		}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "noctra_collector_produce_batches", Help: "Partitions in a produce request.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 8),
		}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "noctra_collector_produce_failures_total", Help: "Produce requests without a good answer.",
		}),
	}
	if registry != nil {
		registry.MustRegister(m.took, m.messages, m.batches, m.failed)
	}
	return m
}

// watch shows a producer's gauges under its topic.
func (m *Metrics) watch(p *Producer) {
	labels := prometheus.Labels{"topic": p.config.Topic}
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "noctra_collector_inflight_bytes", Help: "Bytes of messages that wait for Kafka's answer.", ConstLabels: labels,
		}, func() float64 { return float64(p.InFlight()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "noctra_collector_inflight_limit_bytes", Help: "Most bytes that may wait for Kafka's answer now: fewer when it takes long.", ConstLabels: labels,
		}, func() float64 { return float64(p.window.size.Load()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "noctra_collector_partitions", Help: "Partitions of the topic, 0 while they are not known.", ConstLabels: labels,
		}, func() float64 { return float64(len(*p.partitions.Load())) }),
	)
	if p.config.Used != nil {
		m.watchUse(p)
	}
}

// watchUse shows how many partitions messages are placed in.
func (m *Metrics) watchUse(p *Producer) {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "noctra_collector_" + name, Help: help, ConstLabels: prometheus.Labels{"topic": p.config.Topic}}, value))
	}
	gauge("partitions_used", "Partitions that messages are placed in, 0 while that is not known.", func() float64 { return float64(p.config.Used()) })
	gauge("partitions_unused", "Partitions that Kafka has beyond those.", func() float64 { return float64(p.Unused()) })
}

func (m *Metrics) request(batches, messages int, took time.Duration, err error) {
	m.took.Observe(took.Seconds())
	m.messages.Observe(float64(messages))
	m.batches.Observe(float64(batches))
	if err != nil {
		m.failed.Inc()
	}
}
