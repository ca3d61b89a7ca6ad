package schema

import (
	"slices"
	"time"
)

// UploadState is where a conversion or adjustment is on its way to Google. The moves between them stand
// in Postgres (upload_moves).
type UploadState string

// States.
const (
	UploadWaiting    UploadState = "waiting"  // for something that time or a person brings
	UploadReady      UploadState = "ready"    // to be sent
	UploadSending    UploadState = "sending"  // in a request that was not answered yet
	UploadReceived   UploadState = "received" // Google has taken it and said no more
	UploadAccepted   UploadState = "accepted"
	UploadRejected   UploadState = "rejected"
	UploadUnknown    UploadState = "unknown"    // Google said something that is not understood; it is asked again slowly
	UploadHeld       UploadState = "held"       // not sent, for a reason that time does not mend
	UploadSuperseded UploadState = "superseded" // another one says the same or more
)

// UploadStates returns all states, on the way to Google first.
func UploadStates() []UploadState {
	return []UploadState{UploadWaiting, UploadReady, UploadSending, UploadReceived, UploadAccepted, UploadRejected, UploadUnknown, UploadHeld, UploadSuperseded}
}

// DecideLock is the class of advisory locks of Postgres by workspace: whoever decides sales has it shared,
// whoever changes what they are decided by, and sets sales.decide_at, alone.
const DecideLock = 0x6e6f6374

// IntakeLock is the advisory lock of Postgres of whoever writes, or erases, what is read out of stored events:
// one at a time.
const IntakeLock = 0x6e6f6374_72610001

// DecideSoon is how near the time must be at which a sale is decided again for nothing of it to be sent
// before that: it was changed, and what is ready is as it was before.
const DecideSoon = time.Minute

// UploadClass is what a reason asks for.
type UploadClass string

// Classes.
const (
	UploadDone     UploadClass = "done"       // Google has it
	UploadLater    UploadClass = "later"      // tried again by itself
	UploadNewer    UploadClass = "superseded" // a newer one counts
	UploadDead     UploadClass = "dead"       // never taken
	UploadCustomer UploadClass = "customer"   // somebody of the workspace has to do something
	UploadOurs     UploadClass = "ours"       // a fault of the product: counted, logged as an error
	UploadGate     UploadClass = "gate"       // a rule of the site keeps it
)

// UploadReason says why a conversion is where it is.
type UploadReason struct {
	Code  string // own ones in lower case, Google's as Google writes them, without a prefix
	Class UploadClass
	Words string // one sentence without a stop
}

// Reasons of the product itself.
const (
	ReasonNoClick         = "no_click"
	ReasonConsentMissing  = "consent_missing"
	ReasonConsentDenied   = "consent_denied"
	ReasonBot             = "bot"
	ReasonTooOld          = "too_old"
	ReasonBraid           = "braid_one_per_click"
	ReasonDelay           = "delay"
	ReasonNewAction       = "new_action"
	ReasonReview          = "review"
	ReasonDeclined        = "declined"
	ReasonWorkspaceHeld   = "workspace_held"
	ReasonActionPaused    = "action_paused"
	ReasonActionRemoved   = "action_removed"
	ReasonNoCurrency      = "no_currency"
	ReasonRefunded        = "refunded"
	ReasonOrderRepeated   = "order_repeated"
	ReasonErasedSent      = "erased_sale_sent"
	ReasonAnswerLost      = "answer_lost"
	ReasonBackOff         = "backing_off"
	ReasonQuota           = "quota"
	ReasonNarrowing       = "narrowing"
	ReasonNotFinal        = "not_final"
	ReasonInFile          = "in_file"
	ReasonFetched         = "fetched"
	ReasonReconnect       = "reconnect"
	ReasonUnknownCode     = "unknown_code"
	ReasonNoAnswer        = "no_final_answer"
	ReasonNotAtGoogle     = "conversion_not_final"
	ReasonReceivedOnly    = "received_only"
	ReasonNotTaken        = "conversion_not_taken"
	ReasonEarlier         = "earlier_adjustment"
	ReasonNewer           = "newer_adjustment"
	ReasonCannotRetract   = "cannot_retract"
	ReasonCannotAdjust    = "cannot_adjust"
	ReasonCurrencyDiffers = "currency_differs"
	ReasonNotEnhanced     = "not_enhanced"
	ReasonValueUnknown    = "value_unknown"
	ReasonAskedAgain      = "asked_again"
	ReasonMalformed       = "malformed_answer"
	ReasonNoAction        = "no_action" // of a sale without a conversion
	ReasonUndecided       = "undecided" // of a sale without a conversion
)

var uploadReasons = index([]UploadReason{
	{ReasonNoClick, UploadGate, "No ad click is known for it"},
	{ReasonConsentMissing, UploadGate, "Nobody was asked for consent for ads"},
	{ReasonConsentDenied, UploadGate, "Consent for ads was denied"},
	{ReasonBot, UploadGate, "It looks like a bot's"},
	{ReasonTooOld, UploadGate, "The click is older than Google or the site's look-back allows"},
	{ReasonBraid, UploadGate, "The action counts one conversion a click, and Google takes no gbraid or wbraid for such an action"},
	{ReasonDelay, UploadGate, "It waits as long as the action's delay says"},
	{ReasonNewAction, UploadLater, "Google takes nothing for a new action in its first hours"},
	{ReasonReview, UploadCustomer, "A person has to approve it"},
	{ReasonDeclined, UploadGate, "A person declined it"},
	{ReasonWorkspaceHeld, UploadGate, "Uploads of the workspace are on hold"},
	{ReasonActionPaused, UploadGate, "Uploads to this action are paused"},
	{ReasonActionRemoved, UploadGate, "The action is no longer chosen for this site"},
	{ReasonNoCurrency, UploadGate, "It has a value and no currency"},
	{ReasonRefunded, UploadGate, "It was refunded in full before it was sent"},
	{ReasonOrderRepeated, UploadNewer, "Another sale with the same order id came before it"},
	{ReasonErasedSent, UploadNewer, "Google has this order by another sale that was erased since; neither it nor its refunds are sent"},
	{ReasonAnswerLost, UploadLater, "Google's answer got lost; the same is sent again"},
	{ReasonBackOff, UploadLater, "Google could not take it; it is sent again"},
	{ReasonQuota, UploadLater, "Google's quota is used up; it is sent when there is more"},
	{ReasonNarrowing, UploadLater, "Google rejected part of a request; it is sent again in smaller ones to find out which"},
	{ReasonNotFinal, UploadLater, "Google has it and has not said its final answer"},
	{ReasonInFile, UploadLater, "It stands in the file that Google fetches on its schedule"},
	{ReasonFetched, UploadDone, "Google fetched it in a file and does not say what became of it"},
	{ReasonReconnect, UploadCustomer, "The connection to Google has to be made again"},
	{ReasonUnknownCode, UploadOurs, "Google answered something that is not known here"},
	{ReasonNoAnswer, UploadLater, "Google has it and gave no final answer in time"},
	{ReasonNotAtGoogle, UploadLater, "It waits until Google has accepted the conversion"},
	{ReasonReceivedOnly, UploadGate, "Google does not say whether it accepted the conversion, so it cannot be adjusted"},
	{ReasonNotTaken, UploadNewer, "Google does not have the conversion, so there is nothing to adjust"},
	{ReasonEarlier, UploadLater, "It waits for an earlier adjustment of the same conversion"},
	{ReasonNewer, UploadNewer, "A newer adjustment says more"},
	{ReasonNotEnhanced, UploadNewer, "Hashed identifiers are not to be added any more"},
	{ReasonCannotRetract, UploadCustomer, "The connection has no way to take a conversion back; Google Ads has to be told by hand"},
	{ReasonCannotAdjust, UploadCustomer, "The connection has no way to adjust conversions"},
	{ReasonCurrencyDiffers, UploadGate, "The refund has another currency than the sale"},
	{ReasonValueUnknown, UploadCustomer, "Google had such a conversion before this one was sent, with a value that is not known; Google Ads has to be told by hand"},
	{ReasonAskedAgain, UploadLater, "A person asked for it to be sent again"},
	{ReasonMalformed, UploadLater, "Google's answer could not be read; the same is sent again"},
	{ReasonNoAction, UploadGate, "No conversion action is chosen for it"},
	{ReasonUndecided, UploadLater, "It has come in, and it was not decided yet what is sent"},
}, googleReasons)

func index(lists ...[]UploadReason) map[string]UploadReason {
	all := map[string]UploadReason{}
	for _, list := range lists {
		for _, one := range list {
			all[one.Code] = one
		}
	}
	return all
}

// ReasonOf returns what is known of a code. One that is not known is a fault of the product: it is shown
// as it came.
func ReasonOf(code string) (reason UploadReason, known bool) {
	if reason, known = uploadReasons[code]; known || code == "" {
		return reason, true
	}
	return UploadReason{Code: code, Class: UploadOurs, Words: "Google answered " + code}, false
}

// UploadReasons returns all reasons that are known, by code.
func UploadReasons() []UploadReason {
	all := make([]UploadReason, 0, len(uploadReasons))
	for _, one := range uploadReasons {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b UploadReason) int {
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	return all
}
