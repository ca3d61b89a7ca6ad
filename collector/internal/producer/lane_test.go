package producer

import (
	"testing"
	"time"
)

// What one sender wants stored is tried as a whole at a broker that was failing, however many
// messages it has: else larger requests would never find out that the broker is back.
func TestFailingLaneIsTried(t *testing.T) {
	p := &Producer{began: time.Now()}
	lanes := []*lane{{producer: p, broker: 1}, {producer: p, broker: 2}}
	var partitions []*partition
	for id := range int32(4) {
		p := &partition{id: id}
		p.lane.Store(lanes[id%2])
		partitions = append(partitions, p)
	}
	everywhere, first := []uint64{0, 1, 2, 3, 4, 5}, []uint64{0, 2, 4}
	long := p.ticks() - int64(2*probeEvery)
	for _, c := range []struct {
		name    string
		keys    []uint64
		failing [2]bool
		tried   [2]int64
		want    bool
	}{
		{"all is well", everywhere, [2]bool{}, [2]int64{}, true},
		{"one fails", everywhere, [2]bool{true, false}, [2]int64{}, true},
		{"both fail", everywhere, [2]bool{true, true}, [2]int64{long, long}, true},
		{"the other fails", first, [2]bool{false, true}, [2]int64{0, p.ticks()}, true},
		{"tried a moment ago", first, [2]bool{true, false}, [2]int64{p.ticks(), 0}, false},
		{"one of two tried a moment ago", everywhere, [2]bool{true, true}, [2]int64{long, p.ticks()}, false},
	} {
		for i, l := range lanes {
			l.failing.Store(c.failing[i])
			l.probeAt.Store(c.tried[i])
		}
		if got := admitted(c.keys, partitions); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if !c.want && lanes[0].probeAt.Load() != c.tried[0] {
			t.Errorf("%s: a turn is used up by messages that were not let in", c.name)
		}
		if c.want && (c.failing[0] || c.failing[1]) && c.name != "the other fails" && admitted(c.keys, partitions) {
			t.Errorf("%s: tried twice at once", c.name)
		}
	}
}
