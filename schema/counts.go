package schema

import (
	"errors"
	"fmt"
)

// Counts is what a collector refused: numbers that travel through the topic of events beside them,
// because they have to be as durable. Copies of a record have the same source and sequence.
type Counts struct {
	Source   uint64 // which start of which collector, by chance
	Sequence uint64 // of the record, from 1 on
	Rows     []Count
}

// Count is how many events were refused for one reason.
type Count struct {
	Site   SiteID // 0 when not known
	Minute Millis // of receipt, its beginning
	Stage  string // the door that they came by
	Reason string // the machine-readable code
	N      uint64
}

// MinuteMillis is a minute.
const MinuteMillis = 60_000

// countsMagic tells these records from events, whose decoders refuse it.
const countsMagic = 'C'

const (
	countsSource, countsSequence, countsRow                      = 1, 2, 3
	countSite, countMinute, countStage, countReason, countNumber = 1, 2, 3, 4, 5
)

// ErrCounts says that a record of counts lacks something.
var ErrCounts = errors.New("counts without source, sequence or rows")

// IsCounts tells a record of counts, also one of a newer version, from one of an event.
func IsCounts(data []byte) bool { return len(data) >= 2 && data[0] == countsMagic }

// AppendCounts appends the record of c to b.
func AppendCounts(b []byte, c *Counts) []byte {
	b = append(b, countsMagic, wireVersion)
	b = appendUint(b, countsSource, c.Source)
	b = appendUint(b, countsSequence, c.Sequence)
	inner := make([]byte, 0, 128)
	for i := range c.Rows {
		row := &c.Rows[i]
		inner = appendUint(inner[:0], countSite, uint64(row.Site))
		inner = appendInt(inner, countMinute, int64(row.Minute))
		inner = appendString(inner, countStage, row.Stage)
		inner = appendString(inner, countReason, row.Reason)
		inner = appendUint(inner, countNumber, row.N)
		b = appendPresent(b, countsRow, inner)
	}
	return b
}

// DecodeCounts reads a record that AppendCounts made. Unknown fields are passed over.
func DecodeCounts(data []byte) (c Counts, err error) {
	if !IsCounts(data) {
		return c, fmt.Errorf("decode counts: %w", ErrWireMagic)
	}
	if data[1] != wireVersion {
		return c, fmt.Errorf("decode counts: %w", &VersionError{Version: data[1]})
	}
	r := fieldReader{data: string(data[2:])}
	for {
		more, err := r.next()
		if err != nil {
			return Counts{}, fmt.Errorf("decode counts: %w", err)
		}
		if !more {
			break
		}
		switch r.number {
		case countsSource:
			c.Source = r.value
		case countsSequence:
			c.Sequence = r.value
		case countsRow:
			row, err := readCount(r.text)
			if err != nil {
				return Counts{}, fmt.Errorf("decode counts: row %d: %w", len(c.Rows), err)
			}
			c.Rows = append(c.Rows, row)
		}
	}
	if c.Source == 0 || c.Sequence == 0 || len(c.Rows) == 0 {
		return Counts{}, fmt.Errorf("decode counts: %w", ErrCounts)
	}
	return c, nil
}

func readCount(data string) (c Count, err error) {
	r := fieldReader{data: data}
	for {
		more, err := r.next()
		if !more {
			return c, err
		}
		switch r.number {
		case countSite:
			c.Site = SiteID(r.value)
		case countMinute:
			c.Minute = Millis(r.signed())
		case countStage:
			c.Stage = r.text
		case countReason:
			c.Reason = r.text
		case countNumber:
			c.N = r.value
		}
	}
}
