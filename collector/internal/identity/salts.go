package identity

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"noctra/schema"
)

// Lifetime is how long a salt is kept after it was made.
const Lifetime = schema.SaltLife

// askTimeout bounds how long the first event of an unknown date waits for Postgres, and
// restTime how long Postgres is left alone after it did not answer.
const (
	askTimeout = 2 * time.Second
	restTime   = 2 * time.Second
)

// Secret is a salt as it is kept.
type Secret struct {
	Day     Day
	Bytes   []byte // 16
	Created time.Time
}

// Shelf is where all collectors keep their salts.
type Shelf interface {
	// Settle returns the salt of that day: the one that is there, or proposed, which is then
	// there for everybody.
	Settle(ctx context.Context, proposed Secret) (Secret, error)
	// Load returns all salts made after that time.
	Load(ctx context.Context, after time.Time) ([]Secret, error)
	// Destroy removes all salts made until that time.
	Destroy(ctx context.Context, until time.Time) error
}

// held is a salt in memory. One that is not settled was made here while Postgres was away: it is
// proposed as soon as that is back, and gives way to one that is there already.
type held struct {
	salt    Salt
	secret  Secret
	settled bool
}

// Salts holds the salts of the days that events are about. It is safe for concurrent use.
type Salts struct {
	// Keep writes Secrets where a restart finds them. It is called before a salt that was made here
	// without Postgres is used, since pseudonyms made with it would be nobody's after a crash. nil:
	// nothing is kept. It is set before the first call of Get.
	Keep func()

	shelf   Shelf
	now     func() time.Time
	current atomic.Pointer[map[Day]held]
	pending atomic.Pointer[Secret] // a salt that is being kept and not used yet

	mu     sync.Mutex // held while current is changed, and while an event asks Postgres
	restUp time.Time  // until then Postgres is not asked by events
	local  atomic.Int64
	counts atomic.Int64
}

// Version returns a number that grows with every change.
func (s *Salts) Version() int64 { return s.counts.Load() }

// NewSalts returns salts without any. now is the clock.
func NewSalts(shelf Shelf, now func() time.Time) *Salts {
	s := &Salts{shelf: shelf, now: now}
	s.current.Store(&map[Day]held{})
	return s
}

// Get returns the salt of a day. The first call for a day asks Postgres, for a bounded time;
// where that does not answer, a salt is made here, so that events are never refused for it.
func (s *Salts) Get(ctx context.Context, day Day) Salt {
	if h, ok := (*s.current.Load())[day]; ok {
		return h.salt
	}
	return s.first(ctx, day)
}

func (s *Salts) first(ctx context.Context, day Day) Salt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h, ok := (*s.current.Load())[day]; ok {
		return h.salt
	}
	proposed := s.propose(day)
	h := held{secret: proposed}
	if !s.now().Before(s.restUp) {
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		if settled, err := s.shelf.Settle(ctx, proposed); err == nil {
			h.secret, h.settled = settled, true
		} else {
			s.restUp = s.now().Add(restTime)
		}
	}
	h.salt, _ = SaltOf(h.secret.Bytes)
	if !h.settled && s.Keep != nil {
		s.pending.Store(&h.secret)
		s.Keep()
	}
	s.put(h)
	s.pending.Store(nil)
	return h.salt
}

func (s *Salts) propose(day Day) Secret {
	secret := make([]byte, 16)
	_, _ = rand.Read(secret) // never fails; it ends the program instead
	return Secret{Day: day, Bytes: secret, Created: s.now()}
}

// put makes a salt known. s.mu is held.
func (s *Salts) put(all ...held) {
	next := maps.Clone(*s.current.Load())
	for _, h := range all {
		next[h.secret.Day] = h
	}
	s.replace(next)
}

func (s *Salts) replace(next map[Day]held) {
	unsettled := int64(0)
	for _, h := range next {
		if !h.settled {
			unsettled++
		}
	}
	s.local.Store(unsettled)
	s.counts.Add(1)
	s.current.Store(&next)
}

// Len returns the number of salts held, and how many of them were made here because Postgres
// did not answer.
func (s *Salts) Len() (all, unsettled int) { return len(*s.current.Load()), int(s.local.Load()) }

// Secrets returns the salts that are held or about to be, for a private copy on disk.
func (s *Salts) Secrets() []Secret {
	var all []Secret
	if pending := s.pending.Load(); pending != nil {
		all = append(all, *pending)
	}
	for _, h := range *s.current.Load() {
		all = append(all, h.secret)
	}
	return all
}

// Restore takes over salts from a private copy; those past their time are left out. They are
// settled anew as soon as Postgres answers.
func (s *Salts) Restore(secrets []Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range secrets {
		salt, ok := SaltOf(secret.Bytes)
		if ok && s.now().Sub(secret.Created) < Lifetime {
			s.put(held{salt: salt, secret: secret})
		}
	}
}

// ahead is how long before its midnight a day's salt is made.
const ahead = time.Hour

// Tend destroys salts past their time, settles those made here, and makes those of days that
// begin within the hour. It is called every minute or so, with the calendars in use.
func (s *Salts) Tend(ctx context.Context, zones []*Zone) error {
	now := s.now()
	s.forget(now)
	if err := s.shelf.Destroy(ctx, now.Add(-Lifetime)); err != nil {
		return fmt.Errorf("destroy old salts: %w", err)
	}
	known, err := s.shelf.Load(ctx, now.Add(-Lifetime))
	if err != nil {
		return fmt.Errorf("load salts: %w", err)
	}
	s.settle(known...)
	for day := range s.due(now, zones) {
		settled, err := s.shelf.Settle(ctx, s.proposal(day))
		if err != nil {
			return fmt.Errorf("settle the salt of %s: %w", day, err)
		}
		s.settle(settled)
	}
	return nil
}

// settle takes over what Postgres has.
func (s *Salts) settle(secrets ...Secret) {
	var all []held
	for _, secret := range secrets {
		if salt, ok := SaltOf(secret.Bytes); ok {
			all = append(all, held{salt: salt, secret: secret, settled: true})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(all...)
}

// proposal is the salt that was made here for the day, or a new one.
func (s *Salts) proposal(day Day) Secret {
	if h, ok := (*s.current.Load())[day]; ok {
		return h.secret
	}
	return s.propose(day)
}

// due returns the days that need to be settled: those now and soon in the zones, and those for
// which a salt was made here.
func (s *Salts) due(now time.Time, zones []*Zone) map[Day]bool {
	days := map[Day]bool{}
	current := *s.current.Load()
	for _, zone := range zones {
		for _, at := range [...]time.Time{now, now.Add(ahead)} {
			if day := dayOf(at.In(zone.location)); !current[day].settled {
				days[day] = true
			}
		}
	}
	for day, h := range current {
		if !h.settled {
			days[day] = true
		}
	}
	return days
}

// forget removes salts past their time from memory.
func (s *Salts) forget(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := maps.Clone(*s.current.Load())
	maps.DeleteFunc(next, func(_ Day, h held) bool { return now.Sub(h.secret.Created) >= Lifetime })
	if len(next) < len(*s.current.Load()) {
		s.replace(next)
	}
}
