package eligibility

import "noctra/schema"

// mayBeThere is what a person wonders about who said no after it was sent.
const mayBeThere = "It was sent before, and Google's answer is not known"

// Stopping says where something goes that was sent, by the consent there is now. What Google is about to
// answer for is not touched: its answer is only read.
func Stopping(denied bool, state schema.UploadState, reason string) (to schema.UploadState, why, detail string, moves bool) {
	switch {
	case denied && (state == schema.UploadReady || state == schema.UploadWaiting && reason != schema.ReasonConsentDenied):
		return schema.UploadHeld, schema.ReasonConsentDenied, mayBeThere, true
	case denied && state == schema.UploadUnknown:
		return schema.UploadWaiting, schema.ReasonConsentDenied, mayBeThere, true
	case !denied && stoppedBefore(state, reason):
		return schema.UploadReady, schema.ReasonAnswerLost, "", true
	}
	return "", "", "", false
}

func stoppedBefore(state schema.UploadState, reason string) bool {
	return reason == schema.ReasonConsentDenied && (state == schema.UploadHeld || state == schema.UploadWaiting)
}

// Stopped says whether it may be at Google and is not sent again, as consent was denied.
func (c *Conversion) Stopped() bool { return stoppedBefore(c.State, c.Reason) }

// Resumes says whether one that was stopped goes on: consent is there again, and so is every gate open.
func (c *Conversion) Resumes(s *Sale, v Verdict) bool {
	return c.Stopped() && s.UserDataConsent() != schema.ConsentDenied && v.State == schema.UploadReady
}
