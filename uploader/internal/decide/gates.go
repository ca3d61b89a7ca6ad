package decide

import (
	"time"

	"noctra/schema"
)

const (
	day       = 24 * time.Hour
	clickWait = 8 * day  // events are at most seven days late
	oldest    = 90 * day // that Google takes
)

// facts are what the gates look at.
type facts struct {
	Now    time.Time
	Sale   *sale
	Action *action
	Review string // of the conversion: approved, declined or empty
	Worth  worth
}

// verdict is where a conversion goes that nobody has sent, and why.
type verdict struct {
	State  schema.UploadState
	Reason string
	Detail string
	Next   time.Time // when time alone may change it; zero: it does not
}

func held(reason string) verdict { return verdict{State: schema.UploadHeld, Reason: reason} }

func waiting(reason string, next time.Time) verdict {
	return verdict{State: schema.UploadWaiting, Reason: reason, Next: next}
}

// gates are passed in this order; the first that keeps a conversion says why.
var gates = []func(*facts) (verdict, bool){actionGate, personGate, consentGate, clickGate, windowGate, braidGate, timeGate, valueGate, reviewGate}

// judge returns ready where every gate is open.
func judge(f *facts) verdict {
	for _, gate := range gates {
		if v, kept := gate(f); kept {
			return v
		}
	}
	return verdict{State: schema.UploadReady, Detail: f.Worth.remark()}
}

func actionGate(f *facts) (verdict, bool) {
	switch {
	case f.Action.Removed:
		return held(schema.ReasonActionRemoved), true
	case f.Action.Paused:
		return held(schema.ReasonActionPaused), true
	case f.Action.WorkspaceHeld:
		return held(schema.ReasonWorkspaceHeld), true
	}
	return verdict{}, false
}

func personGate(f *facts) (verdict, bool) {
	switch {
	case f.Sale.Bot:
		return held(schema.ReasonBot), true
	case f.Review == "declined":
		return held(schema.ReasonDeclined), true
	}
	return verdict{}, false
}

// consentGate: silence is no consent, and the click or the browser's own event of the sale may still bring one.
func consentGate(f *facts) (verdict, bool) {
	switch f.Sale.userData() {
	case schema.ConsentGranted:
		return verdict{}, false
	case schema.ConsentDenied:
		return held(schema.ReasonConsentDenied), true
	}
	if end := f.Sale.At.Add(oldest); f.Now.Before(end) {
		return waiting(schema.ReasonConsentMissing, end), true
	}
	return held(schema.ReasonTooOld), true
}

// clickGate: hashed identifiers do instead of a click where the action says so; a file has no place for them.
func clickGate(f *facts) (verdict, bool) {
	if f.Sale.ClickKind != "" || f.Action.WithoutClick && f.Action.Enhanced && f.Sale.identified() && f.Action.Transport != "file" {
		return verdict{}, false
	}
	if end := f.Sale.At.Add(clickWait); f.Now.Before(end) {
		return waiting(schema.ReasonNoClick, end), true
	}
	return held(schema.ReasonNoClick), true
}

// windowGate knows Google's windows; the look-back of the site is kept by attribution.
func windowGate(f *facts) (verdict, bool) {
	window := time.Duration(f.Action.WindowDays) * day
	clicked := f.Sale.ClickedAt
	tooOld := !f.Now.Before(f.Sale.At.Add(oldest)) || f.Sale.ClickKind != "" && !clicked.IsZero() && f.Sale.At.Sub(clicked) > window
	return held(schema.ReasonTooOld), tooOld
}

func braidGate(f *facts) (verdict, bool) {
	return held(schema.ReasonBraid), f.Action.OnePerClick && (f.Sale.ClickKind == "gbraid" || f.Sale.ClickKind == "wbraid")
}

func timeGate(f *facts) (verdict, bool) {
	if f.Now.Before(f.Action.NotBefore) {
		return waiting(schema.ReasonNewAction, f.Action.NotBefore), true
	}
	if end := f.Sale.At.Add(time.Duration(f.Action.DelayMinutes) * time.Minute); f.Now.Before(end) && f.Action.DelayMinutes > 0 {
		return waiting(schema.ReasonDelay, end), true
	}
	return verdict{}, false
}

func valueGate(f *facts) (verdict, bool) {
	switch {
	case f.Worth.Full:
		v := held(schema.ReasonRefunded)
		v.Detail = f.Worth.remark()
		return v, true
	case f.Action.ValueRule == ruleEvent && f.Sale.Currency == "":
		return held(schema.ReasonNoCurrency), true
	}
	return verdict{}, false
}

func reviewGate(f *facts) (verdict, bool) {
	return waiting(schema.ReasonReview, f.Sale.At.Add(oldest)), f.Action.Review && f.Review != "approved"
}

// gateReasons are those that judge gives: a conversion kept for one of them may go on when it no longer holds.
var gateReasons = map[string]bool{
	schema.ReasonActionRemoved: true, schema.ReasonActionPaused: true, schema.ReasonWorkspaceHeld: true, schema.ReasonBot: true, schema.ReasonDeclined: true,
	schema.ReasonConsentDenied: true, schema.ReasonConsentMissing: true, schema.ReasonNoClick: true, schema.ReasonTooOld: true, schema.ReasonBraid: true,
	schema.ReasonNewAction: true, schema.ReasonDelay: true, schema.ReasonNoCurrency: true, schema.ReasonRefunded: true, schema.ReasonReview: true,
}
