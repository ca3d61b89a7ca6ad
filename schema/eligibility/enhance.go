package eligibility

import "noctra/schema"

// enhance adds hashed identifiers that became known after the conversion was sent without any, or takes back
// those that are not to be added any more. Data Manager takes them with the same event once more and leaves the
// rest as it is; the Google Ads API takes them for conversions of its own tag alone.
func (s *Subject) enhance() {
	last := s.enhancement()
	fresh := &Adjustment{ConversionID: s.Conversion.ID, MappingID: s.Conversion.MappingID, Number: s.nextNumber(), Kind: Enhancement, AdjustedAt: s.Now, EmailHash: s.Sale.EmailHash, PhoneHash: s.Sale.PhoneHash}
	if last != nil && last.Open() && (!s.enhances() || last.EmailHash != fresh.EmailHash || last.PhoneHash != fresh.PhoneHash) {
		s.withdraw(last, schema.ReasonNotEnhanced)
		last = nil
	}
	switch {
	case !s.enhances():
	case last != nil && last.Open():
		fresh.Number = last.Number
		s.placeEnhancement(fresh)
		s.follow(last, fresh)
	case last == nil && s.Sale.UserDataConsent() == schema.ConsentGranted:
		s.placeEnhancement(fresh)
		s.add(fresh)
	}
}

// enhances says whether identifiers are missing at Google, and may be there. What is taken back, or was there
// before it was sent from here, is left alone.
func (s *Subject) enhances() bool {
	c := s.Conversion
	return !s.Action.Removed && s.Action.Enhanced && s.Action.Transport == "data_manager" && c.EmailHash == "" && c.PhoneHash == "" && c.Reason != schema.ReasonFetched && s.Sale.Identified() &&
		!s.worth.Full && !s.sent().retracted && !c.Elsewhere() && s.Now.Before(s.Sale.At.Add(oldest))
}

// enhancement returns the one that is not superseded, nil for none: there is never more than one.
func (s *Subject) enhancement() *Adjustment {
	for _, a := range s.Conversion.Adjustments {
		if a.Kind == Enhancement && a.State != schema.UploadSuperseded {
			return a
		}
	}
	return nil
}

func (s *Subject) placeEnhancement(a *Adjustment) {
	if s.Sale.UserDataConsent() != schema.ConsentGranted {
		a.State, a.Reason = schema.UploadHeld, schema.ReasonConsentDenied
		return
	}
	s.queue(a)
}
