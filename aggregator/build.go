package aggregator

import (
	"context"
	"fmt"
	"time"

	"noctra/aggregator/internal/intent"
	"noctra/aggregator/internal/rows"
	"noctra/schema"
)

// pipeline reads a partition from an offset on and makes batches of it: one goroutine fetches, one
// decodes, and whoever takes from batches inserts meanwhile.
type pipeline struct {
	*worker
	batches chan *batch // closed when err is set
	err     error       // why it ended: errGap, a *schema.VersionError, or nil at a stop
	free    chan *batch // emptied ones, back to be filled

	chunks     chan *chunk
	freeChunks chan *chunk
	fetched    chan error // the fetcher's end

	at    int64          // where the next batch begins
	begun *intent.Intent // the batch that has to be built first, exactly
	open  *batch
	rest  *chunk // of which messages are left
	pos   int
	event schema.Event
}

const (
	batchesInUse = 2   // one is filled while the other is inserted
	chunksInUse  = 2   // one is decoded while the other is fetched
	sizeEvery    = 256 // messages between two looks at a batch's size
)

// start begins to read at offset at. Where begun is not nil, the first batch is that one again.
func (w *worker) start(ctx context.Context, at int64, begun *intent.Intent) *pipeline {
	p := &pipeline{
		worker: w, at: at, begun: begun,
		batches: make(chan *batch), free: make(chan *batch, batchesInUse),
		chunks: make(chan *chunk), freeChunks: make(chan *chunk, chunksInUse), fetched: make(chan error, 1),
	}
	for range batchesInUse {
		p.free <- newBatch()
	}
	for range chunksInUse {
		p.freeChunks <- &chunk{}
	}
	f := &fetcher{worker: w, next: at, chunks: p.chunks, free: p.freeChunks}
	ctx, cancel := context.WithCancel(ctx)
	w.parts.Go(func() { p.fetched <- f.run(ctx) })
	w.parts.Go(func() {
		defer cancel()
		p.err = p.run(ctx)
		close(p.batches)
	})
	return p
}

// run fills batches until ctx ends or nothing more can be read.
func (p *pipeline) run(ctx context.Context) error {
	due := time.NewTimer(time.Hour)
	defer due.Stop()
	ended, waited := false, false
	var reason error
	for {
		if err := p.fill(ctx); err != nil {
			ended, reason = true, err
		}
		full := p.open != nil && p.full()
		if ended && p.spent() {
			return reason
		}
		var hand chan *batch
		if p.open != nil && p.open.messages > 0 && (full || waited || ended) {
			hand = p.batches
		}
		chunks, fetched := p.chunks, p.fetched
		if p.rest != nil || ended {
			chunks, fetched = nil, nil
		}
		select {
		case <-ctx.Done():
			return nil
		case hand <- p.open:
			p.open, waited = nil, false
			due.Reset(p.config.BatchWait)
		case c := <-chunks:
			if p.open == nil || p.open.messages == 0 {
				waited = false
				due.Reset(p.config.BatchWait)
			}
			p.rest, p.pos = c, 0
			p.behind(c)
		case err := <-fetched:
			ended, reason = true, err
		case <-due.C:
			waited = true
		}
	}
}

// fill moves messages from the rest of a chunk into the open batch until it is full.
func (p *pipeline) fill(ctx context.Context) error {
	for p.rest != nil {
		if p.open == nil {
			select {
			case <-ctx.Done():
				return nil
			case p.open = <-p.free:
				p.begin()
			}
		}
		before := p.open.events()
		var err error
		for p.pos < len(p.rest.messages) && !p.full() && err == nil {
			if err = p.take(p.rest, p.rest.messages[p.pos]); err == nil {
				p.pos++
			}
		}
		p.count(p.open.events() - before)
		if err != nil {
			p.rest = nil
			return err
		}
		if p.pos < len(p.rest.messages) {
			return nil // full
		}
		p.freeChunks <- p.rest
		p.rest = nil
	}
	return nil
}

// spent tells whether nothing is left to hand over. A batch that was begun is handed over whole or
// not at all.
func (p *pipeline) spent() bool {
	if p.open == nil || p.open.messages == 0 {
		return true
	}
	if p.open.begun == nil || p.open.sealed {
		return false
	}
	p.unsettled.Add(-int64(p.open.events()))
	p.metrics.abandon(p.open.events())
	return true
}

func (p *pipeline) begin() {
	p.open.from, p.open.to, p.open.begun = p.at, p.at, p.begun
	p.open.again = p.at <= p.horizon
	if p.begun != nil {
		p.open.again = p.begun.Again || p.stale(p.begun.At)
		p.open.recorded = p.begun.At
	}
	p.open.mend = p.open.again
	p.filter.Turn()
}

func (p *pipeline) take(c *chunk, m message) error {
	b := p.open
	place := rows.Place{Topic: p.names.topic, Partition: uint16(p.partition), Offset: m.offset}
	if err := b.add(&p.event, arrival{body: c.body(m), at: m.at, place: place}, p.filter); err != nil {
		return fmt.Errorf("read message at offset %d: %w", m.offset, err)
	}
	if n := m.offset - p.at; n > 0 {
		place.Offset = p.at
		b.notes.Append(place, rows.Note{At: m.at, Reason: rows.Missing, N: n})
	}
	if b.messages == 1 {
		b.born = int64(m.at)
		if p.begun != nil && (p.begun.Born != b.born || m.offset >= p.begun.To) {
			p.log.Error("the recorded batch has other messages now: was the topic made anew?", "topic", p.names.topic, "partition", p.partition, "offset", m.offset)
			b.begun, b.again, b.recorded, p.begun = nil, b.from <= p.horizon, 0, nil
			b.mend = b.again
		}
	}
	b.last = max(b.last, int64(m.at))
	b.to = m.offset + 1
	p.at = b.to
	return nil
}

// full tells whether the open batch takes no more: it has reached its limits, the end of the batch
// that was begun, or the border between messages that may be stored and others.
func (p *pipeline) full() bool {
	b := p.open
	if b.messages == 0 {
		return false
	}
	next := b.to
	if p.rest != nil && p.pos < len(p.rest.messages) {
		next = p.rest.messages[p.pos].offset
	}
	if p.begun != nil {
		if next < p.begun.To && b.to < p.begun.To {
			return false
		}
		p.begun = nil
		b.sealed = true
	}
	if b.sealed || b.again && next > p.horizon && b.begun == nil {
		return true
	}
	return b.len() >= p.config.BatchRows || b.messages%sizeEvery == 0 && b.size() >= p.batchLimit
}

// count notes events that were decoded.
func (p *pipeline) count(n int) {
	if n > 0 {
		p.unsettled.Add(int64(n))
		p.metrics.read(n)
	}
}
