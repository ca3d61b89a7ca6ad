package bench

import (
	"context"
	"fmt"
)

// tally lets loads loose on a product and remembers what was acknowledged.
type tally struct {
	product *product
	url     string // empty: the product's own collector
	nextID  uint64
	acked   []idRange
}

// load runs l with ids of its own.
func (t *tally) load(ctx context.Context, l load) (loadResult, error) {
	l.url, l.key, l.site, l.firstID = t.address(), t.product.Demo.ServerKey, t.product.Demo.SiteKey, t.nextID
	t.nextID += uint64(l.connections) << idBitsPerWorker
	result, err := l.run(ctx)
	t.acked = append(t.acked, result.acked...)
	return result, err
}

func (t *tally) address() string {
	if t.url != "" {
		return t.url
	}
	return t.product.CollectorURL + "/v1/events"
}

// verify reads back everything that stands in Kafka: each acknowledged id must be there.
func (t *tally) verify(ctx context.Context) (acknowledged, stored int, err error) {
	found, err := storedIDs(ctx, t.product.Kafka)
	if err != nil {
		return 0, 0, err
	}
	for _, r := range t.acked {
		acknowledged += int(r.count)
		for n := r.first; n < r.first+r.count; n++ {
			if _, ok := found[n]; ok {
				stored++
			}
		}
	}
	if stored < acknowledged {
		return acknowledged, stored, fmt.Errorf("%d of %d acknowledged events are not in Kafka", acknowledged-stored, acknowledged)
	}
	return acknowledged, stored, nil
}
