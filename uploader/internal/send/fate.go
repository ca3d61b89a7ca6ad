package send

import (
	"errors"
	"strings"
	"time"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// fate is where a row goes after an answer.
type fate struct {
	state  schema.UploadState
	reason string
	detail string
	after  time.Duration // until it is tried again; 0: at once, or never where the state is an end
	thaw   bool          // Google does not have it: it may change before it is sent again
	cohort int64
	code   string // of upload_rows

	elsewhere bool // accepted, and what Google has may be another's: nothing of it can be adjusted
}

// sentInTime is what a person wonders about whose adjustment came too late when it was sent again.
const sentInTime = "It was sent before, and Google's answer is not known; by now Google adjusts the conversion no more"

const (
	hour       = time.Hour
	day        = 24 * hour
	longestTry = 7 * day // for a click that Google does not find, and for a final answer
)

// slowly is when something that is not understood is asked again.
func slowly(attempts int) time.Duration {
	steps := []time.Duration{hour, 4 * hour, day}
	return steps[min(max(attempts, 1), len(steps))-1]
}

// row is what the fate of a row depends on besides the code.
type row struct {
	mark
	known time.Duration // since its first attempt
	lost  bool          // an earlier attempt may have reached Google, which did not say what it became
}

// fateOf decides what a code of Google's means for a row. Every code has a fate; what is not known is kept
// and tried again slowly.
func (s *Sender) fateOf(code, message string, r row) fate {
	f := fate{reason: code, detail: message, code: code, thaw: !r.frozen}
	reason, known := schema.ReasonOf(code)
	if !known {
		s.metrics.fault(faultUnknownCode)
	}
	switch reason.Class {
	case schema.UploadLater:
		s.later(&f, r)
	case schema.UploadDead:
		f.state, f.thaw = schema.UploadRejected, false
		if code == schema.CodeExpired && r.lost {
			f.state, f.detail = schema.UploadUnknown, sentInTime
		}
	case schema.UploadNewer:
		f.state, f.thaw = schema.UploadSuperseded, false
	case schema.UploadCustomer:
		f.state, f.cohort = schema.UploadReady, r.cohort
	case schema.UploadDone, "":
		f.state, f.detail, f.thaw, f.elsewhere = schema.UploadAccepted, "", false, schema.FromElsewhere(code, r.frozen)
		if code == schema.CodeSameOrder && !f.elsewhere { // it is what was sent before; of one without a value the reason alone would tell
			f.reason = ""
		}
	default:
		if known {
			s.metrics.fault(faultOurs)
		}
		f.state, f.after, f.thaw = schema.UploadUnknown, slowly(r.attempts), false
	}
	return f
}

func (s *Sender) later(f *fate, r row) {
	f.state = schema.UploadWaiting
	switch f.code {
	case "TOO_RECENT_CLICK", "TOO_RECENT_EVENT", "TOO_RECENT_CONVERSION_ACTION", "TOO_RECENT_CONVERSION":
		f.after = 6 * hour
	case "EVENT_TIME_INVALID", "LATER_THAN_MAXIMUM_DATE": // a clock that is ahead
		f.after = hour
	case "CLICK_NOT_FOUND", "EVENT_NOT_FOUND", "CONVERSION_NOT_FOUND":
		f.after = day
		if r.known < 6*hour {
			f.after = 6 * hour
		}
		if r.known >= longestTry {
			f.state, f.after, f.thaw = schema.UploadRejected, 0, false
		}
	case schema.ReasonNarrowing: // others of its request were at fault
		f.state, f.cohort, f.code = schema.UploadReady, r.cohort, ""
	case "RESOURCE_EXHAUSTED", "RESOURCE_TEMPORARILY_EXHAUSTED", "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION":
		f.state, f.reason, f.cohort, f.after = schema.UploadReady, schema.ReasonQuota, r.cohort, s.rest(r.attempts)
	default:
		f.state, f.cohort, f.after = schema.UploadReady, r.cohort, s.rest(r.attempts)
	}
}

// reconnects says whether a code asks for the connection to be made again.
func reconnects(code string) bool {
	return code == "INVALID_GRANT" || code == "MISSING_SCOPES" || code == "UNAUTHENTICATED" || strings.HasPrefix(code, "OAUTH_TOKEN_")
}

// ofAction says whether a code is about one action and not about its account.
func ofAction(code string) bool {
	return code == "INVALID_DESTINATION" || strings.Contains(code, "CONVERSION_ACTION") || strings.Contains(code, "ENHANCED_CONVERSIONS") || strings.HasSuffix(code, "PROHIBITS_ENHANCEMENT")
}

// quotaEnds says whether a code is about the quota.
func quotaEnds(code string) bool {
	return strings.Contains(code, "EXHAUSTED") || strings.HasPrefix(code, "EXCESSIVE_")
}

// failed is the answer to a call that was not made.
func failed(err error) transport.Answer {
	var refused *transport.Refused
	if errors.As(err, &refused) {
		return transport.Answer{Code: refused.Code, Message: refused.Message}
	}
	return transport.Answer{Code: schema.ReasonBackOff}
}

// outcome is the class of an answer, for metrics.
func outcome(a transport.Answer) string {
	reason, _ := schema.ReasonOf(a.Code)
	switch {
	case a.Lost:
		return "lost"
	case a.Rows != nil && !a.Final:
		return "refused_in_part"
	case a.Code == "":
		return "taken"
	case quotaEnds(a.Code):
		return "quota"
	}
	return string(reason.Class)
}
