package intent

import "math/bits"

// The log of the model's partition: offset by offset an event's id and the month it occurred in.
// The ids of offsets 0 and 2 are one event that was sent twice.
const (
	messages = 3
	pairs    = messages * (messages + 1) / 2 // of a batch's first offset and its end
)

var (
	idAt    = [messages]uint8{0, 1, 0}
	monthAt = [messages]uint8{inJune, inJuly, inJune}
)

// What an insert consists of: a block of events for each month, and the view's block for touched.
const (
	inJune uint8 = 1 << iota
	inJuly
	inTouched
	blocks = 3
)

// Time passes in ticks. Ages stop at the first value that no rule tells from a later one.
const (
	proofTicks  = 0                        // proofLasts of the aggregator
	tokenTicks  = 0                        // tokensLast
	flightTicks = 1                        // how long a sent insert may take to be applied, if it ever is
	windowTicks = tokenTicks + flightTicks // how long ClickHouse remembers a token for sure

	unrecorded = 0xff // the age of a batch that was never recorded
)

// record is an intent in Kafka. end 0 says that there is none.
type record struct {
	end   uint8
	again bool
	age   uint8 // of its At
}

// writer is one aggregator's worker of the partition. The step 0 says that it does not run.
type writer struct {
	step  Step
	phase uint8 // within the step
	pos   uint8 // where the next batch begins; what Advance commits

	end     uint8 // of the current batch, which begins at pos; 0: there is none
	rows    uint8 // offsets of its rows, as bits
	again   bool
	begun   bool
	mend    bool
	tries   uint8 // attempts at the insert, up to 2
	age     uint8 // since it was recorded first
	proof   uint8 // age of the last commit
	filter  uint8 // ids that the filter knows, as bits
	horizon uint8 // offsets below it may be stored already
}

// request is an insert on its way to ClickHouse. end 0 says that there is none.
type request struct {
	from, end uint8
	rows      uint8
	left      uint8 // blocks that are not applied yet
	added     uint8 // rows that this very request has added
	viewed    bool  // its block for touched was not dropped
	age       uint8
}

// late is a commit without an answer that the broker has still to apply. set tells whether it is there.
type late struct {
	set    bool
	offset uint8
	intent record
}

// Places of writers and requests. Who gets the partition becomes the owner, so that states which
// differ in the writers' names alone are one state.
const (
	owner     = 0
	former    = 1
	abandoned = 2 // a request whose sender has given it up or died
)

// state is all that the future depends on.
type state struct {
	offset  uint8 // committed
	intent  record
	writers [2]writer // the owner by the current generation, and the other one
	flights [3]request
	late    late
	tokens  [pairs][blocks]uint8 // 0 unknown, else 1 + age
	stored  uint8                // offsets of the rows in events, as bits
	covered uint8                // of those, the ones that touched knows of
	doubled bool                 // a row was added a second time
}

// pair numbers the batches.
func pair(from, end uint8) int {
	return int(end)*int(end-1)/2 + int(from)
}

// older is an age a tick later, up to one more than limit.
func older(age, limit uint8) uint8 {
	if age == unrecorded {
		return age
	}
	return min(age+1, limit+1)
}

// span is the offsets of a batch as bits.
func span(from, end uint8) uint8 { return 1<<end - 1<<from }

// ids are the ids of rows, as bits.
func ids(rows uint8) (found uint8) {
	for rest := rows; rest != 0; rest &= rest - 1 {
		found |= 1 << idAt[bits.TrailingZeros8(rest)]
	}
	return found
}

// inMonths is the rows of some months.
func inMonths(rows, months uint8) (found uint8) {
	for rest := rows; rest != 0; rest &= rest - 1 {
		if i := bits.TrailingZeros8(rest); monthAt[i]&months != 0 {
			found |= 1 << i
		}
	}
	return found
}

// wrong names the invariant that s breaks, or is empty.
func (s *state) wrong() string {
	switch below := span(0, s.offset); {
	case s.doubled:
		return "a row was stored twice"
	case bits.OnesCount8(s.stored) != bits.OnesCount8(ids(s.stored)):
		return "an event is stored at two places"
	case ids(below)&^ids(s.stored&below) != 0:
		return "the committed offset is beyond what is stored"
	case s.stored&below&^s.covered != 0:
		return "the committed offset is beyond what touched has"
	}
	return ""
}

// finished tells whether all messages are consumed, and nothing is under way.
func (s *state) finished() bool {
	return s.offset == messages && s.flights == [3]request{} && !s.late.set
}

// reduce clears what cannot matter any more, so that states with one future are one state. Where
// commits are fenced, a former owner that is not about to insert has nothing before it but a
// refusal, whatever it builds until then.
func (s *state) reduce(fenced bool) {
	if w := &s.writers[former]; fenced && w.step != 0 && w.step != Insert {
		*w = writer{step: Record, age: unrecorded}
	}
	for i := range s.writers {
		w := &s.writers[i]
		if w.step == 0 {
			*w = writer{}
			continue
		}
		if w.step != Load {
			w.filter &= ids(span(w.pos, messages))
			if w.horizon <= max(w.pos, w.end) {
				w.horizon = 0
			}
		}
		if w.end == 0 {
			w.rows, w.again, w.begun, w.mend, w.tries, w.age = 0, false, false, false, 0, unrecorded
		}
		if w.begun {
			w.tries = 0
		}
		if w.step != Insert {
			w.proof = 0
		}
	}
	for i := range s.flights {
		s.flights[i].reduce()
	}
	if fenced {
		s.forgetUseless()
	}
}

// reduce clears what a request has behind it.
func (r *request) reduce() {
	if r.left == 0 {
		*r = request{}
	}
	if r.left&inTouched == 0 {
		r.added = 0
	}
	months := r.left & (inJune | inJuly)
	if months == 0 {
		r.viewed = false
	}
	r.rows = inMonths(r.rows, months)
}

// forgetUseless removes tokens that nobody can use again: of batches before the committed offset
// which no writer and no request has.
func (s *state) forgetUseless() {
	least := s.offset
	if s.late.set {
		least = min(least, s.late.offset)
	}
	for end := uint8(1); end <= messages; end++ {
		for from := uint8(0); from < min(end, least); from++ {
			used := false
			for i := range s.writers {
				used = used || s.writers[i].pos == from && s.writers[i].end == end
			}
			for i := range s.flights {
				used = used || s.flights[i].from == from && s.flights[i].end == end
			}
			if !used {
				s.tokens[pair(from, end)] = [blocks]uint8{}
			}
		}
	}
}
