package intent

// insert sends the batch where the last commit is new and the token still known, waits for the
// answer, and mends touched after any repetition.
func (m *model) insert(n state, w int) {
	a := &n.writers[w]
	switch {
	case a.phase == mending:
		m.mending(n, w)
	case a.phase == sent:
		m.await(n, w)
	case a.proof > proofTicks && !m.noLease:
		m.apply(&n, w, Outdated)
		m.tell(by[w]+"finds its last commit too old to insert", n)
	case a.age > tokenTicks && !m.noLease:
		m.apply(&n, w, Refused)
		m.tell(by[w]+"gives up a batch whose token may be forgotten", n)
	default:
		months := uint8(0)
		for _, month := range [...]uint8{inJune, inJuly} {
			if inMonths(a.rows, month) != 0 {
				months |= month
			}
		}
		n.flights[w] = request{from: a.pos, end: a.end, rows: a.rows, left: months | inTouched}
		a.tries, a.phase = min(a.tries+1, 2), sent
		m.tell(by[w]+"sends the insert", n)
	}
}

// await is the end of an insert: an answer once all blocks are in, or none at any time.
func (m *model) await(n state, w int) {
	lost := n
	if lost.writers[w].phase = 0; m.answerUnneeded {
		lost.done(m, w)
	}
	m.giveUp(lost, w, "has no answer to its insert")
	if n.flights[w].left != 0 {
		return
	}
	n.flights[w] = request{}
	if a := &n.writers[w]; (a.tries > 1 || a.begun) && !m.noMend {
		a.phase = mending
	} else {
		n.done(m, w)
	}
	m.tell(by[w]+"has inserted", n)
}

// mending is the statement that makes touched right, which may fail or lose its answer like any other.
func (m *model) mending(n state, w int) {
	lost := n
	lost.writers[w].phase = 0
	m.tell(by[w]+"fails to mend touched", lost)
	lost.mend(&n.writers[w])
	m.tell(by[w]+"mends touched, the answer is lost", lost)
	n.mend(&n.writers[w])
	n.done(m, w)
	m.tell(by[w]+"mends touched", n)
}

// done ends Insert.
func (s *state) done(m *model, w int) {
	a := &s.writers[w]
	a.pos, a.end = a.end, 0
	m.apply(s, w, Done)
}
