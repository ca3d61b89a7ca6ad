package aggregator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/schema"
)

// message is one record of a chunk.
type message struct {
	offset     int64
	at         schema.Millis
	start, end int // in the chunk's data
}

// chunk is what one fetch brought.
type chunk struct {
	data     []byte
	messages []message
	high     int64 // the offset after the last message that Kafka has
}

func (c *chunk) body(m message) []byte { return c.data[m.start:m.end] }

const retryFetch = 300 * time.Millisecond

// errGap says that Kafka does not have the wanted offset.
var errGap = errors.New("offset out of range")

// errGone says that Kafka does not know the partition: its topic was deleted, or made anew with fewer.
var errGone = errors.New("kafka does not have the partition")

// fetcher reads one partition from an offset on.
type fetcher struct {
	*worker
	next   int64
	chunks chan *chunk // to the builder
	free   chan *chunk // and back
	quiet  bool        // nothing came by the last fetch
}

// run hands chunks over until ctx ends, or Kafka no longer has the next offset.
func (f *fetcher) run(ctx context.Context) error {
	for {
		var c *chunk
		select {
		case <-ctx.Done():
			return nil
		case c = <-f.free:
		}
		if err := f.fill(ctx, c); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case f.chunks <- c:
		}
	}
}

// fill fetches until there is at least one message, or ctx has ended.
func (f *fetcher) fill(ctx context.Context, c *chunk) error {
	for ctx.Err() == nil {
		err := f.fetch(ctx, c)
		switch {
		case errors.Is(err, kafkago.OffsetOutOfRange):
			return fmt.Errorf("fetch offset %d: %w", f.next, errGap)
		case errors.Is(err, kafkago.UnknownTopicOrPartition):
			return fmt.Errorf("fetch offset %d: %w", f.next, errGone)
		case err == nil && len(c.messages) > 0:
			return nil
		case err != nil && ctx.Err() == nil:
			f.warn.Warn("fetch failed", "topic", f.names.topic, "partition", f.partition, "offset", f.next, "error", err.Error())
			wait(ctx, retryFetch)
		}
	}
	return nil
}

func (f *fetcher) fetch(ctx context.Context, c *chunk) error {
	c.data, c.messages = c.data[:0], c.messages[:0]
	wanted := kafkago.FetchRequest{
		Topic: f.names.topic, Partition: f.partition, Offset: f.next,
		MinBytes: min(fetchEnough, int64(f.config.FetchBytes)), MaxBytes: int64(f.config.FetchBytes), MaxWait: f.config.FetchWait,
	}
	if f.quiet { // the next message may come alone, and may be long in coming
		wanted.MinBytes, wanted.MaxWait = 1, max(f.config.FetchWait, quietWait)
	}
	answer, err := f.kafka.Fetch(ctx, &wanted)
	if err != nil {
		return err
	}
	if answer.Error != nil {
		return answer.Error
	}
	c.high = answer.HighWatermark
	if err := c.read(answer.Records, f.next); err != nil {
		return err
	}
	n := len(c.messages)
	if f.quiet = n == 0; n > 0 {
		f.next = c.messages[n-1].offset + 1
	}
	return nil
}

// fetchEnough is what Kafka waits for, up to the time of a fetch: answers to every single message
// would cost more than the messages.
const fetchEnough = 256 << 10

// quietWait is for how long Kafka waits for a message where none came, if no longer time is set.
const quietWait = time.Second

// read copies the records from offset from on.
func (c *chunk) read(records kafkago.RecordReader, from int64) error {
	for {
		record, err := records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if len(c.messages) > 0 {
				return nil //nolint:nilerr // a fetch may end within a record; the next one begins with it
			}
			return fmt.Errorf("read record: %w", err)
		}
		if err := c.add(record, from); err != nil {
			return err
		}
	}
}

func (c *chunk) add(record *kafkago.Record, from int64) error {
	if record.Key != nil {
		_ = record.Key.Close()
	}
	start := len(c.data)
	if record.Value != nil {
		defer func() { _ = record.Value.Close() }()
		if record.Offset >= from {
			n := record.Value.Len()
			c.data = append(c.data, make([]byte, n)...)
			if _, err := io.ReadFull(record.Value, c.data[start:]); err != nil {
				return fmt.Errorf("read record at offset %d: %w", record.Offset, err)
			}
		}
	}
	if record.Offset >= from {
		c.messages = append(c.messages, message{offset: record.Offset, at: schema.MillisOf(record.Time), start: start, end: len(c.data)})
	}
	return nil
}

// wait returns after d or when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
