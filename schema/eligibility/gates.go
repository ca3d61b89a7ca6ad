package eligibility

import (
	"time"

	"noctra/schema"
)

const (
	day       = 24 * time.Hour
	clickWait = 8 * day  // events are at most seven days late
	oldest    = 90 * day // that Google takes
)

// Facts are what the gates look at.
type Facts struct {
	Now    time.Time
	Sale   *Sale
	Action *Action
	Review string // of the conversion: approved, declined or empty
	Worth  Worth
}

// Verdict is where a conversion goes that nobody has sent, and why.
type Verdict struct {
	State  schema.UploadState
	Reason string
	Detail string
	Next   time.Time // when time alone may change it; zero: it does not
}

func held(reason string) Verdict { return Verdict{State: schema.UploadHeld, Reason: reason} }

func waiting(reason string, next time.Time) Verdict {
	return Verdict{State: schema.UploadWaiting, Reason: reason, Next: next}
}

// gates are passed in this order; the first that keeps a conversion says why.
var gates = []func(*Facts) (Verdict, bool){actionGate, personGate, consentGate, clickGate, windowGate, braidGate, timeGate, valueGate, reviewGate}

// Judge returns ready where every gate is open.
func Judge(f *Facts) Verdict {
	for _, gate := range gates {
		if v, kept := gate(f); kept {
			return v
		}
	}
	return Verdict{State: schema.UploadReady, Detail: f.Worth.Remark()}
}

func actionGate(f *Facts) (Verdict, bool) {
	switch {
	case f.Action.Removed:
		return held(schema.ReasonActionRemoved), true
	case f.Action.Paused:
		return held(schema.ReasonActionPaused), true
	case f.Action.WorkspaceHeld:
		return held(schema.ReasonWorkspaceHeld), true
	}
	return Verdict{}, false
}

func personGate(f *Facts) (Verdict, bool) {
	switch {
	case f.Sale.Bot:
		return held(schema.ReasonBot), true
	case f.Review == "declined":
		return held(schema.ReasonDeclined), true
	}
	return Verdict{}, false
}

// consentGate: silence is no consent, and the click or the browser's own event of the sale may still bring one.
func consentGate(f *Facts) (Verdict, bool) {
	switch f.Sale.UserDataConsent() {
	case schema.ConsentGranted:
		return Verdict{}, false
	case schema.ConsentDenied:
		return held(schema.ReasonConsentDenied), true
	}
	if end := f.Sale.At.Add(oldest); f.Now.Before(end) {
		return waiting(schema.ReasonConsentMissing, end), true
	}
	return held(schema.ReasonTooOld), true
}

// clickGate: hashed identifiers do instead of a click where the action says so; a file has no place for them.
func clickGate(f *Facts) (Verdict, bool) {
	if f.Sale.ClickKind != "" || f.Action.WithoutClick && f.Action.Enhanced && f.Sale.Identified() && f.Action.Transport != "file" {
		return Verdict{}, false
	}
	if end := f.Sale.At.Add(clickWait); f.Now.Before(end) {
		return waiting(schema.ReasonNoClick, end), true
	}
	return held(schema.ReasonNoClick), true
}

// windowGate knows Google's windows; the look-back of the site is kept by attribution.
func windowGate(f *Facts) (Verdict, bool) {
	window := time.Duration(f.Action.WindowDays) * day
	clicked := f.Sale.ClickedAt
	tooOld := !f.Now.Before(f.Sale.At.Add(oldest)) || f.Sale.ClickKind != "" && !clicked.IsZero() && f.Sale.At.Sub(clicked) > window
	return held(schema.ReasonTooOld), tooOld
}

func braidGate(f *Facts) (Verdict, bool) {
	return held(schema.ReasonBraid), f.Action.OnePerClick && (f.Sale.ClickKind == "gbraid" || f.Sale.ClickKind == "wbraid")
}

func timeGate(f *Facts) (Verdict, bool) {
	if f.Now.Before(f.Action.NotBefore) {
		return waiting(schema.ReasonNewAction, f.Action.NotBefore), true
	}
	if end := f.Sale.At.Add(time.Duration(f.Action.DelayMinutes) * time.Minute); f.Now.Before(end) && f.Action.DelayMinutes > 0 {
		return waiting(schema.ReasonDelay, end), true
	}
	return Verdict{}, false
}

func valueGate(f *Facts) (Verdict, bool) {
	switch {
	case f.Worth.Full:
		v := held(schema.ReasonRefunded)
		v.Detail = f.Worth.Remark()
		return v, true
	case f.Action.ValueRule == RuleEvent && f.Sale.Currency == "":
		return held(schema.ReasonNoCurrency), true
	}
	return Verdict{}, false
}

func reviewGate(f *Facts) (Verdict, bool) {
	return waiting(schema.ReasonReview, f.Sale.At.Add(oldest)), f.Action.Review && f.Review != "approved"
}

var gateReasons = map[string]bool{
	schema.ReasonActionRemoved: true, schema.ReasonActionPaused: true, schema.ReasonWorkspaceHeld: true, schema.ReasonBot: true, schema.ReasonDeclined: true,
	schema.ReasonConsentDenied: true, schema.ReasonConsentMissing: true, schema.ReasonNoClick: true, schema.ReasonTooOld: true, schema.ReasonBraid: true,
	schema.ReasonNewAction: true, schema.ReasonDelay: true, schema.ReasonNoCurrency: true, schema.ReasonRefunded: true, schema.ReasonReview: true,
}

// OfGate says whether a reason is one that Judge gives: a conversion kept for it may go on when it no longer holds.
func OfGate(reason string) bool { return gateReasons[reason] }
