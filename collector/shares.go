package collector

import (
	"encoding/binary"
	"sync/atomic"

	"noctra/collector/internal/producer"
)

// shares keeps one sender from taking all of what senders share. What is free decides: nobody holds
// more than four times as much as nobody holds. So one that floods gets four fifths of the whole,
// two get four ninths each, and there is always room for those who send little. Who has less than an
// eighth is not asked. It needs no list of senders and no rates: a few numbers are enough, which
// senders whose numbers collide share.
type shares struct {
	held [1 << shareBits]atomic.Int64
}

const (
	shareBits   = 12
	shareOfFree = 4
	shareOfAll  = 8 // the part of it that anybody may have
)

func (s *shares) of(who uint64) *atomic.Int64 {
	return &s.held[who*0x9e3779b97f4a7c15>>(64-shareBits)]
}

// take lets who hold size more, where all of it together is held already of most. It returns false
// when that is more than its share.
func (s *shares) take(who uint64, size, held, most int64) bool {
	if s.few(who, size, most) || s.of(who).Load()+size <= shareOfFree*(most-held) {
		s.add(who, size)
		return true
	}
	return false
}

// few reports whether who holds little, with size more, or nothing yet.
func (s *shares) few(who uint64, size, most int64) bool {
	mine := s.of(who).Load()
	return mine == 0 || mine+size <= most/shareOfAll
}

// add lets who hold size more in any case.
func (s *shares) add(who uint64, size int64) { s.of(who).Add(size) }

// give ends what take or add began.
func (s *shares) give(who uint64, size int64) { s.of(who).Add(-size) }

// from tells senders apart before their events are read: by site, by server key, or by address.
func (w *work) from() uint64 {
	switch {
	case w.who.site != nil:
		return uint64(w.who.site.ID)
	case w.who.key != nil:
		return 1<<63 | uint64(w.who.key.ID)
	}
	addr := network(w.request.Addr)
	if !addr.IsValid() {
		return 1 << 62
	}
	bytes := addr.As16()
	return binary.BigEndian.Uint64(bytes[:8]) ^ binary.BigEndian.Uint64(bytes[8:])
}

// sendFairly hands the events to the store, unless Kafka is busy and their site has its share of what
// is on the way to it. Events of several sites count as those of the last.
func (s *Service) sendFairly(w *work) error {
	site, from, size := uint64(w.shareOf), w.from(), int64(w.messages.Size())
	window := s.events.Window()
	w.messages.Few = s.onTheWay.few(site, size, window)
	if !s.onTheWay.take(site, size, s.events.InFlight(), window) {
		if s.keeper == nil || s.events.Works() { // otherwise the spool takes them
			return producer.ErrFull
		}
		s.onTheWay.add(site, size)
	}
	defer s.onTheWay.give(site, size)
	if from != site {
		s.onTheWay.add(from, size)
		defer s.onTheWay.give(from, size)
	}
	return s.send(&w.messages)
}
