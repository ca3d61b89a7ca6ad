package conversions

import (
	"slices"

	"noctra/schema"
)

// Gate is something that has to hold before a conversion is sent.
type Gate struct {
	Name   string `json:"name" enum:"action,workspace,bot,declined,consent,click,window,braid,time,value,review" example:"consent"`
	State  string `json:"state" enum:"passed,keeps,not_reached" doc:"keeps: it is why the conversion is not sent; not_reached: one before it keeps it." example:"passed"`
	Reason string `json:"reason,omitempty" doc:"Of the one that keeps it." example:"consent_missing"`
}

// gates are in the order in which the uploader looks at them (package decide), with the reasons of each.
var gates = []struct {
	name    string
	reasons []string
}{
	{"action", []string{schema.ReasonActionRemoved, schema.ReasonActionPaused}},
	{"workspace", []string{schema.ReasonWorkspaceHeld}},
	{"bot", []string{schema.ReasonBot}},
	{"declined", []string{schema.ReasonDeclined}},
	{"consent", []string{schema.ReasonConsentDenied, schema.ReasonConsentMissing}},
	{"click", []string{schema.ReasonNoClick}},
	{"window", []string{schema.ReasonTooOld}},
	{"braid", []string{schema.ReasonBraid}},
	{"time", []string{schema.ReasonNewAction, schema.ReasonDelay}},
	{"value", []string{schema.ReasonRefunded, schema.ReasonNoCurrency}},
	{"review", []string{schema.ReasonReview}},
}

// gatesOf says of each gate whether the conversion is past it, from where it is kept.
func gatesOf(r row) []Gate {
	keeping := len(gates)
	if r.State == string(schema.UploadHeld) || r.State == string(schema.UploadWaiting) {
		for i, g := range gates {
			if slices.Contains(g.reasons, r.Reason) {
				keeping = i
			}
		}
	}
	all := make([]Gate, len(gates))
	for i, g := range gates {
		all[i] = Gate{Name: g.name, State: "passed"}
		switch {
		case i == keeping:
			all[i].State, all[i].Reason = "keeps", r.Reason
		case i > keeping || r.State == string(schema.UploadSuperseded) && r.Attempts == 0:
			all[i].State = "not_reached"
		}
	}
	return all
}
