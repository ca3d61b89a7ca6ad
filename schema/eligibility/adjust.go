package eligibility

import (
	"slices"
	"time"

	"noctra/schema"
)

// Subject is a conversion that Google may have, and its sale and action as they are now.
type Subject struct {
	Now        time.Time
	Sale       *Sale
	Action     *Action
	Conversion *Conversion
	worth      Worth
	to         Adjusted
}

// Adjusted is what adjusting comes to. The adjustments are those of the conversion, which they are left in.
type Adjusted struct {
	Back   []*Adjustment // changed, most of them superseded
	Added  []*Adjustment
	Paused []*Adjustment // may be at Google: their state alone changes
	Soon   bool          // to be looked at again within schema.DecideSoon
}

// standing is what Google has of a conversion, or is to have.
type standing struct {
	value     int64
	currency  string
	retracted bool
}

// Adjust makes what Google has, or will have by what is under way, what the sale is worth now.
func (s *Subject) Adjust() Adjusted {
	s.worth = s.Sale.Worth()
	switch s.Conversion.State {
	case schema.UploadRejected, schema.UploadSuperseded:
		return s.to
	case schema.UploadAccepted:
		if s.Conversion.Reason == schema.CodeOtherOfClick { // of this transaction Google has nothing
			for _, a := range OpenOf(s.Conversion) {
				s.withdraw(a, schema.ReasonNotTaken)
			}
			return s.to
		}
	}
	s.stop()
	s.enhance()
	s.value()
	if e := s.enhancement(); e != nil && e.Open() && e.Reason == schema.ReasonEarlier {
		next := *e
		s.queue(&next)
		s.to.Soon = s.to.Soon || next.State != e.State // what it waited for was withdrawn: it goes when the sale is decided next
	}
	return s.to
}

// value has Google told what the sale is worth, where that is something else than it has.
func (s *Subject) value() {
	want, base := s.wanted(), s.sent()
	foreign := s.worth.Foreign != "" && want == base
	if want == base && !foreign {
		for _, a := range OpenOf(s.Conversion) {
			if a.Kind != Enhancement {
				s.withdraw(a, schema.ReasonNewer)
			}
		}
		return
	}
	last := s.last()
	if foreign && last != nil && !last.Open() {
		last = nil // it says the same, and nothing of the refund
	}
	fresh := s.adjustment(want, last)
	for _, a := range OpenOf(s.Conversion) {
		if a.Kind != Enhancement && (a != last || !fresh.Says(last)) {
			s.withdraw(a, schema.ReasonNewer)
		}
	}
	s.place(fresh, base, foreign)
	if e := s.enhancement(); last != nil && last.Open() && fresh.Says(last) && last.State == schema.UploadHeld && fresh.State != schema.UploadHeld && e != nil && e.Number > last.Number {
		s.withdraw(last, schema.ReasonNewer) // the enhancement did not wait for it: now it is the one after
		last, fresh.Number = nil, s.nextNumber()
		s.queue(fresh)
	}
	if last == nil || !fresh.Says(last) {
		s.add(fresh)
	} else if last.Open() {
		s.follow(last, fresh)
	}
}

// follow places one anew that is not on its way. Where it was tried already the sender's word counts, unless it may not
// go now, or might not and may again.
func (s *Subject) follow(a, fresh *Adjustment) {
	if a.Attempts > 0 && a.State != schema.UploadHeld && fresh.State != schema.UploadHeld {
		return
	}
	if a.State != fresh.State || a.Reason != fresh.Reason || a.Detail != fresh.Detail {
		a.move(fresh.State, fresh.Reason, fresh.Detail)
		s.to.Back = append(s.to.Back, a)
	}
}

// stop does with adjustments that may be at Google what Stopping says.
func (s *Subject) stop() {
	denied := s.Sale.UserDataConsent() == schema.ConsentDenied
	for _, a := range s.Conversion.Adjustments {
		if !a.Frozen || a.Ended() {
			continue
		}
		if state, reason, detail, moves := Stopping(denied, a.State, a.Reason); moves {
			a.move(state, reason, detail)
			s.to.Paused = append(s.to.Paused, a)
		} else if denied && (a.State == schema.UploadSending || a.State == schema.UploadReceived) {
			s.to.Soon = true
		}
	}
}

// wanted is what Google should have. Where it is not the sale's own value, or is no longer by a rule that was changed, only
// a full refund matters: otherwise it is what Google has.
func (s *Subject) wanted() standing {
	switch {
	case s.worth.Full:
		return standing{retracted: true}
	case s.Action.Follows(s.Sale):
		return standing{value: s.worth.Left, currency: s.Sale.Currency}
	}
	if has := s.sent(); !has.retracted {
		return has
	}
	return s.asSent()
}

func (s *Subject) asSent() standing {
	if s.Conversion.Value == nil {
		return standing{}
	}
	return standing{value: *s.Conversion.Value, currency: s.Conversion.Currency}
}

// sent is what Google has when everything that cannot be withdrawn has arrived.
func (s *Subject) sent() standing {
	now := s.asSent()
	for _, a := range s.Conversion.Adjustments {
		if a.Kind == Enhancement || a.Open() || a.State == schema.UploadRejected || a.State == schema.UploadSuperseded {
			continue
		}
		now = a.standing()
	}
	return now
}

func (a *Adjustment) standing() standing {
	if a.Value == nil {
		return standing{retracted: true}
	}
	return standing{value: *a.Value, currency: a.Currency}
}

// last returns the newest one about the value that was not superseded, nil for none.
func (s *Subject) last() *Adjustment {
	for i := len(s.Conversion.Adjustments) - 1; i >= 0; i-- {
		if a := s.Conversion.Adjustments[i]; a.Kind != Enhancement && a.State != schema.UploadSuperseded {
			return a
		}
	}
	return nil
}

// adjustment is the one that brings Google to want: a new one, unless the last says so.
func (s *Subject) adjustment(want standing, last *Adjustment) *Adjustment {
	a := &Adjustment{ConversionID: s.Conversion.ID, MappingID: s.Conversion.MappingID, Number: s.nextNumber(), Kind: Retraction, AdjustedAt: s.Now, Detail: s.worth.Remark()}
	if want.currency != "" {
		a.Kind, a.Value, a.Currency = Restatement, &want.value, want.currency
	}
	if s.worth.Refund != 0 {
		a.RefundID = &s.worth.Refund
	}
	if last != nil && a.Says(last) {
		a.Number = last.Number
	}
	return a
}

func (s *Subject) nextNumber() int {
	if all := s.Conversion.Adjustments; len(all) > 0 {
		return all[len(all)-1].Number + 1
	}
	return 1
}

// place says whether it may be sent: by the connection, by the conversion, by those before it.
func (s *Subject) place(a *Adjustment, base standing, foreign bool) {
	a.State = schema.UploadHeld
	switch {
	case s.Action.Removed:
		a.Reason = schema.ReasonActionRemoved
	case s.Sale.UserDataConsent() == schema.ConsentDenied: // it would name the click and the person once more
		a.Reason = schema.ReasonConsentDenied
	case s.Action.Transport == "file":
		a.Reason = schema.ReasonReceivedOnly
	case s.Conversion.Elsewhere():
		a.Reason = schema.ReasonValueUnknown
	case foreign:
		a.Reason = schema.ReasonCurrencyDiffers
	case s.expired():
		a.Reason = schema.CodeExpired
	case base.retracted:
		a.Reason, a.Detail = schema.ReasonCannotAdjust, "It was taken back before, and Google cannot be given it again"
	case a.Kind == Retraction && !s.Action.CanRetract:
		a.Reason = schema.ReasonCannotRetract
	default:
		s.queue(a)
	}
}

// expired says whether Google adjusts the conversion no more, and may have an adjustment that it did not answer for.
func (s *Subject) expired() bool {
	return slices.ContainsFunc(s.Conversion.Adjustments, func(a *Adjustment) bool { return a.State == schema.UploadUnknown && a.Reason == schema.CodeExpired })
}

// queue lets it go when the conversion is accepted and nothing earlier is under way. An enhancement says nothing of the
// value, and does not wait for what is held and was never sent.
func (s *Subject) queue(a *Adjustment) {
	a.State, a.Reason = schema.UploadReady, ""
	if s.Conversion.State != schema.UploadAccepted {
		a.State, a.Reason = schema.UploadWaiting, schema.ReasonNotAtGoogle
		return
	}
	for _, other := range s.Conversion.Adjustments {
		aside := a.Kind == Enhancement && other.State == schema.UploadHeld && !other.Frozen
		if !other.Ended() && other.Number < a.Number && !aside {
			a.State, a.Reason = schema.UploadWaiting, schema.ReasonEarlier
		}
	}
}

// add gives it a newer time than the one before, as Google asks.
func (s *Subject) add(a *Adjustment) {
	if all := s.Conversion.Adjustments; len(all) > 0 {
		if next := all[len(all)-1].AdjustedAt.Add(time.Second); a.AdjustedAt.Before(next) {
			a.AdjustedAt = next
		}
	}
	s.Conversion.Adjustments = append(s.Conversion.Adjustments, a)
	s.to.Added = append(s.to.Added, a)
}

func (s *Subject) withdraw(a *Adjustment, reason string) {
	a.Withdraw(reason)
	s.to.Back = append(s.to.Back, a)
}
