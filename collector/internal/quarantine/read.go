package quarantine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/schema"
)

const (
	fetchBytes = 4 << 20 // above what a message may have
	fetchWait  = 500 * time.Millisecond
	fetchTries = 20 // without a message where there has to be one
)

// errEnough ends reading before the end.
var errEnough = errors.New("enough letters")

// span is what one partition has.
type span struct {
	partition  int
	first, end int64 // the first offset and the one after the last
}

// Each calls take with the letters that f chooses, by partition and offset, up to what is the end
// of the topic when it begins. The letter is take's to keep. An error of take ends it.
func Each(ctx context.Context, client *kafkago.Client, f Filter, take func(l *Letter) error) error {
	spans, err := spansOf(ctx, client)
	if err != nil {
		return err
	}
	chosen := 0
	for _, s := range spans {
		err := read(ctx, client, s, func(l *Letter) error {
			if !f.Chooses(l) {
				return nil
			}
			if err := take(l); err != nil {
				return err
			}
			if chosen++; chosen == f.Limit {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// One returns the letter at a place.
func One(ctx context.Context, client *kafkago.Client, at Place) (Letter, error) {
	spans, err := spansOf(ctx, client)
	if err != nil {
		return Letter{}, err
	}
	i := slices.IndexFunc(spans, func(s span) bool { return s.partition == at.Partition })
	if i < 0 {
		return Letter{}, fmt.Errorf("no letter at %s: %s has %d partitions", at, schema.TopicDeadLetter, len(spans))
	}
	s := spans[i]
	if at.Offset < s.first || at.Offset >= s.end {
		return Letter{}, fmt.Errorf("no letter at %s: partition %d of %s has the offsets from %d to before %d", at, at.Partition, schema.TopicDeadLetter, s.first, s.end)
	}
	var found Letter
	s.first = at.Offset
	err = read(ctx, client, s, func(l *Letter) error {
		found = *l
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return Letter{}, err
	}
	if err == nil || found.Place != at {
		return Letter{}, fmt.Errorf("no letter at %s any more", at)
	}
	return found, nil
}

// spansOf asks for all partitions and what they have.
func spansOf(ctx context.Context, client *kafkago.Client) ([]span, error) {
	const topic = schema.TopicDeadLetter
	meta, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, fmt.Errorf("ask kafka at %s for %s: %w", client.Addr, topic, err)
	}
	if len(meta.Topics) != 1 || meta.Topics[0].Error != nil || len(meta.Topics[0].Partitions) == 0 {
		err := fmt.Errorf("kafka at %s has no topic %s: make it with noctra migrate", client.Addr, topic)
		if len(meta.Topics) == 1 && meta.Topics[0].Error != nil {
			err = fmt.Errorf("%w (%w)", err, meta.Topics[0].Error)
		}
		return nil, err
	}
	var asked []kafkago.OffsetRequest
	for _, p := range meta.Topics[0].Partitions {
		asked = append(asked, kafkago.FirstOffsetOf(p.ID), kafkago.LastOffsetOf(p.ID))
	}
	answer, err := client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{topic: asked}})
	if err != nil {
		return nil, fmt.Errorf("ask kafka for the offsets of %s: %w", topic, err)
	}
	var spans []span
	for _, p := range answer.Topics[topic] {
		if p.Error != nil {
			return nil, fmt.Errorf("ask kafka for the offsets of %s, partition %d: %w", topic, p.Partition, p.Error)
		}
		spans = append(spans, span{p.Partition, p.FirstOffset, p.LastOffset})
	}
	slices.SortFunc(spans, func(a, b span) int { return a.partition - b.partition })
	return spans, nil
}

// read hands out what a span has. Letters that Kafka deletes meanwhile are passed over.
func read(ctx context.Context, client *kafkago.Client, s span, take func(l *Letter) error) error {
	for tries := 0; s.first < s.end; {
		answer, err := client.Fetch(ctx, &kafkago.FetchRequest{
			Topic: schema.TopicDeadLetter, Partition: s.partition, Offset: s.first, MinBytes: 1, MaxBytes: fetchBytes, MaxWait: fetchWait,
		})
		if err == nil {
			err = answer.Error
		}
		before := s.first
		switch {
		case errors.Is(err, kafkago.OffsetOutOfRange):
			if err := s.skip(ctx, client); err != nil {
				return err
			}
		case err != nil:
			return fmt.Errorf("read letters from %d/%d: %w", s.partition, s.first, err)
		default:
			if err := s.records(answer.Records, take); err != nil {
				return err
			}
		}
		if tries++; s.first > before {
			tries = 0
		}
		if tries == fetchTries {
			return fmt.Errorf("read letters from %d/%d: kafka hands out none, its last is at %d", s.partition, s.first, s.end-1)
		}
	}
	return nil
}

// skip goes on with the first letter that is left.
func (s *span) skip(ctx context.Context, client *kafkago.Client) error {
	spans, err := spansOf(ctx, client)
	if err != nil {
		return err
	}
	for _, now := range spans {
		if now.partition == s.partition {
			s.first = max(s.first, min(now.first, s.end))
		}
	}
	return nil
}

// records hands out what one fetch brought, and moves on behind it.
func (s *span) records(records kafkago.RecordReader, take func(l *Letter) error) error {
	for begin := s.first; s.first < s.end; {
		record, err := records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if s.first > begin {
				return nil //nolint:nilerr // a fetch may end within a record; the next one begins with it
			}
			return fmt.Errorf("read letter at %d/%d: %w", s.partition, s.first, err)
		}
		value, err := content(record)
		if err != nil {
			return fmt.Errorf("read letter at %d/%d: %w", s.partition, record.Offset, err)
		}
		if record.Offset < s.first || record.Offset >= s.end {
			continue
		}
		s.first = record.Offset + 1
		l := newLetter(Place{s.partition, record.Offset}, record.Time, value)
		if err := take(&l); err != nil {
			return err
		}
	}
	return nil
}

func content(record *kafkago.Record) ([]byte, error) {
	if record.Key != nil {
		_ = record.Key.Close()
	}
	if record.Value == nil {
		return nil, nil
	}
	value, err := io.ReadAll(record.Value)
	return value, errors.Join(err, record.Value.Close())
}
