package aggregator

import (
	"context"

	"noctra/aggregator/internal/rows"
	"noctra/internal/failpoint"
	"noctra/schema"
)

// note stores what became of the batch's messages that are no rows, before its offset moves on. The
// rows follow from messages and places alone, so neither a crash, nor a repetition, nor one who lost
// the partition can do harm.
func (w *worker) note(ctx context.Context, b *batch) bool {
	if b.noted || b.notes.Len() == 0 {
		return true
	}
	if err := w.notes.Note(ctx, b.notes.Block()); err != nil {
		w.unwell(ctx, "repeats and refusals not noted", err)
		return false
	}
	failpoint.Hit(failpoint.AggregatorNoted)
	w.healthy(clickHouse)
	b.noted = true
	return true
}

// noteMissing stores that Kafka lost n messages from offset at on.
func (w *worker) noteMissing(ctx context.Context, at, n int64) bool {
	if n <= 0 {
		return true
	}
	notes := rows.NewNotes()
	place := rows.Place{Topic: w.names.topic, Partition: uint16(w.partition), Offset: at}
	notes.Append(place, rows.Note{At: schema.MillisOf(w.now()), Reason: rows.Missing, N: n})
	if err := w.notes.Note(ctx, notes.Block()); err != nil {
		w.unwell(ctx, "missing messages not noted", err)
		return false
	}
	return true
}
