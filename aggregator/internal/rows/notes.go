package rows

import (
	"fmt"
	"strconv"

	"noctra/aggregator/internal/columns"
	"noctra/schema"
)

// Stage is that of the aggregator in notes and dead letters.
const Stage = "aggregator"

// Reasons of notes that are no code of a dead letter.
const (
	Repeated    = "repeated"
	Conflicting = "conflicting"
	Counted     = "counts"
	Missing     = "missing"
	Unaccounted = "unaccounted"
	Erased      = "erased" // stored once, or a copy of what was; the admin service notes it, too
)

// Note is what became of a message that is no row of events.
type Note struct {
	Site   schema.SiteID
	At     schema.Millis // of receipt
	Reason string
	N      int64 // places, from the note's own on
}

// Notes is a block of the table ingestion that is being filled.
type Notes struct {
	block columns.Block

	site, seq, n          columns.Uint64
	minute, item          columns.Uint32
	source, stage, reason columns.Low

	place Place  // of the last note
	text  string // its partition as a source
}

// NewNotes returns empty notes.
func NewNotes() *Notes {
	t := &Notes{}
	t.block.Entries = []columns.Entry{
		{Name: "site_id", Type: "UInt64", Column: &t.site}, {Name: "minute", Type: "DateTime('UTC')", Column: &t.minute},
		{Name: "source", Type: typeLow, Column: &t.source}, {Name: "seq", Type: "UInt64", Column: &t.seq}, {Name: "item", Type: "UInt32", Column: &t.item},
		{Name: "stage", Type: typeLow, Column: &t.stage}, {Name: "reason", Type: typeLow, Column: &t.reason}, {Name: "n", Type: "UInt64", Column: &t.n},
	}
	return t
}

// Block returns the block as it stands.
func (t *Notes) Block() *columns.Block { return &t.block }

// Len returns the number of rows.
func (t *Notes) Len() int { return t.block.Rows }

// Reset empties t and keeps its memory.
func (t *Notes) Reset() { t.block.Reset() }

// Append adds a note about the message at place.
func (t *Notes) Append(place Place, note Note) {
	if t.text == "" || place.Topic != t.place.Topic || place.Partition != t.place.Partition {
		t.place, t.text = place, Source(place.Topic, int(place.Partition))
	}
	t.row(t.text, uint64(place.Offset), 0)
	t.site.Append(uint64(note.Site))
	t.minute.Append(minuteOf(note.At))
	t.stage.Append(Stage)
	t.reason.Append(note.Reason)
	t.n.Append(uint64(note.N))
}

// Count adds the rows of a record of counts at place, and the record itself.
func (t *Notes) Count(place Place, at schema.Millis, c *schema.Counts) {
	t.Append(place, Note{At: at, Reason: Counted, N: 1})
	source := fmt.Sprintf("%016x", c.Source)
	for i := range c.Rows {
		row := &c.Rows[i]
		t.row(source, c.Sequence, i)
		t.site.Append(uint64(row.Site))
		t.minute.Append(minuteOf(row.Minute))
		t.stage.Append(row.Stage)
		t.reason.Append(row.Reason)
		t.n.Append(row.N)
	}
}

func (t *Notes) row(source string, seq uint64, item int) {
	t.source.Append(source)
	t.seq.Append(seq)
	t.item.Append(uint32(item))
	t.block.Rows++
}

// Source names a partition in the table ingestion.
func Source(topic string, partition int) string { return topic + "-" + strconv.Itoa(partition) }

// minuteOf is the beginning of a minute in seconds, within what the table can hold.
func minuteOf(at schema.Millis) uint32 {
	at = min(max(at, 0), latest-schema.MinuteMillis)
	return uint32((at - at%schema.MinuteMillis) / 1000)
}
