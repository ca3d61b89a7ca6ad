package admin

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what the service counts. Routes are patterns, never addresses.
type metrics struct {
	requests  *prometheus.CounterVec   // route, status
	seconds   *prometheus.HistogramVec // route
	queries   *prometheus.HistogramVec // result
	signIns   *prometheus.CounterVec   // result
	refusals  *prometheus.CounterVec   // reason
	jobErrors *prometheus.CounterVec   // job
	mail      *prometheus.CounterVec   // result
	waiting   prometheus.Gauge
	oldest    prometheus.Gauge
	unclosed  prometheus.Gauge
}

func newMetrics(r prometheus.Registerer, streams func() float64) *metrics {
	m := &metrics{
		requests:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "noctra_admin_requests_total", Help: "Requests, by route and status."}, []string{"route", "status"}),
		seconds:   prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "noctra_admin_request_seconds", Help: "Time to answer, by route; live streams are left out.", Buckets: prometheus.ExponentialBuckets(0.001, 3, 10)}, []string{"route"}),
		queries:   prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "noctra_admin_query_seconds", Help: "Time of report queries in ClickHouse, by result.", Buckets: prometheus.ExponentialBuckets(0.002, 2, 14)}, []string{"result"}),
		signIns:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "noctra_admin_sign_ins_total", Help: "Sign-ins by link, password, second factor and passkey, by result."}, []string{"result"}),
		refusals:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "noctra_admin_refusals_total", Help: "Requests that were not answered, by code."}, []string{"reason"}),
		jobErrors: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "noctra_admin_job_errors_total", Help: "Failed runs of background jobs."}, []string{"job"}),
	}
	m.mail = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "noctra_admin_mail_total", Help: "Mail by what became of an attempt: sent, retried, refused, expired, nothing."}, []string{"result"})
	m.waiting = prometheus.NewGauge(prometheus.GaugeOpts{Name: "noctra_admin_mail_waiting", Help: "Mail that waits to be sent."})
	m.oldest = prometheus.NewGauge(prometheus.GaugeOpts{Name: "noctra_admin_mail_oldest_seconds", Help: "For how long the oldest mail waits."})
	m.unclosed = prometheus.NewGauge(prometheus.GaugeOpts{Name: "noctra_admin_reconciliation_unclosed", Help: "Sales and conversions of the last 30 days that a reconciliation would leave out or count twice; always 0."})
	open := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "noctra_admin_streams", Help: "Open live streams."}, streams)
	r.MustRegister(m.requests, m.seconds, m.queries, m.signIns, m.refusals, m.jobErrors, m.mail, m.waiting, m.oldest, m.unclosed, open)
	return m
}
