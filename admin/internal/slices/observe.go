package slices

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// makerMetrics are moved by the Maker.
type makerMetrics struct {
	made, failures, swept prometheus.Counter
	due                   prometheus.Gauge
	seconds               prometheus.Histogram
}

func newMakerMetrics(registry prometheus.Registerer) *makerMetrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "noctra_admin_" + name, Help: help})
	}
	m := &makerMetrics{
		made:     counter("slices_made_total", "Days of a site whose visits were made."),
		failures: counter("slices_failures_total", "Rounds of making visits that failed; they are tried again."),
		swept:    counter("slices_swept_total", "Generations of visits deleted after newer ones had replaced them."),
		due:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "noctra_admin_slices_due", Help: "Days left over by the last round of making visits."}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "noctra_admin_slices_make_seconds", Help: "Time to make the visits of some days of one site.", Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 240},
		}),
	}
	if registry != nil {
		registry.MustRegister(m.made, m.failures, m.swept, m.due, m.seconds)
	}
	return m
}

// throttle logs the first of failures in a row, then one a minute with the number left out.
type throttle struct {
	log     *slog.Logger
	last    time.Time
	leftOut int
	failing bool
}

func (t *throttle) report(err error) {
	if t.failing && time.Since(t.last) < failureEvery {
		t.leftOut++
		return
	}
	t.log.Warn("visits cannot be made; reports are answered from raw events meanwhile", "error", err, "left_out", t.leftOut)
	t.failing, t.last, t.leftOut = true, time.Now(), 0
}

func (t *throttle) over() {
	if t.failing {
		t.log.Info("visits are made again")
	}
	t.failing, t.leftOut = false, 0
}
