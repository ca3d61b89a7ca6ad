package send

import "sync"

// turns remembers who was served when, and how many calls are under way.
type turns struct {
	mu          sync.Mutex
	clock       int
	busy        map[int64]int    // calls, by connection
	all         int              // calls
	connections map[int64]int    // when it was served last, by connection
	served      map[groupKey]int // and by kind of group
}

// groupKey is what takes turns within a connection; cohorts of an action share one.
type groupKey struct {
	mapping             int64
	narrowed, adjusting bool
}

func (g *group) key() groupKey { return groupKey{g.Mapping, g.Cohort > 0, g.Adjustments} }

func newTurns() turns {
	return turns{busy: map[int64]int{}, connections: map[int64]int{}, served: map[groupKey]int{}}
}

func (t *turns) full() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all >= mostCalls
}

// serve says that a group had its turn, whether there was something left to send or not.
func (t *turns) serve(g *group) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clock++
	t.connections[g.To.ConnectionID], t.served[g.key()] = t.clock, t.clock
}

func (t *turns) begin(connection int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy[connection]++
	t.all++
}

func (t *turns) end(connection int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all--
	if t.busy[connection]--; t.busy[connection] == 0 {
		delete(t.busy, connection)
	}
}
