// Package notes tells Postgres now and then what a collector saw besides events: which server keys were
// used, and what pages of sites sent or loaded that is of use to who sets them up.
//
// All of it is best effort: it is gathered in memory, bounded, and nobody waits for it. What is exact goes
// with the events.
package notes

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"noctra/internal/logs"
	"noctra/schema"
)

const (
	lookEvery  = 2 * time.Second  // for what is new
	writeEvery = 30 * time.Second // for what goes on
	writeTime  = 5 * time.Second
	endTime    = time.Second // of the last writing
	mostUses   = 10_000
	mostSeen   = 1000 // sightings at a time
	mostOfSite = 20   // of them of a site and kind
)

// Kinds of sightings.
const (
	HostNotAllowed = "host_not_allowed" // events of a host that is none of the site's
	SiteUnknown    = "site_unknown"     // events of a host of the site with a key that no site has
	ScriptLoaded   = "script_loaded"
)

// Sighting is something that was seen of a site's pages.
type Sighting struct {
	Site   schema.SiteID
	Kind   string
	Host   string
	Detail string // the unknown key, or the script's version
	hour   schema.Millis
}

// use is when a key was used since the last writing.
type use struct{ first, last schema.Millis }

// seen is how often something was.
type seen struct {
	n    int64
	last schema.Millis
}

type siteKind struct {
	site schema.SiteID
	kind string
}

// batch is what waits.
type batch struct {
	uses map[int64]use
	seen map[Sighting]*seen
	of   map[siteKind]int
}

func newBatch() batch {
	return batch{map[int64]use{}, map[Sighting]*seen{}, map[siteKind]int{}}
}

// Writer takes what was gathered.
type Writer interface {
	WriteUses(ctx context.Context, uses []Use) error
	WriteSightings(ctx context.Context, seen []Seen) error
}

// Use is when a server key was used.
type Use struct {
	Key         int64
	First, Last time.Time
}

// Seen is a sighting with how often it was.
type Seen struct {
	Sighting
	Hour time.Time
	N    int64
	Last time.Time
}

// Notes gathers. It is safe for concurrent use.
type Notes struct {
	writer Writer
	quiet  *logs.Throttled

	mu      sync.Mutex
	waiting batch
	fresh   bool // something waits that was not written before
	keys    map[int64]bool
	known   map[Sighting]bool
}

// New returns notes that are written to w by Run.
func New(w Writer, log *slog.Logger) *Notes {
	return &Notes{writer: w, quiet: logs.Throttle(log, time.Minute, time.Now), waiting: newBatch(), keys: map[int64]bool{}, known: map[Sighting]bool{}}
}

// Used notes the use of a server key.
func (n *Notes) Used(key int64, at schema.Millis) {
	n.mu.Lock()
	defer n.mu.Unlock()
	u, ok := n.waiting.uses[key]
	if !ok {
		if len(n.waiting.uses) >= mostUses {
			return
		}
		u.first = at
		n.fresh = n.fresh || !n.keys[key]
	}
	u.last = max(u.last, at)
	n.waiting.uses[key] = u
}

// Saw notes a sighting. Its strings may be borrowed. A host that is none is left out.
func (n *Notes) Saw(s Sighting, at schema.Millis) {
	if !plainHost(s.Host) || len(s.Detail) > schema.MaxIDLength {
		return
	}
	s.hour = at - at%(60*schema.MinuteMillis)
	n.mu.Lock()
	defer n.mu.Unlock()
	one := n.waiting.seen[s]
	if one == nil {
		of := siteKind{s.Site, s.Kind}
		if len(n.waiting.seen) >= mostSeen || n.waiting.of[of] >= mostOfSite {
			return
		}
		n.waiting.of[of]++
		s.Host, s.Detail = strings.Clone(s.Host), strings.Clone(s.Detail)
		n.fresh = n.fresh || !n.known[s]
		one = &seen{}
		n.waiting.seen[s] = one // a key of the map's own
	}
	one.n++
	one.last = max(one.last, at)
}

// plainHost tells whether s may be a host name or an address, in lower case.
func plainHost(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '.', c == '-', c == '_', c == ':':
		default:
			return false
		}
	}
	return true
}

// Run writes until ctx ends, and then once more: every thirty seconds, and soon where there is something
// that was not there before.
func (n *Notes) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	written := time.Now()
	for {
		select {
		case <-ctx.Done():
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
			defer cancel()
			n.say(n.Write(ending))
			return
		case now := <-ticker.C:
			if !n.isFresh() && now.Sub(written) < writeEvery {
				continue
			}
			n.say(n.Write(ctx))
			written = now
		}
	}
}

func (n *Notes) say(err error) {
	if err != nil {
		n.quiet.Warn("use of keys and sightings not written, they are tried again", "error", err.Error())
	}
}

func (n *Notes) isFresh() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.fresh
}
