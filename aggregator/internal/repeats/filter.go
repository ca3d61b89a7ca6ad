package repeats

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"noctra/schema"
)

const (
	late       = 2         // days that a message may wait without being looked up for that alone
	slots      = 10 + late // days of the filter: tomorrow, for clocks that are ahead, today, the window, and that
	blockWords = 8         // of 64 bits: a line of the processor's cache
	bitsPerKey = 22        // for one false answer in ten thousand
)

// Filter remembers which hashes were seen, by the day of receipt, in memory of a fixed size. It
// may say maybe where the answer is no, more often the fuller it is; never the other way round.
// It may be used by many goroutines.
type Filter struct {
	now    func() time.Time
	blocks uint64 // in a slot

	mu     sync.RWMutex // held for writing while days move on
	newest int64        // the latest day that has a slot
	slots  [slots]slot
}

type slot struct {
	words []atomic.Uint64
	keys  atomic.Int64 // added, approximately
}

// NewFilter returns an empty filter that takes about memory bytes. now is the clock.
func NewFilter(memory int64, now func() time.Time) *Filter {
	f := &Filter{now: now, blocks: uint64(max(memory/slots/(8*blockWords), 1))}
	for i := range f.slots {
		f.slots[i].words = make([]atomic.Uint64, f.blocks*blockWords)
	}
	f.newest = f.today() + 1
	return f
}

func (f *Filter) today() int64 { return f.now().UnixMilli() / int64(dayMillis) }

// Oldest returns the first moment of receipt from which on the filter has to know events.
func (f *Filter) Oldest() schema.Millis {
	return schema.Millis(f.today()+2-slots) * dayMillis
}

// Turn makes room for a new day. Call it now and then; it does nothing most of the time.
func (f *Filter) Turn() {
	newest := f.today() + 1
	f.mu.RLock()
	current := f.newest
	f.mu.RUnlock()
	if newest <= current {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for day := max(f.newest+1, newest-slots+1); day <= newest; day++ {
		s := &f.slots[day%slots]
		for i := range s.words {
			s.words[i].Store(0)
		}
		s.keys.Store(0)
	}
	f.newest = max(f.newest, newest)
}

// Add remembers a hash of an event received at that time, and reports whether it may have been
// there before. Events whose first copy may lie outside of the filter's days are always maybe.
func (f *Filter) Add(hash uint64, received schema.Millis) (maybe bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	day := int64(received / dayMillis)
	kept := min(max(day, f.newest-slots+1), f.newest)
	maybe = day < f.newest-1-late || day > f.newest
	block, mask := f.place(hash)
	if !maybe {
		for i := range f.slots {
			if f.slots[i].has(block, mask) {
				maybe = true
				break
			}
		}
	}
	f.slots[kept%slots].add(block, mask)
	return maybe
}

// Fill is the greatest share of its capacity that a day has used; above 1 more events than one in
// ten thousand are maybe.
func (f *Filter) Fill() float64 {
	most := int64(0)
	for i := range f.slots {
		most = max(most, f.slots[i].keys.Load())
	}
	return float64(most) * bitsPerKey / float64(f.blocks*blockWords*64)
}

// place returns where the bits of a hash are: a block, and a bit in each of its words.
func (f *Filter) place(hash uint64) (block uint64, mask uint64) {
	block, _ = bits.Mul64(hash, f.blocks)
	mask = hash * 0x9e3779b97f4a7c15 // other bits than those that chose the block
	mask ^= mask >> 32
	return block * blockWords, mask * 0xbf58476d1ce4e5b9
}

func bitOf(mask uint64, word uint64) uint64 { return 1 << (mask >> (6*word + 8) & 63) }

func (s *slot) has(block, mask uint64) bool {
	if s.keys.Load() == 0 {
		return false
	}
	for w := range uint64(blockWords) {
		if s.words[block+w].Load()&bitOf(mask, w) == 0 {
			return false
		}
	}
	return true
}

func (s *slot) add(block, mask uint64) {
	fresh := false
	for w := range uint64(blockWords) {
		if bit := bitOf(mask, w); s.words[block+w].Load()&bit == 0 {
			s.words[block+w].Or(bit)
			fresh = true
		}
	}
	if fresh || s.keys.Load() == 0 {
		s.keys.Add(1)
	}
}

// Recall returns a function that adds stored events and counts them in n.
func (f *Filter) Recall(n *int) func(hash uint64, received schema.Millis) {
	return func(hash uint64, received schema.Millis) {
		f.Add(hash, received)
		*n++
	}
}
