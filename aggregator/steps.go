package aggregator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"noctra/aggregator/internal/intent"
	"noctra/aggregator/internal/rows"
	"noctra/aggregator/internal/store"
	"noctra/internal/failpoint"
	"noctra/schema"
)

// load finds where the partition stands and begins to read.
func (w *worker) load(ctx context.Context) intent.Result {
	at, begun, err := w.committed(ctx)
	switch {
	case errors.Is(err, intent.ErrVersion):
		w.sick(w.problem(), fmt.Errorf("partition %d rests: %w", w.partition, err))
		w.warn.Error("partition rests", "topic", w.names.topic, "partition", w.partition, "error", err.Error())
		return intent.Unknown
	case err != nil:
		w.warn.Warn("committed offset not read", "topic", w.names.topic, "partition", w.partition, "error", err.Error())
		return intent.Unknown
	}
	w.at, w.begun = at, begun
	w.resolve(at)
	w.lag.committed.Store(at)
	failpoint.Hit(failpoint.AggregatorLoaded)
	w.began.Store(at)
	w.lines = w.start(ctx, at, begun)
	w.log.Info("partition taken", "topic", w.names.topic, "partition", w.partition, "offset", at, "begun", begun != nil)
	if begun != nil {
		return intent.Found
	}
	return intent.Done
}

// rebuild makes the batch of the intent again.
func (w *worker) rebuild(ctx context.Context) intent.Result {
	result := w.next(ctx)
	if result == intent.Done && w.current.begun != nil && !w.current.again && w.current.rows.Len() != w.begun.Rows {
		w.log.Warn("the rebuilt batch has another number of rows", "topic", w.names.topic, "partition", w.partition,
			"offset", w.current.from, "batch_rows", w.current.rows.Len(), "recorded_rows", w.begun.Rows)
	}
	return result
}

// build waits for the next batch.
func (w *worker) build(ctx context.Context) intent.Result {
	result := w.next(ctx)
	if result == intent.Lost {
		return intent.Unknown // reading has begun anew
	}
	return result
}

// next takes the next batch and makes it ready to be recorded.
func (w *worker) next(ctx context.Context) intent.Result {
	if w.current == nil {
		select {
		case <-ctx.Done():
			return intent.Refused
		case b, ok := <-w.lines.batches:
			if !ok {
				return w.ended(ctx)
			}
			w.current = b
			if b.begun != nil {
				w.metrics.rebuilt.Inc()
			}
		}
	}
	if !w.prepare(ctx, w.current) {
		return intent.Unknown
	}
	failpoint.Hit(failpoint.AggregatorBuilt)
	w.to = w.current.to
	if w.current.rows.Len() == 0 {
		if !w.note(ctx, w.current) {
			return intent.Unknown
		}
		w.finish()
		return intent.Empty
	}
	return intent.Done
}

// prepare settles which events of a batch are repeats and sets its dead letters aside.
func (w *worker) prepare(ctx context.Context, b *batch) bool {
	if len(b.candidates) > 0 {
		w.metrics.confirmations.Inc()
		w.metrics.confirmed.Add(float64(len(b.candidates)))
		if b.again { // what comes in later is known by its token, for as long as counts from here
			b.recorded = w.now().UnixMilli()
		}
		stored, err := w.store.Stored(ctx, b.lookup(w.names.topic, w.partition))
		if err == nil {
			err = b.sieve(stored, rows.Place{Topic: w.names.topic, Partition: uint16(w.partition)})
		}
		if err != nil {
			w.unwell(ctx, "repeats not looked up", err)
			return false
		}
		w.healthy(clickHouse)
	}
	if b.mend {
		if err := w.store.Mend(ctx, store.Range{Topic: w.names.topic, Partition: w.partition, From: b.from, To: b.to}); err != nil {
			w.unwell(ctx, "touched hours not mended", err)
			return false
		}
		failpoint.Hit(failpoint.AggregatorMended)
		b.mend = false
	}
	if b.begun == nil && len(b.letters) > 0 && !b.posted { // a former owner posted those of a batch it recorded
		if err := w.post(ctx, b.letters); err != nil {
			w.warn.Warn("dead letters not stored", "topic", w.names.letters, "error", err.Error())
			return false
		}
		failpoint.Hit(failpoint.AggregatorLettered)
		b.posted = true
	}
	return true
}

// finish notes what is to be counted once the offset is committed, and gives the batch back.
func (w *worker) finish() {
	b := w.current
	w.settles = outcome{events: b.events(), counts: b.counts, inserted: b.rows.Len(), repeated: b.repeated, conflicts: b.conflicts, letters: len(b.letters), last: b.last}
	w.current = nil
	b.reset()
	select {
	case w.lines.free <- b:
	default: // it is of a pipeline that has ended
	}
}

// record commits the intent to insert the batch.
func (w *worker) record(ctx context.Context) intent.Result {
	if w.current.recorded == 0 {
		w.current.recorded = w.now().UnixMilli()
	}
	failpoint.Hit(failpoint.AggregatorRecord)
	result := w.commit(ctx, w.current.from, w.current.intent().String())
	failpoint.Hit(failpoint.AggregatorRecorded)
	return result
}

// insert sends the batch, unless the last proof of ownership is old. When the first attempt is so
// old that its token may be forgotten, the partition is given up and taken anew.
func (w *worker) insert(ctx context.Context) intent.Result {
	begin := w.now()
	if age := begin.Sub(w.proven); age > proofLasts || age < 0 {
		return intent.Outdated
	}
	if w.stale(w.current.recorded) {
		w.log.Warn("batch not stored for long, the partition is taken anew", "topic", w.names.topic, "partition", w.partition, "offset", w.current.from)
		return intent.Refused
	}
	if err := w.deliver(ctx, w.current); err != nil {
		w.metrics.insertFailures.Inc()
		w.unwell(ctx, "insert failed, it is repeated", err)
		return intent.Unknown
	}
	if !w.note(ctx, w.current) {
		return intent.Unknown
	}
	w.healthy(clickHouse)
	now := w.now()
	w.metrics.insertSeconds.Observe(now.Sub(begin).Seconds())
	w.metrics.batchRows.Observe(float64(w.current.rows.Len()))
	w.current.rows.EachReceived(func(at schema.Millis) { w.metrics.delay.Observe(float64(schema.MillisOf(now)-at) / 1000) })
	w.log.Debug("batch inserted", "topic", w.names.topic, "partition", w.partition, "offset", w.current.from,
		"batch_rows", w.current.rows.Len(), "repeated", w.current.repeated, "took", now.Sub(begin).Round(time.Millisecond).String())
	w.finish()
	return intent.Done
}

// deliver inserts a batch. After a repetition touched is mended: of an attempt that broke off, one
// month of rows and the view's share may have been in, and the rows that came now came later.
func (w *worker) deliver(ctx context.Context, b *batch) error {
	w.inserts.RLock()
	defer w.inserts.RUnlock()
	if altered := w.altered.Load(); altered != nil {
		return altered
	}
	b.tries++
	failpoint.Hit(failpoint.AggregatorInsert)
	if err := w.sink.Insert(ctx, b.rows.Block(), b.intent().Token(w.names.topic, w.partition)); err != nil {
		return err
	}
	failpoint.Hit(failpoint.AggregatorInserted)
	if b.tries == 1 && b.begun == nil {
		return nil
	}
	err := w.store.Mend(ctx, store.Range{Topic: w.names.topic, Partition: w.partition, From: b.from, To: b.to})
	failpoint.Hit(failpoint.AggregatorMended)
	return err
}

// advance commits the end of the batch, and the next one's intent where it is there already.
func (w *worker) advance(soft, ctx context.Context) intent.Result {
	if w.current == nil && soft.Err() == nil {
		select {
		case b, ok := <-w.lines.batches:
			if ok {
				w.current = b
			}
		default:
		}
	}
	metadata, result := "", intent.Done
	if w.current != nil && w.current.from == w.to && w.prepare(soft, w.current) && w.current.rows.Len() > 0 {
		if !w.current.again {
			w.current.recorded = w.now().UnixMilli()
		}
		metadata, result = w.current.intent().String(), intent.Found
	}
	failpoint.Hit(failpoint.AggregatorAdvance)
	if r := w.commit(ctx, w.to, metadata); r != intent.Done {
		if r == intent.Refused && w.unsure {
			w.doubt(doubt{to: w.to, settles: w.settles})
		}
		return r
	}
	failpoint.Hit(failpoint.AggregatorAdvanced)
	w.at = w.to
	w.metrics.batches.Inc()
	w.unsettled.Add(-int64(w.settles.events))
	w.metrics.settle(w.settles)
	w.lag.last.Store(w.settles.last)
	w.settles = outcome{}
	w.caughtUp()
	if result == intent.Found {
		w.to = w.current.to
	}
	return result
}
