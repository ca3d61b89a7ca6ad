package aggregator

import (
	"errors"
	"strings"

	"noctra/aggregator/internal/intent"
	"noctra/aggregator/internal/repeats"
	"noctra/aggregator/internal/rows"
	"noctra/aggregator/internal/store"
	"noctra/internal/failpoint"
	"noctra/schema"
)

// batch is all messages of a partition from one offset to another: as rows, as candidates that may
// be repeats, or as dead letters.
type batch struct {
	from, to int64
	born     int64 // time stamp of the first message
	last     int64 // and of the last one
	again    bool  // see intent.Intent
	recorded int64 // when its intent was first recorded, or, again, its rows looked up; 0: they were not
	tries    int   // attempts at the insert
	mend     bool  // again, and touched is still to be made right: rows may be stored without their share
	messages int   // also records of counts
	counts   int   // of them
	sealed   bool  // takes no more

	rows       *rows.Rows
	notes      *rows.Notes // what became of the messages that are no rows
	noted      bool        // notes are stored
	candidates []candidate
	arena      []byte // messages of candidates
	letters    []schema.DeadLetter
	posted     bool // letters are stored

	repeated, conflicts int
	begun               *intent.Intent // what a former owner recorded of it, nil for a new one
}

// candidate is an event that the filter may have seen before.
type candidate struct {
	id         store.ID
	hash       uint64
	offset     int64
	copy       repeats.Copy
	kind       schema.Kind
	amount     schema.Micros
	start, end int // of its message in the arena
}

func newBatch() *batch { return &batch{rows: rows.New(), notes: rows.NewNotes()} }

// reset empties b and keeps its memory.
func (b *batch) reset() {
	b.rows.Reset()
	b.notes.Reset()
	*b = batch{rows: b.rows, notes: b.notes, candidates: b.candidates[:0], arena: b.arena[:0]}
}

// arrival is a message with its place and time stamp.
type arrival struct {
	body  []byte
	at    schema.Millis
	place rows.Place
}

// add takes a message. The error is a *schema.VersionError; b is then as it was.
func (b *batch) add(e *schema.Event, r arrival, filter *repeats.Filter) error {
	var err error
	if schema.IsCounts(r.body) {
		err = b.addCounts(r)
	} else if err = rows.Decode(r.body, e); err == nil {
		b.sort(e, r.body, r.place, filter)
	}
	var unfit *rows.Unfit
	if errors.As(err, &unfit) {
		if unfit.Code == rows.RecordInvalid {
			*e = schema.Event{} // it is of another message, or half read
		}
		b.setAside(e, r, unfit)
		err = nil
	}
	if err == nil {
		b.messages++
	}
	return err
}

// addCounts takes a record of what a collector refused.
func (b *batch) addCounts(r arrival) error {
	c, err := rows.DecodeCounts(r.body)
	if err != nil {
		return err
	}
	b.notes.Count(r.place, r.at, &c)
	b.counts++
	return nil
}

// setAside makes a dead letter of a message and notes it, under the time of its event if that is one.
func (b *batch) setAside(e *schema.Event, r arrival, unfit *rows.Unfit) {
	b.letters = append(b.letters, schema.DeadLetter{
		Site: e.Site, Stage: rows.Stage, Reason: unfit.Code, Field: unfit.Field, Message: unfit.Detail, EventID: validID(e.ID),
		Topic: r.place.Topic, Partition: int32(r.place.Partition), Offset: r.place.Offset, Body: append([]byte{}, r.body...), Via: e.Via,
	})
	at := e.ReceivedAt
	if !rows.Storable(at) || at == 0 {
		at = r.at
	}
	b.notes.Append(r.place, rows.Note{Site: e.Site, At: at, Reason: unfit.Code, N: 1})
}

// sort makes a row of an event that is new for sure, and a candidate of any other. The filter does
// not know what an insert under way stores after the takeover, so again it is not asked.
func (b *batch) sort(e *schema.Event, body []byte, place rows.Place, filter *repeats.Filter) {
	hash := repeats.Hash(e.Site, e.ID)
	if failpoint.Planted(failpoint.FilterOff) || !filter.Add(hash, e.ReceivedAt) && !b.again {
		b.rows.Append(e, place, hash)
		return
	}
	start := len(b.arena)
	b.arena = append(b.arena, body...)
	b.candidates = append(b.candidates, candidate{
		id: store.ID{Site: e.Site, Event: strings.Clone(e.ID)}, hash: hash, offset: place.Offset,
		copy: repeats.Copy{OccurredAt: e.OccurredAt, Received: e.ReceivedAt}, kind: e.Kind, amount: e.Amount, start: start, end: len(b.arena),
	})
}

func validID(id string) string {
	if !schema.ValidID(id) {
		return ""
	}
	return id
}

// events is how many of the messages are no counts.
func (b *batch) events() int { return b.messages - b.counts }

func (b *batch) len() int { return b.rows.Len() + len(b.candidates) }

// size is what b holds in memory, about.
func (b *batch) size() int64 {
	size := b.rows.Block().Size() + b.notes.Block().Size() + 24*b.rows.Len() + len(b.arena) + 200*len(b.candidates)
	for i := range b.letters {
		size += len(b.letters[i].Body)
	}
	return int64(size)
}

// intent is what is recorded before the insert.
func (b *batch) intent() intent.Intent {
	return intent.Intent{From: b.from, To: b.to, Rows: b.rows.Len(), Born: b.born, At: b.recorded, Again: b.again}
}

// lookup is the question about b's candidates: which of them are stored from an earlier place.
func (b *batch) lookup(topic string, partition int) store.Lookup {
	l := store.Lookup{Topic: topic, Partition: partition, Before: b.from}
	if b.again {
		l.Before = b.to
	}
	first := b.candidates[0].copy
	l.Received, l.OccurredAt = first.Received, [2]schema.Millis{first.OccurredAt, first.OccurredAt}
	seen := make(map[store.ID]struct{}, len(b.candidates))
	for i := range b.candidates {
		c := &b.candidates[i]
		l.Received = min(l.Received, c.copy.Received)
		l.OccurredAt[0], l.OccurredAt[1] = min(l.OccurredAt[0], c.copy.OccurredAt), max(l.OccurredAt[1], c.copy.OccurredAt)
		if _, ok := seen[c.id]; !ok {
			seen[c.id] = struct{}{}
			l.IDs = append(l.IDs, c.id)
		}
	}
	l.Received -= repeats.Window
	l.OccurredAt[0] -= repeats.Spread
	l.OccurredAt[1] += repeats.Spread
	return l
}

// sieve makes rows of the candidates that are no repeats, given what is stored.
func (b *batch) sieve(stored []store.Row, place rows.Place) error {
	firsts := b.firsts(stored)
	var e schema.Event
	for i := range b.candidates {
		c := &b.candidates[i]
		place.Offset = c.offset
		if first := c.repeats(firsts[c.id]); first != nil {
			b.repeat(c, first, place)
			continue
		}
		if err := rows.Decode(b.arena[c.start:c.end], &e); err != nil {
			return err // it was decoded before
		}
		b.rows.Append(&e, place, c.hash)
		firsts[c.id] = append(firsts[c.id], rows.Original{Offset: c.offset, OccurredAt: c.copy.OccurredAt, Received: c.copy.Received, Kind: c.kind, Amount: c.amount})
	}
	b.candidates, b.arena = b.candidates[:0], b.arena[:0]
	return nil
}

// repeat counts c as a copy of first, and notes it unless first is its own row, stored before.
func (b *batch) repeat(c *candidate, first *rows.Original, place rows.Place) {
	reason := rows.Repeated
	b.repeated++
	switch {
	case first.Erased:
		reason = rows.Erased
	case !first.Corrected && (first.Kind != c.kind || first.Amount != c.amount):
		b.conflicts++
		reason = rows.Conflicting
	}
	if first.Offset != c.offset {
		b.notes.Append(place, rows.Note{Site: c.id.Site, At: c.copy.Received, Reason: reason, N: 1})
	}
}

// repeats returns the first copy of c, or nil where c is no repeat.
func (c *candidate) repeats(firsts []rows.Original) *rows.Original {
	for i := range firsts {
		f := &firsts[i]
		if f.Offset <= c.offset && repeats.Repeats(repeats.Copy{OccurredAt: f.OccurredAt, Received: f.Received}, c.copy) {
			return f
		}
	}
	return nil
}

// firsts are the known rows of the candidates' ids, from what is stored and from b itself.
func (b *batch) firsts(stored []store.Row) map[store.ID][]rows.Original {
	hashes := make(map[uint64]struct{}, len(b.candidates))
	for i := range b.candidates {
		hashes[b.candidates[i].hash] = struct{}{}
	}
	firsts := make(map[store.ID][]rows.Original)
	for i := range stored {
		r := &stored[i]
		firsts[r.ID] = append(firsts[r.ID], rows.Original{Offset: r.Offset, OccurredAt: r.OccurredAt, Received: r.Received, Kind: r.Kind, Amount: r.Amount, Corrected: r.Corrected, Erased: r.Erased})
	}
	b.rows.Each(func(hash uint64) bool { _, ok := hashes[hash]; return ok },
		func(site schema.SiteID, id []byte, o rows.Original) {
			key := store.ID{Site: site, Event: string(id)}
			firsts[key] = append(firsts[key], o)
		})
	return firsts
}
