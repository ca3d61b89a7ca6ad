package intent

import "fmt"

var (
	by          = [2]string{"owner ", "former owner "}
	joins       = [2]string{"owner joins again", "other writer joins and is the owner"}
	of          = [3]string{"owner's insert, ", "former owner's insert, ", "abandoned insert, "}
	blockNames  = [blocks]string{"June", "July", "touched"}
	commitNames = map[Step]string{Record: "commits the intent", Advance: "commits the end"}
)

// Phases within the steps.
const (
	recall, look, load = 0, 1, 2 // of Load: the filter is filled, the horizon found, the offset read
	prepared           = 1       // of Rebuild: repeats are left out, touched is still to be mended
	sent               = 1       // of Insert: it is on its way
	mending            = 2       // of Insert: all blocks are in, touched is to be mended
)

// apply walks the real machine.
func (m *model) apply(s *state, w int, r Result) {
	machine := Machine{step: s.writers[w].step}
	if err := machine.Apply(r); err != nil {
		panic(fmt.Sprintf("the model does what the machine does not know: %v", err))
	}
	s.writers[w].step, s.writers[w].phase = machine.Step(), 0
	if machine.Step() == End {
		s.writers[w] = writer{}
		if s.flights[w].left != 0 {
			panic("a writer ends while its insert is under way")
		}
	}
}

// work tells what a writer may do next, as worker.do does.
func (m *model) work(s *state, w int) {
	switch s.writers[w].step {
	case Load:
		m.load(*s, w)
	case Rebuild:
		m.rebuild(*s, w)
	case Build:
		m.build(*s, w)
	case Record:
		m.record(*s, w)
	case Insert:
		m.insert(*s, w)
	case Advance:
		m.advance(*s, w)
	}
}

func (m *model) load(n state, w int) {
	a := &n.writers[w]
	switch a.phase {
	case recall:
		a.filter, a.phase = ids(n.stored), look
		m.tell(by[w]+"fills its filter", n)
	case look:
		for a.horizon = messages; a.horizon > 0 && n.stored>>(a.horizon-1) == 0; {
			a.horizon--
		}
		a.phase = load
		m.tell(by[w]+"looks for the last stored offset", n)
	case load:
		a.pos = n.offset
		if n.intent.end == 0 {
			m.apply(&n, w, Done)
			m.tell(by[w]+"loads an offset", n)
			return
		}
		a.begun, a.end, a.again, a.age = true, n.intent.end, n.intent.again, n.intent.age
		m.apply(&n, w, Found)
		m.tell(by[w]+"loads an intent", n)
	}
}

// rebuild makes the recorded batch again. Where rows of it may be stored and its token forgotten,
// it looks for them.
func (m *model) rebuild(n state, w int) {
	a := &n.writers[w]
	if a.phase == prepared {
		m.prepared(n, w)
		return
	}
	a.again = a.again || a.age > tokenTicks && !m.noLease
	m.sieve(&n, a)
	m.prepared(n, w)
	if a.mend {
		a.phase = prepared
		m.tell(by[w]+"looks for rows of the recorded batch", n)
	}
}

// prepared ends Build or Rebuild once touched is right for rows that are left out.
func (m *model) prepared(n state, w int) {
	a := &n.writers[w]
	if a.mend {
		n.mend(a)
	}
	a.mend = false
	m.settle(&n, w)
	m.tell(by[w]+"has its batch", n)
}

// sieve leaves the repeats out of a batch: what the filter does not know is new for sure, unless
// rows of the batch itself may be stored.
func (m *model) sieve(s *state, a *writer) {
	a.rows = 0
	before := a.pos
	if a.again {
		before = a.end
		a.mend = !a.begun || !m.noMendAgain
		if a.age = 0; m.lateClock {
			a.age = unrecorded
		}
	}
	for offset := a.pos; offset < a.end; offset++ {
		id := uint8(1) << idAt[offset]
		maybe := a.filter&id != 0 || a.again && !m.trustFilter
		a.filter |= id
		earlier := s.stored & span(0, min(before, offset+1))
		if m.noPlaces {
			earlier = s.stored
		}
		if maybe && (ids(earlier)|ids(a.rows))&id != 0 {
			continue
		}
		a.rows |= 1 << offset
	}
}

// mend makes touched right for the stored rows of a batch.
func (s *state) mend(a *writer) { s.covered |= s.stored & span(a.pos, a.end) }

// settle ends Build or Rebuild.
func (m *model) settle(s *state, w int) {
	a := &s.writers[w]
	if a.rows != 0 {
		m.apply(s, w, Done)
		return
	}
	a.pos, a.end = a.end, 0
	m.apply(s, w, Empty)
}

// cuts calls do with every batch that may come next.
func (m *model) cuts(n state, w int, do func(n state)) {
	pos, horizon := n.writers[w].pos, n.writers[w].horizon
	last := uint8(messages)
	if pos < horizon {
		last = horizon
	}
	for end := pos + 1; end <= last; end++ {
		next := n
		a := &next.writers[w]
		a.end, a.again = end, pos < horizon
		m.sieve(&next, a)
		do(next)
	}
}

func (m *model) build(n state, w int) {
	if n.writers[w].end != 0 {
		m.prepared(n, w)
		return
	}
	m.cuts(n, w, func(n state) {
		m.prepared(n, w)
		if n.writers[w].mend {
			m.tell(by[w]+"looks for rows of its batch", n)
		}
	})
}

func (m *model) record(n state, w int) {
	a := &n.writers[w]
	if a.age == unrecorded {
		a.age = 0
	}
	switch {
	case m.commitFirst:
		m.commit(n, w, a.end, record{})
	case m.noIntents:
		m.commit(n, w, a.pos, record{})
	default:
		m.commit(n, w, a.pos, record{a.end, a.again, a.age})
	}
}

// advance commits the end of the batch, with the intent of the next one if that is ready.
func (m *model) advance(n state, w int) {
	m.commitEnd(n, w)
	if n.writers[w].end == 0 {
		m.cuts(n, w, func(n state) { m.commitEnd(n, w) })
	}
}

func (m *model) commitEnd(n state, w int) {
	a := &n.writers[w]
	if a.mend { // that fails, or it is done
		m.commit(n, w, a.pos, record{})
		n.mend(a)
		a.mend = false
	}
	i := record{}
	if a.end != 0 && a.rows != 0 {
		if !a.again || m.lateClock {
			a.age = 0
		}
		if !m.noIntents && !m.commitFirst {
			i = record{a.end, a.again, a.age}
		}
	}
	m.commit(n, w, a.pos, i)
}
