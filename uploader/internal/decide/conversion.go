package decide

import (
	"slices"
	"time"

	"noctra/schema"
	"noctra/schema/eligibility"
)

// A conversion that was sent and is another one by now is looked at again while it may come back unsent:
// then it follows its sale again, and who sends does not touch sales. Where it must not go once more before
// that, it is within schema.DecideSoon.
const (
	againTrying   = 10 * time.Minute
	againReceived = time.Hour
)

// changes are what a batch comes to.
type changes struct {
	gone    []int64 // conversions that stood back for another with their order, and do no longer
	made    []*conversion
	changed []*conversion
	renamed []*conversion // get another transaction id, so that another may have it already
	freed   []*conversion // gave their transaction id up, which another may have waited for
	behind  []*conversion // stand back for another with their transaction
	stopped []*conversion // may be at Google, and are not sent again for now, or are again: their state alone changes
	paused  []*adjustment // as stopped
	back    []*adjustment // changed, most of them superseded: before new ones are made
	added   []*adjustment
	next    map[int64]time.Time // when to decide the sale again
	counts  map[count]int
}

// count is a label of the metric.
type count struct{ state, class string }

// decide works out all changes of the batch. It asks nobody.
func (b *batch) decide() *changes {
	ch := &changes{next: map[int64]time.Time{}, counts: map[count]int{}}
	for _, s := range b.sales {
		for _, a := range b.actions[s.SiteID] {
			c := s.conversions[a.ID]
			switch {
			case c == nil && !a.Takes(&s.Sale):
			case c != nil && c.Frozen:
				a = a.StandIn(b.actions[s.SiteID])
				b.watch(ch, s, a, c)
				ch.adjust(s, &eligibility.Subject{Now: b.now, Sale: &s.Sale, Action: a, Conversion: c})
			default:
				b.convert(ch, s, a, c)
			}
		}
	}
	return ch
}

// convert makes or changes a conversion that nobody has sent.
func (b *batch) convert(ch *changes, s *sale, a *action, old *conversion) {
	c := &eligibility.Case{Now: b.now, Sale: &s.Sale, Action: a, Old: old, Erased: b.erased[eligibility.TransactionOf(&s.Sale, a)], Replaced: a.StandIn(b.actions[s.SiteID]) != a}
	fresh, next := c.Unsent()
	if fresh == nil {
		return
	}
	ch.again(s, next)
	switch {
	case old == nil:
		ch.made = append(ch.made, fresh)
	case old.State == schema.UploadSuperseded && fresh.State != schema.UploadSuperseded:
		ch.gone, ch.made = append(ch.gone, old.ID), append(ch.made, fresh)
	default:
		ch.update(old, fresh)
	}
	ch.count(fresh.State, fresh.Reason)
	for _, adj := range eligibility.OpenOf(old) {
		adj.Withdraw(schema.ReasonNotTaken)
		ch.back = append(ch.back, adj)
		ch.count(adj.State, adj.Reason)
	}
}

// adjust notes what becomes of adjustments of a conversion that Google may have.
func (ch *changes) adjust(s *sale, subject *eligibility.Subject) {
	to := subject.Adjust()
	ch.back, ch.added, ch.paused = append(ch.back, to.Back...), append(ch.added, to.Added...), append(ch.paused, to.Paused...)
	for _, a := range slices.Concat(to.Back, to.Added, to.Paused) {
		ch.count(a.State, a.Reason)
	}
	if to.Soon {
		ch.again(s, subject.Now.Add(schema.DecideSoon))
	}
}

// watch has a sale decided again while what was sent of it is not what would be sent now.
func (b *batch) watch(ch *changes, s *sale, a *action, c *conversion) {
	fresh, v := (&eligibility.Case{Now: b.now, Sale: &s.Sale, Action: a, Old: c}).Fresh()
	if stop(ch, s, c, v) || v.State == schema.UploadReady && c.Same(fresh.Content) {
		return
	}
	switch c.State {
	case schema.UploadSending:
		ch.again(s, b.now.Add(schema.DecideSoon))
	case schema.UploadReady, schema.UploadWaiting, schema.UploadUnknown:
		ch.again(s, b.now.Add(againTrying))
	case schema.UploadReceived:
		switch {
		case c.Reason != schema.ReasonNotFinal:
		case s.UserDataConsent() == schema.ConsentDenied: // a part of it may have to be sent again
			ch.again(s, b.now.Add(schema.DecideSoon))
		default:
			ch.again(s, b.now.Add(againReceived))
		}
	}
}

// stop holds what may be at Google where consent was denied since: it is not sent once more. When
// consent is there again, it goes on as it was.
func stop(ch *changes, s *sale, c *conversion, v eligibility.Verdict) (stopped bool) {
	denied := s.UserDataConsent() == schema.ConsentDenied
	if !denied && c.Stopped() && v.State != schema.UploadReady {
		ch.again(s, v.Next)
		return true
	}
	state, reason, detail, moves := eligibility.Stopping(denied, c.State, c.Reason)
	if !moves {
		return false
	}
	to := *c
	to.State, to.Reason, to.Detail, to.NextAt = state, reason, detail, nil
	ch.stopped = append(ch.stopped, &to)
	ch.count(to.State, to.Reason)
	return true
}

// update notes a conversion that is to be another one, if it is.
func (ch *changes) update(old, fresh *conversion) {
	fresh.ID = old.ID
	switch {
	case old.Equal(fresh):
	case fresh.State == schema.UploadSuperseded:
		fresh.TransactionID = old.TransactionID
		ch.freed, ch.changed = append(ch.freed, old), append(ch.changed, fresh)
	case old.TransactionID != fresh.TransactionID:
		ch.freed = append(ch.freed, old)
		ch.renamed = append(ch.renamed, fresh)
	default:
		ch.changed = append(ch.changed, fresh)
	}
}

// again has the sale decided at a time, or earlier.
func (ch *changes) again(s *sale, at time.Time) {
	if earliest, known := ch.next[s.ID]; !at.IsZero() && (!known || at.Before(earliest)) {
		ch.next[s.ID] = at
	}
}

func (ch *changes) count(state schema.UploadState, reason string) {
	class := ""
	if reason != "" {
		known, _ := schema.ReasonOf(reason)
		class = string(known.Class)
	}
	ch.counts[count{string(state), class}]++
}
