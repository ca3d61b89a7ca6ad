package rows

import (
	"noctra/aggregator/internal/columns"
	"noctra/schema"
)

// Place is where a message lies in Kafka.
type Place struct {
	Topic     string
	Partition uint16
	Offset    int64
}

// Rows is a block of the table events that is being filled.
type Rows struct {
	block columns.Block
	table table
	marks []mark
}

// mark finds a row by its meaning.
type mark struct {
	hash uint64
	id   int // where the event id begins in its column
}

// New returns empty rows.
func New() *Rows {
	r := &Rows{}
	r.table.init()
	r.block.Entries = r.table.entries()
	return r
}

// Block returns the block as it stands. Its Rows count is kept up to date by Append.
func (r *Rows) Block() *columns.Block { return &r.block }

// Len returns the number of rows.
func (r *Rows) Len() int { return r.block.Rows }

// Reset empties r and keeps its memory.
func (r *Rows) Reset() {
	r.block.Reset()
	r.marks = r.marks[:0]
}

// Append adds an event that Check found fit. hash is its repeats key. It keeps nothing of e.
func (r *Rows) Append(e *schema.Event, place Place, hash uint64) {
	r.marks = append(r.marks, mark{hash: hash, id: r.table.eventID.Size()})
	t := &r.table
	t.appendWho(e)
	t.appendPage(e)
	t.appendDevice(e)
	t.appendTrade(e)
	t.kafkaTopic.Append(place.Topic)
	t.kafkaPartition.Append(place.Partition)
	t.kafkaOffset.Append(uint64(place.Offset))
	r.block.Rows++
}

// Original is what is known of the first copy of an event.
type Original struct {
	Offset               int64
	OccurredAt, Received schema.Millis
	Kind                 schema.Kind
	Amount               schema.Micros
	Corrected            bool // kind and amount are no longer those that were sent
	Erased               bool // it was stored; kind and amount are not known
}

// Each calls found for every row whose hash passes wanted, with the row's site, event id and the
// rest. id is valid during the call alone.
func (r *Rows) Each(wanted func(hash uint64) bool, found func(site schema.SiteID, id []byte, o Original)) {
	t := &r.table
	for i := range r.marks {
		if !wanted(r.marks[i].hash) {
			continue
		}
		found(schema.SiteID(t.siteID.At(i)), t.eventID.ShortAt(r.marks[i].id), Original{
			Offset: int64(t.kafkaOffset.At(i)), OccurredAt: schema.Millis(t.occurredAt.At(i)), Received: schema.Millis(t.receivedAt.At(i)),
			Kind: schema.Kind(t.kind.At(i)), Amount: schema.Micros(t.amount.At(i)),
		})
	}
}

// EachReceived calls f with the time of receipt of every row.
func (r *Rows) EachReceived(f func(at schema.Millis)) {
	for i := range r.block.Rows {
		f(schema.Millis(r.table.receivedAt.At(i)))
	}
}
