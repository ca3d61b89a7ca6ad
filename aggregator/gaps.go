package aggregator

import (
	"context"
	"errors"
	"fmt"

	"noctra/aggregator/internal/intent"
	"noctra/schema"
)

// ended finds out why there are no more batches. Where Kafka lacks the next messages, reading goes
// on with the first that it has.
func (w *worker) ended(ctx context.Context) intent.Result {
	var version *schema.VersionError
	switch {
	case ctx.Err() != nil:
		return intent.Refused
	case errors.As(w.lines.err, &version):
		w.sick(w.problem(), fmt.Errorf("partition %d rests: %w", w.partition, w.lines.err))
		w.log.Error("partition rests", "topic", w.names.topic, "partition", w.partition, "error", w.lines.err.Error())
		<-ctx.Done()
		return intent.Refused
	case errors.Is(w.lines.err, errGone): // should it be made anew, its offsets mean other messages
		w.log.Error("partition is gone, it is taken anew", "topic", w.names.topic, "partition", w.partition, "error", w.lines.err.Error())
		return intent.Refused
	}
	first, last, err := w.bounds(ctx)
	if err != nil {
		w.warn.Warn("first offset not read", "topic", w.names.topic, "partition", w.partition, "error", err.Error())
		return intent.Unknown
	}
	at := w.lines.at
	if !w.noteMissing(ctx, at, first-at) {
		return intent.Unknown
	}
	message := "kafka does not have the next messages, reading goes on with the first it has"
	if at > last {
		message = "kafka has lost messages that were consumed, reading goes on with the first it has: its log ends before the committed offset"
	}
	w.metrics.missing.Add(float64(max(first-at, at-last, 0)))
	w.log.Error(message, "topic", w.names.topic, "partition", w.partition, "offset", at, "first", first, "last", last, "reason", fmt.Sprint(w.lines.err))
	w.horizon = max(w.horizon, at-1)
	w.lines = w.start(ctx, first, nil)
	return intent.Lost
}
