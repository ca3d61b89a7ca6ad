package intent

import "math/bits"

// faults are ways to build the aggregator wrong.
type faults struct {
	commitFirst    bool // the batch's end is committed before the insert
	noTokens       bool // inserts have no token
	noIntents      bool // the commit before the insert has no metadata
	noFence        bool // Kafka takes commits of any generation
	noPlaces       bool // any stored row of an id makes a repeat, also the batch's own
	noMend         bool // touched is left as it is after a repeated insert
	noLease        bool // tokens are relied on however old they are
	answerUnneeded bool // an insert without an answer is taken for done
	lateClock      bool // the age of what is looked up counts from the record on
	noMendAgain    bool // where all rows of a recorded batch turn out to be stored, touched is left as it is
	trustFilter    bool // what the filter does not know is new, also where its row may be stored
	stay           bool // a commit without an answer is repeated by the same member
	sameGeneration bool // after it the member joins again and gets the generation it had
}

// model is the world: one partition, Kafka's group, ClickHouse and two writers.
type model struct {
	faults
	emit func(what string, next state)
}

// tell hands a successor on. what is read in traces alone.
func (m *model) tell(what string, n state) {
	n.reduce(!m.noFence)
	m.emit(what, n)
}

// next tells all successors of s.
func (m *model) next(s *state) {
	for w := range s.writers {
		if s.writers[w].step == 0 {
			m.join(*s, w)
			continue
		}
		m.work(s, w)
		m.crash(*s, w)
	}
	for f := range s.flights {
		for left := s.flights[f].left; left != 0; left &= left - 1 {
			m.land(*s, f, bits.TrailingZeros8(left))
		}
	}
	if s.late.set {
		n := *s
		n.offset, n.intent, n.late = s.late.offset, s.late.intent, late{}
		m.tell("kafka applies the late commit", n)
	}
	m.tick(*s)
}

// join gives the partition to a writer in a new generation, whatever the other one does.
func (m *model) join(n state, w int) {
	if w == former {
		if n.writers[owner].step == Insert && n.straggler() {
			return // once that has ended
		}
		n.writers[owner], n.writers[former] = n.writers[former], n.writers[owner]
		n.flights[owner], n.flights[former] = n.flights[former], n.flights[owner]
	}
	n.writers[owner] = writer{step: NewMachine().Step(), age: unrecorded}
	if w == former || !m.sameGeneration {
		n.late = late{} // Kafka refuses it from now on
	}
	m.tell(joins[w], n)
}

// crash ends a writer at any point; an insert that it sent may be applied later.
func (m *model) crash(n state, w int) {
	n.writers[w] = writer{}
	m.giveUp(n, w, "crashes")
}

// giveUp leaves a writer's request, if any: dropped, or still on its way.
func (m *model) giveUp(n state, w int, what string) {
	sent := n.flights[w]
	n.flights[w] = request{}
	m.tell(by[w]+what, n)
	if sent.left != 0 && !n.straggler() {
		n.flights[abandoned] = sent
		m.tell(by[w]+what+", its insert is under way", n)
	}
}

// straggler tells whether there is one beside the owner that may insert: a former owner, or an
// abandoned request. The model has no two of them at a time.
func (s *state) straggler() bool {
	return s.writers[former].step == Insert || s.flights[abandoned].left != 0
}

// land applies one block of a request, unless ClickHouse knows its token.
func (m *model) land(n state, f, block int) {
	r := &n.flights[f]
	known := &n.tokens[pair(r.from, r.end)][block]
	r.left &^= 1 << block
	drop, add := *known != 0, *known == 0 || *known > 1+windowTicks
	if m.noTokens {
		drop, add = false, true
	}
	if drop {
		dropped := n
		if f == abandoned && r.left == 0 {
			dropped.flights[f] = request{}
		}
		m.tell(of[f]+blockNames[block]+": token known", dropped)
	}
	if !add {
		return
	}
	*known = 1
	if 1<<block == inTouched {
		n.covered |= r.added
		r.viewed = true
	} else {
		n.add(r, inMonths(r.rows, 1<<block))
	}
	if f == abandoned && r.left == 0 {
		*r = request{}
	}
	m.tell(of[f]+blockNames[block]+": added", n)
}

// add stores rows of a request. Rows that come later than the view's share are not covered by it.
func (s *state) add(r *request, rows uint8) {
	if s.stored&rows != 0 {
		s.doubled = true
	}
	s.stored |= rows
	r.added |= rows
	if r.viewed {
		s.covered |= rows
	} else {
		s.covered &^= rows
	}
}

// commit is a commit that arrives at the broker: it may be stored, refused or lost, and so may its
// answer.
func (m *model) commit(n state, w int, offset uint8, i record) {
	name := n.writers[w].step
	if w != owner && !m.noFence {
		m.apply(&n, w, Refused)
		m.tell(by[w]+commitNames[name]+": refused", n)
		return
	}
	result := Done
	if name == Advance && i.end != 0 {
		result = Found
	}
	again := n
	m.apply(&again, w, Unknown)
	m.tell(by[w]+commitNames[name]+": an error, it is not stored", again)
	again.offset, again.intent = offset, i
	m.tell(by[w]+commitNames[name]+": an error, it is stored", again)
	m.unanswered(n, w, late{true, offset, i})
	n.offset, n.intent = offset, i
	n.writers[w].proof = 0
	m.apply(&n, w, result)
	m.tell(by[w]+commitNames[name]+": stored", n)
}

// unanswered is a commit whose answer does not come: it is stored, or not, or later, up to the next
// generation. The writer gives the partition up and has to join anew.
func (m *model) unanswered(n state, w int, c late) {
	name, result := n.writers[w].step, Refused
	if m.stay {
		result = Unknown
	}
	m.apply(&n, w, result)
	m.tell(by[w]+commitNames[name]+": no answer, it is not stored", n)
	if !n.late.set {
		later := n
		later.late = c
		m.tell(by[w]+commitNames[name]+": no answer, it is stored later", later)
	}
	n.offset, n.intent = c.offset, c.intent
	m.tell(by[w]+commitNames[name]+": no answer, it is stored", n)
}

// tick lets time pass: everything gets older, and inserts that took too long are given up.
func (m *model) tick(n state) {
	old := n
	n.intent.age = older(n.intent.age, tokenTicks)
	if n.intent.end == 0 {
		n.intent.age = 0
	}
	if n.late.set && n.late.intent.end != 0 {
		n.late.intent.age = older(n.late.intent.age, tokenTicks)
	}
	for i := range n.writers {
		w := &n.writers[i]
		if w.step != 0 {
			w.age, w.proof = older(w.age, tokenTicks), older(w.proof, proofTicks)
		}
	}
	for i := range n.flights {
		r := &n.flights[i]
		switch {
		case r.left == 0:
			r.age = 0
		case r.age < flightTicks:
			r.age++
		default:
			*r = request{}
			if i != abandoned {
				n.writers[i].phase = 0
			}
		}
	}
	for i := range n.tokens {
		for b, age := range n.tokens[i] {
			if age != 0 {
				n.tokens[i][b] = min(age+1, windowTicks+2)
			}
		}
	}
	if n.reduce(!m.noFence); n != old {
		m.emit("time passes", n)
	}
}
