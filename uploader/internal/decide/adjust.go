package decide

import (
	"time"

	"noctra/schema"
)

// Kinds of adjustments.
const (
	restatement = "restatement"
	retraction  = "retraction"
	enhancement = "enhancement"
)

// subject is a conversion that Google may have, and the sale as it is now.
type subject struct {
	sale       *sale
	action     *action
	conversion *conversion
	worth      worth
	now        time.Time
}

// standing is what Google has of a conversion, or is to have.
type standing struct {
	value     int64
	currency  string
	retracted bool
}

// adjust makes what Google has, or will have by what is under way, what the sale is worth now.
func (b *batch) adjust(ch *changes, s *subject) {
	switch s.conversion.State {
	case schema.UploadRejected, schema.UploadSuperseded:
		return
	case schema.UploadAccepted:
		if s.conversion.Reason == schema.CodeOtherOfClick { // of this transaction Google has nothing
			for _, a := range openOf(s.conversion) {
				ch.withdraw(a, schema.ReasonNotTaken)
			}
			return
		}
	}
	s.stop(ch)
	s.enhance(ch)
	want, base := s.wanted(), s.sent()
	foreign := s.worth.Foreign != "" && want == base
	if want == base && !foreign {
		for _, a := range openOf(s.conversion) {
			if a.Kind != enhancement {
				ch.withdraw(a, schema.ReasonNewer)
			}
		}
		return
	}
	last := s.last()
	if foreign && last != nil && !last.open() {
		last = nil // it says the same, and nothing of the refund
	}
	fresh := s.adjustment(want, last)
	for _, a := range openOf(s.conversion) {
		if a.Kind != enhancement && (a != last || !fresh.says(last)) {
			ch.withdraw(a, schema.ReasonNewer)
		}
	}
	s.place(fresh, base, foreign)
	switch {
	case last == nil || !fresh.says(last):
		s.add(ch, fresh)
	case last.open() && last.follows(fresh):
		fresh.ID, fresh.AdjustedAt = last.ID, last.AdjustedAt
		ch.back = append(ch.back, fresh)
		ch.count(fresh.State, fresh.Reason)
	}
}

// follows says whether one that is not on its way is to be placed anew. Where it was tried already the
// sender's word counts, unless it may not go now, or might not and may again.
func (a *adjustment) follows(fresh *adjustment) bool {
	if a.Attempts > 0 && a.State != schema.UploadHeld && fresh.State != schema.UploadHeld {
		return false
	}
	return a.State != fresh.State || a.Reason != fresh.Reason || a.Detail != fresh.Detail
}

// stop does with adjustments that may be at Google what stop does with conversions.
func (s *subject) stop(ch *changes) {
	denied := s.sale.UserDataConsent() == schema.ConsentDenied
	for _, a := range s.conversion.adjustments {
		if !a.Frozen || a.ended() {
			continue
		}
		if state, reason, detail, moves := stopping(denied, a.State, a.Reason); moves {
			a.State, a.Reason, a.Detail, a.NextAt = state, reason, detail, nil
			ch.paused = append(ch.paused, a)
			ch.count(a.State, a.Reason)
		} else if denied && (a.State == schema.UploadSending || a.State == schema.UploadReceived) {
			ch.again(s.sale, s.now.Add(schema.DecideSoon))
		}
	}
}

// wanted is what Google should have. Where it is not the sale's own value, or is no longer by a rule that was changed, only
// a full refund matters: otherwise it is what Google has.
func (s *subject) wanted() standing {
	switch {
	case s.worth.Full:
		return standing{retracted: true}
	case s.action.Follows(&s.sale.Sale):
		return standing{value: s.worth.Left, currency: s.sale.Currency}
	}
	if has := s.sent(); !has.retracted {
		return has
	}
	return s.asSent()
}

func (s *subject) asSent() standing {
	if s.conversion.Value == nil {
		return standing{}
	}
	return standing{value: *s.conversion.Value, currency: s.conversion.Currency}
}

// sent is what Google has when everything that cannot be withdrawn has arrived.
func (s *subject) sent() standing {
	now := s.asSent()
	for _, a := range s.conversion.adjustments {
		if a.Kind == enhancement || a.open() || a.State == schema.UploadRejected || a.State == schema.UploadSuperseded {
			continue
		}
		now = a.standing()
	}
	return now
}

func (a *adjustment) standing() standing {
	if a.Value == nil {
		return standing{retracted: true}
	}
	return standing{value: *a.Value, currency: a.Currency}
}

// last returns the newest one about the value that was not superseded, nil for none.
func (s *subject) last() *adjustment {
	for i := len(s.conversion.adjustments) - 1; i >= 0; i-- {
		if a := s.conversion.adjustments[i]; a.Kind != enhancement && a.State != schema.UploadSuperseded {
			return a
		}
	}
	return nil
}

// says whether two ask Google for the same.
func (a *adjustment) says(other *adjustment) bool {
	return a.Kind == other.Kind && equal(a.Value, other.Value) && a.Currency == other.Currency
}

func openOf(c *conversion) (open []*adjustment) {
	if c == nil {
		return nil
	}
	for _, a := range c.adjustments {
		if a.open() {
			open = append(open, a)
		}
	}
	return open
}

// adjustment is the one that brings Google to want: a new one, unless the last says so.
func (s *subject) adjustment(want standing, last *adjustment) *adjustment {
	a := &adjustment{ConversionID: s.conversion.ID, MappingID: s.conversion.MappingID, Number: s.nextNumber(), Kind: retraction, AdjustedAt: s.now, Detail: s.worth.Remark()}
	if want.currency != "" {
		a.Kind, a.Value, a.Currency = restatement, &want.value, want.currency
	}
	if s.worth.Refund != 0 {
		a.RefundID = &s.worth.Refund
	}
	if last != nil && a.says(last) {
		a.Number = last.Number
	}
	return a
}

func (s *subject) nextNumber() int {
	if all := s.conversion.adjustments; len(all) > 0 {
		return all[len(all)-1].Number + 1
	}
	return 1
}

// place says whether it may be sent: by the connection, by the conversion, by those before it.
func (s *subject) place(a *adjustment, base standing, foreign bool) {
	a.State = schema.UploadHeld
	switch {
	case s.action.Removed:
		a.Reason = schema.ReasonActionRemoved
	case s.sale.UserDataConsent() == schema.ConsentDenied: // it would name the click and the person once more
		a.Reason = schema.ReasonConsentDenied
	case s.action.Transport == "file":
		a.Reason = schema.ReasonReceivedOnly
	case s.conversion.elsewhere():
		a.Reason = schema.ReasonValueUnknown
	case foreign:
		a.Reason = schema.ReasonCurrencyDiffers
	case base.retracted:
		a.Reason, a.Detail = schema.ReasonCannotAdjust, "It was taken back before, and Google cannot be given it again"
	case a.Kind == retraction && !s.action.CanRetract:
		a.Reason = schema.ReasonCannotRetract
	default:
		s.queue(a)
	}
}

// queue lets it go when the conversion is accepted and nothing earlier is under way.
func (s *subject) queue(a *adjustment) {
	a.State, a.Reason = schema.UploadReady, ""
	if s.conversion.State != schema.UploadAccepted {
		a.State, a.Reason = schema.UploadWaiting, schema.ReasonNotAtGoogle
		return
	}
	for _, other := range s.conversion.adjustments {
		if !other.ended() && other.Number < a.Number {
			a.State, a.Reason = schema.UploadWaiting, schema.ReasonEarlier
		}
	}
}

// add gives it a newer time than the one before, as Google asks.
func (s *subject) add(ch *changes, a *adjustment) {
	if all := s.conversion.adjustments; len(all) > 0 {
		if next := all[len(all)-1].AdjustedAt.Add(time.Second); a.AdjustedAt.Before(next) {
			a.AdjustedAt = next
		}
	}
	s.conversion.adjustments = append(s.conversion.adjustments, a)
	ch.added = append(ch.added, a)
	ch.count(a.State, a.Reason)
}

// withdraw takes back one that Google never had.
func (ch *changes) withdraw(a *adjustment, reason string) {
	a.State, a.Reason, a.NextAt = schema.UploadSuperseded, reason, nil
	ch.back = append(ch.back, a)
	ch.count(a.State, a.Reason)
}
