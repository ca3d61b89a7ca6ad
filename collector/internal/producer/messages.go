package producer

import (
	"sync"
	"sync/atomic"

	"noctra/schema"
)

// Messages is what one request wants stored, all of it or none acknowledged. It is made ready by
// Reset, filled by Next, and may be used again when Send has returned.
type Messages struct {
	At   schema.Millis // time stamp of all messages
	Few  bool          // their sender has few others on the way
	data []byte
	ends []int    // of each message in data
	keys []uint64 // which decide the partitions

	events int // of the messages

	pending atomic.Int32 // batches that are not answered, and the sender itself while it adds
	mu      sync.Mutex
	err     error
	done    chan struct{}
}

// Reset empties m.
func (m *Messages) Reset(at schema.Millis) {
	m.At, m.Few, m.data, m.ends, m.keys, m.err, m.events = at, false, m.data[:0], m.ends[:0], m.keys[:0], nil, 0
	if m.done == nil {
		m.done = make(chan struct{}, 1)
	}
}

// Next adds an event for its partition; where layouts are not known, over all that Kafka has.
func (m *Messages) Next(e *schema.Event, layouts schema.Layouts) {
	var key uint64
	if partition, ok := layouts.Partition(e.Site, e.ID); ok {
		key = Placed(partition)
	} else {
		key = e.PartitionKey()
	}
	m.data = schema.AppendEvent(m.data, e)
	m.ends = append(m.ends, len(m.data))
	m.keys = append(m.keys, key)
	m.events++
}

// placed and above are keys that name a partition in their lowest bits; a hash is one of them once
// in 2^48 times.
const placed = ^uint64(schema.MaxPartitions - 1)

// Placed is the key of a partition. It stays with a message also in the spool, so that what waited
// there goes where it would have gone at once.
func Placed(partition int) uint64 { return placed | uint64(partition) }

// pick returns the partition of a key, nil where Kafka does not have it. Keys that name none are
// spread over all.
func pick(partitions []*partition, key uint64) *partition {
	n := uint64(len(partitions))
	if key >= placed {
		if key -= placed; key >= n {
			return nil
		}
		return partitions[key]
	}
	return partitions[key%n]
}

// Add adds a message as it is.
func (m *Messages) Add(key uint64, value []byte) {
	m.data = append(m.data, value...)
	m.ends = append(m.ends, len(m.data))
	m.keys = append(m.keys, key)
}

// Clone returns messages of their own memory.
func (m *Messages) Clone() *Messages {
	c := &Messages{}
	c.Reset(m.At)
	for i, key := range m.keys {
		c.Add(key, m.Value(i))
	}
	c.events = m.events
	return c
}

// Events returns how many messages Next has added.
func (m *Messages) Events() int { return m.events }

// Len returns the number of messages, and Size their bytes.
func (m *Messages) Len() int { return len(m.ends) }

// Size returns the bytes of all messages.
func (m *Messages) Size() int { return len(m.data) }

// Cap returns the bytes that m keeps for later use.
func (m *Messages) Cap() int { return cap(m.data) }

// Key returns what decides the partition of message i.
func (m *Messages) Key(i int) uint64 { return m.keys[i] }

// Value returns message i. It is a part of m.
func (m *Messages) Value(i int) []byte {
	start := 0
	if i > 0 {
		start = m.ends[i-1]
	}
	return m.data[start:m.ends[i]]
}

// finish notes the end of one batch; the last one ends the wait.
func (m *Messages) finish(err error) {
	if err != nil {
		m.mu.Lock()
		if m.err == nil {
			m.err = err
		}
		m.mu.Unlock()
	}
	if m.pending.Add(-1) == 0 {
		m.done <- struct{}{}
	}
}

// wait returns when all batches have ended.
func (m *Messages) wait() error {
	<-m.done
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}
