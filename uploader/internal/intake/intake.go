package intake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/schema"
)

const (
	mostPlaces = 50_000 // of a partition are read at a time
	mostAgain  = 2_000  // sales are looked at again at a time
	copiesCome = 98     // days: events are at most seven days late, and Google takes none older than ninety
)

// Intake reads. It is safe to run in several processes: one at a time reads.
type Intake struct {
	topic      string
	clickhouse Conn
	postgres   *pgxpool.Pool
	counts     *prometheus.CounterVec
	behind     prometheus.Gauge
}

// New returns an intake of a topic's events, and registers its metrics.
func New(topic string, clickhouse Conn, postgres *pgxpool.Pool, registry prometheus.Registerer) *Intake {
	i := &Intake{
		topic: topic, clickhouse: clickhouse, postgres: postgres,
		counts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "noctra_uploader_read_total", Help: "Clicks, sales, held sales, reached goals and refunds read out of stored events; a click id seen again counts again."}, []string{"kind"}),
		behind: prometheus.NewGauge(prometheus.GaugeOpts{Name: "noctra_uploader_places_behind", Help: "Stored places that were not read yet."}),
	}
	for _, kind := range []string{"click", "sale", "held_sale", "goal", "refund"} {
		i.counts.WithLabelValues(kind)
	}
	registry.MustRegister(i.counts, i.behind)
	return i
}

// Step reads once from each partition that has more. more says whether there may be still more.
func (i *Intake) Step(ctx context.Context) (more bool, err error) {
	settled, err := readSettled(ctx, i.clickhouse, i.topic)
	if err != nil {
		return false, err
	}
	read, err := i.places(ctx)
	if err != nil {
		return false, err
	}
	behind := int64(0)
	var errs []error
	for _, partition := range slices.Sorted(maps.Keys(settled)) {
		if next, begun := read[partition]; begun && next >= settled[partition] {
			continue
		}
		left, err := i.partition(ctx, partition, settled[partition])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		behind += left
	}
	i.behind.Set(float64(behind))
	again, err := i.again(ctx)
	return behind > 0 || again, errors.Join(append(errs, err)...)
}

// places returns up to where each partition was read.
func (i *Intake) places(ctx context.Context) (map[int]int64, error) {
	rows, err := i.postgres.Query(ctx, `SELECT partition, next FROM intake_places WHERE topic = $1`, i.topic)
	if err != nil {
		return nil, fmt.Errorf("look up what was read: %w", err)
	}
	read, partition, next := map[int]int64{}, 0, int64(0)
	_, err = pgx.ForEachRow(rows, []any{&partition, &next}, func() error {
		read[partition] = next
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up what was read: %w", err)
	}
	return read, nil
}

// again looks for clicks of sales whose attribution somebody has taken back, some at a time. more says
// whether there may be still more.
func (i *Intake) again(ctx context.Context) (more bool, err error) {
	var some bool
	if err := i.postgres.QueryRow(ctx, `SELECT EXISTS (SELECT FROM sales WHERE attributed_at IS NULL)`).Scan(&some); err != nil {
		return false, fmt.Errorf("look for sales to attribute: %w", err)
	}
	if !some {
		return false, nil
	}
	err = pgx.BeginFunc(ctx, i.postgres, func(tx pgx.Tx) error {
		var held bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, schema.IntakeLock).Scan(&held); err != nil || !held {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT id, site_id, order_id FROM sales WHERE attributed_at IS NULL ORDER BY id LIMIT $1`, mostAgain)
		if err != nil {
			return err
		}
		var c columns
		var ids []int64
		var id, site int64
		var order string
		_, err = pgx.ForEachRow(rows, []any{&id, &site, &order}, func() error {
			if ids = append(ids, id); order != "" {
				c.ids(uint64(site))
				c.texts(order)
			}
			return nil
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		more = len(ids) == mostAgain
		if _, err := borrow(ctx, tx, c); err != nil {
			return err
		}
		return Attribute(ctx, tx, ids)
	})
	if err != nil {
		return false, fmt.Errorf("look for clicks of sales again: %w", err)
	}
	return more, nil
}

// partition reads the next places and returns how many are left.
func (i *Intake) partition(ctx context.Context, partition int, settled int64) (left int64, err error) {
	read := batch{}
	err = pgx.BeginFunc(ctx, i.postgres, func(tx pgx.Tx) error {
		at, held, err := i.hold(ctx, tx, partition)
		if err != nil || !held || at >= settled {
			return err
		}
		s := span{i.topic, partition, at, min(settled, at+mostPlaces)}
		left = settled - s.to
		events, pairs, err := readEvents(ctx, i.clickhouse, s)
		if err != nil {
			return err
		}
		reached, err := readGoals(ctx, tx, i.clickhouse, s)
		if err != nil {
			return err
		}
		read = batchOf(events, reached, pairs)
		if err := read.write(ctx, tx); err != nil {
			return fmt.Errorf("write partition %d from %d: %w", partition, s.from, err)
		}
		if _, err := tx.Exec(ctx, `UPDATE intake_places SET next = $3 WHERE topic = $1 AND partition = $2`, i.topic, partition, s.to); err != nil {
			return fmt.Errorf("move mark of partition %d: %w", partition, err)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	i.counts.WithLabelValues("click").Add(float64(len(read.clicks)))
	i.counts.WithLabelValues("sale").Add(float64(len(read.sales)))
	i.counts.WithLabelValues("held_sale").Add(float64(len(read.held)))
	i.counts.WithLabelValues("goal").Add(float64(len(read.goals)))
	i.counts.WithLabelValues("refund").Add(float64(len(read.refunds)))
	return left, nil
}

// hold takes the right to write for this transaction; held is false while another process has it. One
// at a time writes, in all partitions: a click and its sale must not come in side by side, neither
// seeing the other.
func (i *Intake) hold(ctx context.Context, tx pgx.Tx, partition int) (next int64, held bool, err error) {
	err = tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, schema.IntakeLock).Scan(&held)
	if err == nil && held {
		err = tx.QueryRow(ctx, `INSERT INTO intake_places (topic, partition, next) VALUES ($1, $2, 0)
ON CONFLICT (topic, partition) DO UPDATE SET next = intake_places.next RETURNING next`, i.topic, partition).Scan(&next)
	}
	if err != nil {
		return 0, false, fmt.Errorf("hold partition %d: %w", partition, err)
	}
	return next, held, nil
}

// Forget deletes clicks and held sales older than the look-back of their site and 30 days, and as whom visitors signed
// in, and what Google has of erased sales, where no event can be that late.
func (i *Intake) Forget(ctx context.Context, now time.Time) (gone int64, err error) {
	tag, err := i.postgres.Exec(ctx, `DELETE FROM clicks c USING sites s WHERE s.id = c.site_id AND c.clicked_at < $1::timestamptz - make_interval(days => s.lookback_days + 30)`, now)
	if err != nil {
		return 0, fmt.Errorf("delete old clicks: %w", err)
	}
	if _, err := i.postgres.Exec(ctx, `DELETE FROM held_sales h USING sites s WHERE s.id = h.site_id AND h.occurred_at < $1::timestamptz - make_interval(days => s.lookback_days + 30)`, now); err != nil {
		return 0, fmt.Errorf("delete old held sales: %w", err)
	}
	if _, err := i.postgres.Exec(ctx, `DELETE FROM visitor_users WHERE read_at < $1::timestamptz - interval '8 days'`, now); err != nil {
		return 0, fmt.Errorf("delete old users of visitors: %w", err)
	}
	if _, err := i.postgres.Exec(ctx, `DELETE FROM erased_transactions WHERE erased_at < $1::timestamptz - make_interval(days => $2)`, now, copiesCome); err != nil {
		return 0, fmt.Errorf("delete old transactions of erased sales: %w", err)
	}
	return tag.RowsAffected(), nil
}
