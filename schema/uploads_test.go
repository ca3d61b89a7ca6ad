package schema

import "testing"

// TestReasonOf: a code of Google is found as Google writes it, an unknown one is shown as it came.
func TestReasonOf(t *testing.T) {
	for code, class := range map[string]UploadClass{"EVENT_TOO_OLD": UploadDead, "ORDER_ID_ALREADY_IN_USE": UploadDone, ReasonReview: UploadCustomer, "TOO_RECENT_CLICK": UploadLater} {
		if r, known := ReasonOf(code); !known || r.Class != class || r.Words == "" {
			t.Errorf("ReasonOf(%q) = %+v, %v, want class %s", code, r, known, class)
		}
	}
	if r, known := ReasonOf("NEVER_HEARD"); known || r.Class != UploadOurs || r.Words != "Google answered NEVER_HEARD" {
		t.Errorf("unknown code: %+v, %v", r, known)
	}
	if len(UploadReasons()) != len(uploadReasons) {
		t.Error("UploadReasons leaves some out")
	}
}
