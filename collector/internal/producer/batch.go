package producer

import (
	"encoding/binary"
	"hash/crc32"
	"sync"
	"sync/atomic"
	"time"

	"noctra/schema"
)

// batch is a Kafka record batch (version 2) while it is filled, and until it is answered. It owns
// its bytes, so requests of senders end without anybody still reading what was theirs.
type batch struct {
	partition *partition
	buf       []byte // headSize bytes of head, then records
	count     int
	bytes     int64 // of messages, as counted against the limit
	first     schema.Millis
	last      schema.Millis
	waiters   []*Messages
	born      time.Time
	deadline  time.Time
	sealed    bool
	tainted   bool // a request that was given up may still read buf
}

const (
	sizeSize  = 4 // the length of everything after it, which stands before a batch in a request
	headSize  = sizeSize + 61
	crcStart  = sizeSize + 21 // the checksum covers everything from here
	recordMax = 40            // bytes of a record besides its value, at most
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// add appends a record without key and headers.
func (b *batch) add(value []byte, at schema.Millis) {
	if b.count == 0 {
		b.first, b.last = at, at
		b.buf = append(b.buf[:0], make([]byte, headSize)...)
	}
	b.last = max(b.last, at)
	var inner [3 * binary.MaxVarintLen64]byte
	head := append(inner[:0], 0) // attributes
	head = binary.AppendVarint(head, int64(at-b.first))
	head = binary.AppendVarint(head, int64(b.count))
	head = binary.AppendVarint(head, -1) // no key
	head = binary.AppendVarint(head, int64(len(value)))
	b.buf = binary.AppendVarint(b.buf, int64(len(head)+len(value)+1))
	b.buf = append(b.buf, head...)
	b.buf = append(b.buf, value...)
	b.buf = append(b.buf, 0) // no headers
	b.count++
	b.bytes += int64(len(value))
}

// seal writes the head, after which nothing is added.
func (b *batch) seal() {
	if b.sealed {
		return
	}
	b.sealed = true
	h := b.buf[sizeSize:headSize]
	put32, put64 := binary.BigEndian.PutUint32, binary.BigEndian.PutUint64
	put32(b.buf, uint32(len(b.buf)-sizeSize))
	put64(h, 0) // base offset, the broker's to say
	put32(h[8:], uint32(len(b.buf)-sizeSize-12))
	put32(h[12:], ^uint32(0))        // leader epoch: not known
	h[16] = 2                        // magic
	h[21], h[22] = 0, 0              // attributes: not compressed, times by us
	put32(h[23:], uint32(b.count-1)) // delta of the last offset
	put64(h[27:], uint64(b.first))
	put64(h[35:], uint64(b.last))
	put64(h[43:], ^uint64(0)) // producer id: none
	h[51], h[52] = 0xff, 0xff // producer epoch: none
	put32(h[53:], ^uint32(0)) // sequence: none
	put32(h[57:], uint32(b.count))
	put32(h[17:], crc32.Checksum(b.buf[crcStart:], castagnoli))
}

var batches = sync.Pool{New: func() any { return &batch{buf: make([]byte, 0, 64<<10)} }}

// free gives the batch back for later use, unless somebody may still read it.
func (b *batch) free() {
	if b.tainted {
		return
	}
	clear(b.waiters)
	*b = batch{buf: b.buf[:0], waiters: b.waiters[:0]}
	batches.Put(b)
}

// partition collects messages for one partition.
type partition struct {
	id   int32
	lane atomic.Pointer[lane] // of the broker that leads it
	mu   sync.Mutex
	open *batch   // being filled, nil for none
	full []*batch // in the order in which they were filled
}

// add appends a message for a waiter and returns the lane to wake.
func (p *partition) add(value []byte, m *Messages, limits *limits) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open != nil && len(p.open.buf)+len(value)+recordMax > int(limits.batch.Load()) {
		p.full, p.open = append(p.full, p.open), nil
	}
	if p.open == nil {
		p.open = batches.Get().(*batch)
		p.open.partition, p.open.born = p, time.Now()
		p.open.deadline = p.open.born.Add(limits.timeout)
	}
	b := p.open
	b.add(value, m.At)
	if n := len(b.waiters); n == 0 || b.waiters[n-1] != m {
		m.pending.Add(1)
		b.waiters = append(b.waiters, m)
	}
	return p.lane.Load()
}

// take returns the next batch to send, nil for none.
func (p *partition) take() *batch {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.full) > 0 {
		b := p.full[0]
		p.full = p.full[1:]
		return b
	}
	b := p.open
	p.open = nil
	return b
}

// putBack places a batch that has to be sent again before all others.
func (p *partition) putBack(b *batch) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.full = append([]*batch{b}, p.full...)
	return p.lane.Load()
}
