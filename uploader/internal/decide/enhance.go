package decide

import (
	"time"

	"noctra/schema"
)

const oldestEnhanced = 90 * 24 * time.Hour // that Google takes anything of

// enhance adds hashed identifiers that became known after the conversion was sent without any, or takes back
// those that are not to be added any more. Data Manager takes them with the same event once more and leaves the
// rest as it is; the Google Ads API takes them for conversions of its own tag alone.
func (s *subject) enhance(ch *changes) {
	last := s.enhancement()
	fresh := &adjustment{ConversionID: s.conversion.ID, MappingID: s.conversion.MappingID, Number: s.nextNumber(), Kind: enhancement, AdjustedAt: s.now, EmailHash: s.sale.EmailHash, PhoneHash: s.sale.PhoneHash}
	if last != nil && last.open() && (!s.enhances() || last.EmailHash != fresh.EmailHash || last.PhoneHash != fresh.PhoneHash) {
		ch.withdraw(last, schema.ReasonNotEnhanced)
		last = nil
	}
	switch {
	case !s.enhances():
	case last != nil && last.open():
		fresh.Number = last.Number
		if s.placeEnhancement(fresh); last.follows(fresh) {
			last.State, last.Reason, last.Detail, last.NextAt = fresh.State, fresh.Reason, fresh.Detail, nil
			ch.back = append(ch.back, last)
			ch.count(last.State, last.Reason)
		}
	case last == nil && s.sale.UserDataConsent() == schema.ConsentGranted:
		s.placeEnhancement(fresh)
		s.add(ch, fresh)
	}
}

// enhances says whether identifiers are missing at Google, and may be there. What is taken back, or was there
// before it was sent from here, is left alone.
func (s *subject) enhances() bool {
	c := s.conversion
	return !s.action.Removed && s.action.Enhanced && s.action.Transport == "data_manager" && c.EmailHash == "" && c.PhoneHash == "" && c.Reason != schema.ReasonFetched && s.sale.Identified() &&
		!s.worth.Full && !s.sent().retracted && !c.elsewhere() && s.now.Before(s.sale.At.Add(oldestEnhanced))
}

// enhancement returns the one that is not superseded, nil for none: there is never more than one.
func (s *subject) enhancement() *adjustment {
	for _, a := range s.conversion.adjustments {
		if a.Kind == enhancement && a.State != schema.UploadSuperseded {
			return a
		}
	}
	return nil
}

func (s *subject) placeEnhancement(a *adjustment) {
	if s.sale.UserDataConsent() != schema.ConsentGranted {
		a.State, a.Reason = schema.UploadHeld, schema.ReasonConsentDenied
		return
	}
	s.queue(a)
}
