package schema

import "fmt"

// DeadLetter is a record that was set aside: refused by the collector or not fit to be stored by
// the aggregator. It keeps the original bytes so that it can be replayed.
type DeadLetter struct {
	At      Millis
	Site    SiteID // 0 when not known
	Stage   string // collector, aggregator
	Reason  string // the machine-readable code
	Field   string
	Message string // one sentence
	EventID string
	// Place in Kafka, for records that were already there.
	Topic     string
	Partition int32
	Offset    int64
	Body      []byte // as it came
	Via       Via    // the door it came by; unknown in letters of versions that did not keep it
}

const (
	letterAt, letterSite, letterStage, letterReason, letterField, letterMessage = 1, 2, 3, 4, 5, 6
	letterEventID, letterTopic, letterPartition, letterOffset, letterBody       = 7, 8, 9, 10, 11
	letterVia                                                                   = 12
)

// AppendDeadLetter appends the record of d to b.
func AppendDeadLetter(b []byte, d *DeadLetter) []byte {
	b = appendHead(b)
	b = appendInt(b, letterAt, int64(d.At))
	b = appendUint(b, letterSite, uint64(d.Site))
	b = appendString(b, letterStage, d.Stage)
	b = appendString(b, letterReason, d.Reason)
	b = appendString(b, letterField, d.Field)
	b = appendString(b, letterMessage, d.Message)
	b = appendString(b, letterEventID, d.EventID)
	b = appendString(b, letterTopic, d.Topic)
	b = appendInt(b, letterPartition, int64(d.Partition))
	b = appendInt(b, letterOffset, d.Offset)
	b = appendPresent(b, letterBody, d.Body)
	return appendUint(b, letterVia, uint64(d.Via))
}

// DecodeDeadLetter reads a record that AppendDeadLetter made. Unknown fields are passed over.
func DecodeDeadLetter(data []byte) (d DeadLetter, err error) {
	r, err := openRecord(data)
	if err != nil {
		return d, fmt.Errorf("decode dead letter: %w", err)
	}
	for {
		more, err := r.next()
		if err != nil {
			return d, fmt.Errorf("decode dead letter: %w", err)
		}
		if !more {
			return d, nil
		}
		d.set(&r)
	}
}

func (d *DeadLetter) set(r *fieldReader) {
	switch r.number {
	case letterAt:
		d.At = Millis(r.signed())
	case letterSite:
		d.Site = SiteID(r.value)
	case letterStage:
		d.Stage = r.text
	case letterReason:
		d.Reason = r.text
	case letterField:
		d.Field = r.text
	case letterMessage:
		d.Message = r.text
	case letterEventID:
		d.EventID = r.text
	case letterTopic:
		d.Topic = r.text
	case letterPartition:
		d.Partition = int32(r.signed())
	case letterOffset:
		d.Offset = r.signed()
	case letterBody:
		d.Body = []byte(r.text)
	case letterVia:
		d.Via = Via(r.value)
	}
}
