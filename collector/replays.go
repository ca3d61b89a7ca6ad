package collector

import (
	"sync"

	"noctra/schema"
)

const (
	replaysFor  = 10 * 60_000 // milliseconds: a signature is good five minutes before its time and after
	mostReplays = 100_000     // in each half; 16 bytes and what a map needs
)

// replays remembers the signatures of requests that were taken, at least as long as they are good. When
// there are too many the oldest half is forgotten, which lets copies in that ids recognise.
type replays struct {
	mu         sync.Mutex
	young, old map[[16]byte]struct{}
	turned     schema.Millis
}

func newReplays() *replays {
	return &replays{young: map[[16]byte]struct{}{}, old: map[[16]byte]struct{}{}}
}

// knows tells whether a request with that signature was taken.
func (r *replays) knows(mac [32]byte) bool {
	key := [16]byte(mac[:16])
	r.mu.Lock()
	defer r.mu.Unlock()
	_, young := r.young[key]
	_, old := r.old[key]
	return young || old
}

// note remembers a request that was taken.
func (r *replays) note(mac [32]byte, now schema.Millis) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now-r.turned >= replaysFor || len(r.young) >= mostReplays {
		r.young, r.old, r.turned = map[[16]byte]struct{}{}, r.young, now
	}
	r.young[[16]byte(mac[:16])] = struct{}{}
}

// size is how many are remembered.
func (r *replays) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.young) + len(r.old)
}
