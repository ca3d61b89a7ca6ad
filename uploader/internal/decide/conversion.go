package decide

import (
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
				a = b.standIn(a)
				b.watch(ch, s, a, c)
				b.adjust(ch, &subject{sale: s, action: a, conversion: c, worth: s.Worth(), now: b.now})
			default:
				b.convert(ch, s, a, c)
			}
		}
	}
	return ch
}

// convert makes or changes a conversion that nobody has sent.
func (b *batch) convert(ch *changes, s *sale, a *action, old *conversion) {
	w := s.Worth()
	f := &eligibility.Facts{Now: b.now, Sale: &s.Sale, Action: a, Worth: w}
	if old != nil {
		f.Review = old.Review
	}
	v := eligibility.Judge(f)
	fresh := s.conversion(a, w)
	fresh.State, fresh.Reason, fresh.Detail, fresh.NextAt = v.State, v.Reason, v.Detail, timePointer(v.Next)
	if s.Repeated {
		fresh.State, fresh.Reason, fresh.Detail, fresh.NextAt = schema.UploadSuperseded, schema.ReasonOrderRepeated, "", nil
	} else if old == nil || old.State != schema.UploadSuperseded {
		ch.again(s, v.Next)
	}
	switch {
	case old == nil:
		ch.made = append(ch.made, fresh)
	case old.State == schema.UploadSuperseded:
		if !old.repeat() || s.Repeated || old.Taken && old.TransactionID == fresh.TransactionID {
			return
		}
		ch.again(s, v.Next)
		ch.gone, ch.made = append(ch.gone, old.ID), append(ch.made, fresh)
	case b.replaced(a):
		fresh.State, fresh.Reason, fresh.Detail, fresh.NextAt = schema.UploadSuperseded, schema.ReasonOrderRepeated, "The action was chosen anew", nil
		ch.update(old, fresh)
	default:
		old.keepTried(fresh)
		ch.update(old, fresh)
	}
	ch.count(fresh.State, fresh.Reason)
	for _, adj := range openOf(old) {
		ch.withdraw(adj, schema.ReasonNotTaken)
	}
}

// watch has a sale decided again while what was sent of it is not what would be sent now.
func (b *batch) watch(ch *changes, s *sale, a *action, c *conversion) {
	w := s.Worth()
	fresh, v := s.conversion(a, w), eligibility.Judge(&eligibility.Facts{Now: b.now, Sale: &s.Sale, Action: a, Review: c.Review, Worth: w})
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
	if !denied && stoppedBefore(c.State, c.Reason) && v.State != schema.UploadReady {
		ch.again(s, v.Next)
		return true
	}
	state, reason, detail, moves := stopping(denied, c.State, c.Reason)
	if !moves {
		return false
	}
	to := *c
	to.State, to.Reason, to.Detail, to.NextAt = state, reason, detail, nil
	ch.stopped = append(ch.stopped, &to)
	ch.count(to.State, to.Reason)
	return true
}

// mayBeThere is what a person wonders about who said no after it was sent.
const mayBeThere = "It was sent before, and Google's answer is not known"

// stopping says where something goes that was sent, by the consent there is now. What Google is about to
// answer for is not touched: its answer is only read.
func stopping(denied bool, state schema.UploadState, reason string) (to schema.UploadState, why, detail string, moves bool) {
	switch {
	case denied && (state == schema.UploadReady || state == schema.UploadWaiting && reason != schema.ReasonConsentDenied):
		return schema.UploadHeld, schema.ReasonConsentDenied, mayBeThere, true
	case denied && state == schema.UploadUnknown:
		return schema.UploadWaiting, schema.ReasonConsentDenied, mayBeThere, true
	case !denied && stoppedBefore(state, reason):
		return schema.UploadReady, schema.ReasonAnswerLost, "", true
	}
	return "", "", "", false
}

func stoppedBefore(state schema.UploadState, reason string) bool {
	return reason == schema.ReasonConsentDenied && (state == schema.UploadHeld || state == schema.UploadWaiting)
}

// replaced says whether a removed action was chosen again, for the same.
func (b *batch) replaced(removed *action) bool { return b.standIn(removed) != removed }

// standIn is a removed action as its successor, that was chosen for the same, would send.
func (b *batch) standIn(removed *action) *action {
	for _, a := range b.actions[removed.SiteID] {
		if removed.Removed && !a.Removed && a.ActionID == removed.ActionID && a.GoalID == removed.GoalID {
			like := *removed
			like.Removed, like.Paused, like.Enhanced, like.Transport, like.CanRetract = false, a.Paused, a.Enhanced, a.Transport, a.CanRetract
			return &like
		}
	}
	return removed
}

// conversion is what the sale would be sent as.
func (s *sale) conversion(a *action, w worth) *conversion {
	return &conversion{WorkspaceID: s.WorkspaceID, SiteID: s.SiteID, SaleID: s.ID, MappingID: a.ID, ActionID: a.ActionID, Content: eligibility.ContentOf(&s.Sale, a, w)}
}

// keepTried leaves a conversion that was tried already where the sender put it, unless a gate keeps it
// now, or kept it and does no longer. Such a one wakes with its sale, not by next_at, which is the sender's.
func (c *conversion) keepTried(fresh *conversion) {
	if c.Attempts == 0 {
		return
	}
	if fresh.State != schema.UploadReady {
		fresh.NextAt = nil
		return
	}
	if !eligibility.OfGate(c.Reason) {
		fresh.State, fresh.Reason, fresh.Detail, fresh.NextAt = c.State, c.Reason, c.Detail, c.NextAt
	}
}

// update notes a conversion that is to be another one, if it is.
func (ch *changes) update(old, fresh *conversion) {
	fresh.ID = old.ID
	switch {
	case old.same(fresh):
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

func (c *conversion) same(o *conversion) bool {
	return c.Same(o.Content) && c.State == o.State && c.Reason == o.Reason && c.Detail == o.Detail && sameTime(c.NextAt, o.NextAt)
}

func equal[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

func sameTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

func timePointer(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
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
