package aggregator

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/schema"
)

// lettersAtOnce is the most bytes of one produce request, below Kafka's usual limit of a message.
const lettersAtOnce = 900_000

// post stores dead letters, all of them or an error. What was stored before an error is stored
// again by the next attempt.
func (s *Service) post(ctx context.Context, letters []schema.DeadLetter) error {
	var records []kafkago.Record
	size := 0
	for i := range letters {
		letter := letters[i]
		letter.At = schema.MillisOf(s.now())
		body := schema.AppendDeadLetter(nil, &letter)
		if len(body) > lettersAtOnce { // it could not be stored at all
			letter.Message += "; the record is too large to be kept here, see its place"
			letter.Body = nil
			body = schema.AppendDeadLetter(nil, &letter)
		}
		if size+len(body) > lettersAtOnce {
			if err := s.produce(ctx, records); err != nil {
				return err
			}
			records, size = nil, 0
		}
		records = append(records, kafkago.Record{Value: kafkago.NewBytes(body)})
		size += len(body)
	}
	return s.produce(ctx, records)
}

func (s *Service) produce(ctx context.Context, records []kafkago.Record) error {
	answer, err := s.kafka.Produce(ctx, &kafkago.ProduceRequest{
		Topic: s.names.letters, Partition: 0, RequiredAcks: kafkago.RequireAll, Records: kafkago.NewRecordReader(records...),
	})
	if err == nil {
		err = errors.Join(answer.Error, recordErrors(answer.RecordErrors))
	}
	if err != nil {
		return fmt.Errorf("produce %d dead letters: %w", len(records), err)
	}
	return nil
}

func recordErrors(errs map[int]error) error {
	for _, err := range errs {
		return err
	}
	return nil
}
