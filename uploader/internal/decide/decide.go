package decide

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	batchSales = 500 // in one transaction
	tries      = 5   // of a transaction that others got in the way of
)

// Decider decides. It is safe to run in several processes.
type Decider struct {
	postgres *pgxpool.Pool
	decided  *prometheus.CounterVec
	behind   prometheus.Gauge
	steps    atomic.Int64
	ahead    time.Duration // of the time of Postgres, in tests
}

// New returns a decider, and registers its metrics.
func New(postgres *pgxpool.Pool, registry prometheus.Registerer) *Decider {
	d := &Decider{
		postgres: postgres,
		decided: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "noctra_uploader_decided_total",
			Help: "Decisions about conversions and adjustments by the state they lead to and the class of its reason; one that is decided again counts again."}, []string{"state", "class"}),
		behind: prometheus.NewGauge(prometheus.GaugeOpts{Name: "noctra_uploader_decide_delay_seconds", Help: "For how long the sale has been due that is due the longest, 0 for none."}),
	}
	registry.MustRegister(d.decided, d.behind)
	return d
}

// Step decides once, up to some hundred sales that are due, and returns how many they were.
func (d *Decider) Step(ctx context.Context) (decided int, err error) {
	var due bool // mostly there is none, and a transaction costs more than the question
	if err := d.postgres.QueryRow(ctx, `SELECT EXISTS (SELECT FROM sales WHERE decide_at <= clock_timestamp() + make_interval(secs => $1))`, d.ahead.Seconds()).Scan(&due); err != nil || !due {
		return 0, wrapped(err)
	}
	for range tries {
		decided, err = d.step(ctx)
		if c := code(err); c != deadlock && c != serialization {
			break
		}
	}
	return decided, err
}

func (d *Decider) step(ctx context.Context) (decided int, err error) {
	var ch *changes
	of := turn{batchSales, d.steps.Add(1)%2 == 0}
	err = pgx.BeginFunc(ctx, d.postgres, func(tx pgx.Tx) error {
		var now time.Time // that of Postgres, which those who set decide_at have too
		if err := tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
			return fmt.Errorf("read the time: %w", err)
		}
		b, err := claim(ctx, tx, now.UTC().Add(d.ahead), of)
		if err != nil || len(b.sales) == 0 {
			return err
		}
		decided = len(b.sales)
		ch = b.decide()
		return ch.write(ctx, tx, b)
	})
	if err != nil {
		return 0, wrapped(err)
	}
	if ch != nil {
		for c, n := range ch.counts {
			d.decided.WithLabelValues(c.state, c.class).Add(float64(n))
		}
	}
	return decided, nil
}

func wrapped(err error) error {
	if err != nil {
		return fmt.Errorf("decide sales: %w", err)
	}
	return nil
}

// Measure sets the gauge.
func (d *Decider) Measure(ctx context.Context) error {
	var behind float64
	err := d.postgres.QueryRow(ctx, `SELECT coalesce(extract(epoch FROM clock_timestamp() - min(decide_at)), 0)::float8 FROM sales WHERE decide_at <= clock_timestamp()`).Scan(&behind)
	if err != nil {
		return fmt.Errorf("measure delay of deciding: %w", err)
	}
	d.behind.Set(max(0, behind))
	return nil
}
