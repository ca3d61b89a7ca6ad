package intent

import (
	"fmt"
	"hash/maphash"
	"strings"
)

// search walks all states breadth first, so that the first wrong one has a shortest trace.
type search struct {
	model  model
	seed   maphash.Seed
	limit  int
	states []state
	before []int32 // the state from which each was reached first
	index  []entry // open addressing by hash
	edges  []int32 // targets of all transitions
	starts []int   // where a state's edges begin
	fault  string
	wrong  int32 // the first wrong state
}

// entry finds a state by its hash of 64 bits. Two states with one hash would pass for one: with ten
// million states once in some hundred thousand runs, and each run hashes anew.
type entry struct {
	hash  uint64
	after int32 // 1 + number; 0: the entry is free
}

func newSearch(f faults, limit int) *search {
	return &search{model: model{faults: f}, seed: maphash.MakeSeed(), limit: limit, index: make([]entry, 1<<16)}
}

// run explores until a state is wrong, or all are known. It reports whether it came to one of
// these ends within its limit.
func (s *search) run() bool {
	at := int32(-1)
	s.model.emit = func(_ string, n state) {
		number, fresh := s.number(&n)
		s.edges = append(s.edges, number)
		if !fresh {
			return
		}
		s.before = append(s.before, at)
		if why := n.wrong(); why != "" && s.fault == "" {
			s.fault, s.wrong = why, number
		}
	}
	begin := state{}
	begin.reduce(true)
	s.model.emit("", begin)
	s.edges = s.edges[:0]
	for at = 0; int(at) < len(s.states); at++ {
		if s.fault != "" || len(s.states) > s.limit {
			return s.fault != ""
		}
		s.starts = append(s.starts, len(s.edges))
		now := s.states[at]
		s.model.next(&now)
	}
	s.starts = append(s.starts, len(s.edges))
	return true
}

// number returns the number of a state, a new one where it was not seen before.
func (s *search) number(n *state) (number int32, fresh bool) {
	if 2*len(s.states) > len(s.index) {
		old := s.index
		s.index = make([]entry, 4*len(old))
		for _, e := range old {
			if e.after != 0 {
				*s.find(e.hash) = e
			}
		}
	}
	hash := maphash.Comparable(s.seed, *n)
	e := s.find(hash)
	if e.after != 0 {
		return e.after - 1, false
	}
	s.states = append(s.states, *n)
	*e = entry{hash, int32(len(s.states))}
	return e.after - 1, true
}

// find returns the entry of a hash, or the free one where it belongs.
func (s *search) find(hash uint64) *entry {
	mask := uint64(len(s.index) - 1)
	at := hash & mask
	for s.index[at].after != 0 && s.index[at].hash != hash {
		at = (at + 1) & mask
	}
	return &s.index[at]
}

// trace tells how a state is reached.
func (s *search) trace(to int32) string {
	var path []int32
	for at := to; at >= 0; at = s.before[at] {
		path = append(path, at)
	}
	var out strings.Builder
	for i := len(path) - 2; i >= 0; i-- {
		from, want, told := s.states[path[i+1]], s.states[path[i]], false
		teller := model{faults: s.model.faults}
		teller.emit = func(what string, n state) {
			if n == want && !told {
				told = true
				fmt.Fprintf(&out, "%3d  %-64s offset %d", len(path)-1-i, what, n.offset)
				if n.intent.end != 0 {
					fmt.Fprintf(&out, ", intent %d-%d", n.offset, n.intent.end)
				}
				fmt.Fprintf(&out, ", stored %03b, touched %03b\n", n.stored, n.covered)
			}
		}
		teller.next(&from)
	}
	return out.String()
}

// stuck returns a state from which the end cannot be reached any more, or -1, and how many states
// are an end. run must have seen all.
func (s *search) stuck() (number int32, ends int) {
	into := make([]int32, len(s.states)+1) // first the number of edges into each state, then where they begin
	for _, to := range s.edges {
		into[to+1]++
	}
	for i := range s.states {
		into[i+1] += into[i]
	}
	from, fill := make([]int32, len(s.edges)), append([]int32(nil), into...)
	for i := range s.states {
		for _, to := range s.edges[s.starts[i]:s.starts[i+1]] {
			from[fill[to]] = int32(i)
			fill[to]++
		}
	}
	good := make([]bool, len(s.states))
	var todo []int32
	for i := range s.states {
		if s.states[i].finished() {
			good[i] = true
			todo = append(todo, int32(i))
		}
	}
	ends = len(todo)
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, i := range from[into[at]:into[at+1]] {
			if !good[i] {
				good[i] = true
				todo = append(todo, i)
			}
		}
	}
	for i := range good {
		if !good[i] {
			return int32(i), ends
		}
	}
	return -1, ends
}
