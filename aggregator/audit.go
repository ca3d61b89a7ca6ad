package aggregator

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"noctra/aggregator/internal/rows"
	"noctra/aggregator/internal/store"
	"noctra/schema"
)

const (
	auditEvery  = 10 * time.Second
	auditAtOnce = 2_000_000   // places of one partition that are looked for at a time
	mostWrong   = 20          // ranges of a partition that are looked at again; with more of them, no others are looked at
	wrongFor    = time.Hour   // until what is wrong is noted for good and no longer looked at
	alarmAfter  = time.Minute // of figures that do not add up
)

// audits looks, beside the work, whether every committed place is where it has to be.
type audits struct {
	every time.Duration

	mu sync.Mutex
	of map[int]*audit

	wrongSince, said time.Time // of the goroutine of audit
}

// audit is how far a partition was looked at.
type audit struct {
	owner *worker // who has the partition
	next  int64   // places before it were looked for
	wrong []wrong
}

// wrong is a range that does not add up.
type wrong struct {
	from, to      int64
	lost, doubled int64
	since         time.Time
}

// sums returns what is lost and doubled in all partitions.
func (a *audits) sums() (lost, doubled int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.of {
		l, d := one.sums()
		lost, doubled = lost+l, doubled+d
	}
	return lost, doubled
}

func (a *audit) sums() (lost, doubled int64) {
	for i := range a.wrong {
		lost, doubled = lost+a.wrong[i].lost, doubled+a.wrong[i].doubled
	}
	return lost, doubled
}

// audit looks at the owned partitions and says how far they are, until ctx ends.
func (s *Service) audit(ctx context.Context) {
	ticker := time.NewTicker(s.audits.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		s.auditAll(ctx)
		s.raise()
	}
}

func (s *Service) auditAll(ctx context.Context) {
	workers := s.owned()
	s.audits.keep(workers)
	var all []store.Progress
	for _, w := range workers {
		if w.began.Load() < 0 {
			continue
		}
		committed := w.lag.committed.Load()
		a, err := s.auditOf(ctx, w)
		if err == nil {
			err = s.look(ctx, w, a, committed)
		}
		if err != nil {
			if ctx.Err() == nil {
				s.warn.Warn("partition not audited, it is tried again", "topic", s.names.topic, "partition", w.partition, "error", err.Error())
			}
			continue
		}
		p := store.Progress{Partition: w.partition, Committed: committed, High: max(w.lag.high.Load(), committed), Audited: a.settled()}
		if p.Committed < p.High { // messages of a partition are in the order of their times, about
			if p.Oldest = schema.Millis(w.lag.last.Load()); p.Oldest == 0 {
				p.Oldest = schema.Millis(max(w.lag.oldest.Load(), 1))
			}
		}
		p.Lost, p.Doubled = a.sums()
		all = append(all, p)
	}
	if len(all) == 0 {
		return
	}
	if err := s.store.Report(ctx, s.names.topic, all); err != nil && ctx.Err() == nil {
		s.warn.Warn("progress of partitions not stored", "topic", s.names.topic, "error", err.Error())
	}
}

// keep forgets partitions that others have now.
func (a *audits) keep(workers []*worker) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for p := range a.of {
		if !slices.ContainsFunc(workers, func(w *worker) bool { return w.partition == p }) {
			delete(a.of, p)
		}
	}
}

// auditOf returns the audit of a partition. For a new owner it goes on where the last one stopped;
// where none ever began, it begins after everything that is stored.
func (s *Service) auditOf(ctx context.Context, w *worker) (*audit, error) {
	s.audits.mu.Lock()
	a := s.audits.of[w.partition]
	s.audits.mu.Unlock()
	if a != nil && a.owner == w {
		return a, nil
	}
	at, found, err := s.store.Audited(ctx, s.names.topic, w.partition)
	if err != nil {
		return nil, err
	}
	if !found {
		at = max(w.began.Load(), w.found+1)
	}
	a = &audit{owner: w, next: at}
	s.audits.mu.Lock()
	s.audits.of[w.partition] = a
	s.audits.mu.Unlock()
	return a, nil
}

// settled is up to where everything adds up.
func (a *audit) settled() int64 {
	at := a.next
	for i := range a.wrong {
		at = min(at, a.wrong[i].from)
	}
	return at
}

// look looks at places that were committed since, and again at those that did not add up. Offsets
// that were set back are passed again without a look.
func (s *Service) look(ctx context.Context, w *worker, a *audit, committed int64) error {
	ranges := slices.Clone(a.wrong)
	if to := min(committed, a.next+auditAtOnce); to > a.next && len(a.wrong) < mostWrong {
		ranges = append(ranges, wrong{from: a.next, to: to, since: s.now()})
	}
	var still []wrong
	next := a.next
	for _, r := range ranges {
		found, err := s.store.Audit(ctx, store.Range{Topic: s.names.topic, Partition: w.partition, From: r.from, To: r.to})
		if err != nil {
			return err
		}
		r.lost, r.doubled = r.to-r.from-found.Distinct-found.Missing, found.Rows-found.Distinct
		next = max(next, r.to)
		if r.lost == 0 && r.doubled == 0 {
			continue
		}
		if s.now().Sub(r.since) > wrongFor {
			if err := s.close(ctx, w, r); err != nil {
				return err
			}
			continue
		}
		still = append(still, r)
	}
	s.audits.mu.Lock()
	a.next, a.wrong = next, still
	s.audits.mu.Unlock()
	return nil
}

// close notes for good that a range does not add up.
func (s *Service) close(ctx context.Context, w *worker, r wrong) error {
	s.log.Error("events stay unaccounted for", "topic", s.names.topic, "partition", w.partition, "offset", r.from, "to", r.to, "lost", r.lost, "doubled", r.doubled)
	notes := rows.NewNotes()
	place := rows.Place{Topic: s.names.topic, Partition: uint16(w.partition), Offset: r.from}
	notes.Append(place, rows.Note{At: schema.MillisOf(r.since), Reason: rows.Unaccounted, N: max(r.lost, -r.lost) + r.doubled})
	return s.store.Note(ctx, notes.Block())
}

// raise says once a minute that something does not add up, when that lasts.
func (s *Service) raise() {
	a, now := &s.audits, s.now()
	lost, doubled := a.sums()
	process := s.metrics.unaccounted()
	alarm := ""
	switch {
	case lost == 0 && doubled == 0 && process == 0:
		a.wrongSince = time.Time{}
	case a.wrongSince.IsZero():
		a.wrongSince = now
	case now.Sub(a.wrongSince) >= alarmAfter:
		alarm = fmt.Sprintf("events are unaccounted for: %d lost, %d doubled, %d in this process", lost, doubled, process)
		if now.Sub(a.said) >= alarmAfter {
			a.said = now
			s.log.Error("events are unaccounted for", "topic", s.names.topic, "lost", lost, "doubled", doubled, "in_process", process)
		}
	}
	s.mu.Lock()
	s.alarm = alarm
	s.mu.Unlock()
}
