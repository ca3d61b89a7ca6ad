package eligibility

import (
	"time"

	"noctra/schema"
)

// Case is a sale and an action of its site.
type Case struct {
	Now    time.Time
	Sale   *Sale
	Action *Action
	Old    *Conversion // nil: there is none yet

	Erased   bool // Google has its transaction, of a sale that was erased since
	Replaced bool // the action was removed, and chosen again for the same
}

// chosenAnew is what a person wonders about whose conversion stands back for one of the same sale.
const chosenAnew = "The action was chosen anew"

// Fresh is the conversion that the sale is to the action now, by the gates alone, and their verdict.
func (c *Case) Fresh() (*Conversion, Verdict) {
	s, a, w := c.Sale, c.Action, c.Sale.Worth()
	fresh := &Conversion{WorkspaceID: s.WorkspaceID, SiteID: s.SiteID, SaleID: s.ID, MappingID: a.ID, ActionID: a.ActionID, Content: ContentOf(s, a, w)}
	f := &Facts{Now: c.Now, Sale: s, Action: a, Worth: w}
	if c.Old != nil {
		f.Review = c.Old.Review
	}
	v := Judge(f)
	fresh.State, fresh.Reason, fresh.Detail, fresh.NextAt = v.State, v.Reason, v.Detail, pointer(v.Next)
	return fresh, v
}

// Unsent returns what a conversion that Google never had, or that is not there yet, is to be, and when time alone may
// change it (zero: it does not). It is nil where the old one stays as it is.
func (c *Case) Unsent() (fresh *Conversion, next time.Time) {
	fresh, v := c.Fresh()
	back := c.standsBack()
	old := c.Old
	if old != nil && old.State == schema.UploadSuperseded {
		if !old.StoodBack() || c.Replaced || c.Sale.Repeated || back != "" && old.Reason == back || old.Taken && old.TransactionID == fresh.TransactionID {
			return nil, time.Time{}
		}
		old = nil // it is made anew
	}
	switch {
	case back != "":
		fresh.move(schema.UploadSuperseded, back, "")
	case old != nil && c.Replaced:
		fresh.move(schema.UploadSuperseded, schema.ReasonOrderRepeated, chosenAnew)
		return fresh, v.Next
	default:
		fresh.keepTried(old)
		return fresh, v.Next
	}
	return fresh, time.Time{}
}

// standsBack says why another sale speaks for this one, empty where none does.
func (c *Case) standsBack() string {
	switch {
	case c.Sale.Repeated:
		return schema.ReasonOrderRepeated
	case c.Erased:
		return schema.ReasonErasedSent
	}
	return ""
}

// keepTried leaves one that was tried already where the sender put it, unless a gate keeps it now, or kept it and does
// no longer. Such a one wakes with its sale, not by next_at, which is the sender's.
func (c *Conversion) keepTried(old *Conversion) {
	if old == nil || old.Attempts == 0 {
		return
	}
	if c.State != schema.UploadReady {
		c.NextAt = nil
		return
	}
	if !OfGate(old.Reason) {
		c.State, c.Reason, c.Detail, c.NextAt = old.State, old.Reason, old.Detail, old.NextAt
	}
}
