package googleads

import (
	"encoding/json"
	"net/http"
	"strings"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// reply is an answer of both methods; Error where the whole request failed.
type reply struct {
	Results []map[string]json.RawMessage `json:"results"`
	Partial *status                      `json:"partialFailureError"`
	JobID   json.Number                  `json:"jobId"`
	Error   *status                      `json:"error"`
}

// status is a google.rpc.Status.
type status struct {
	Message string   `json:"message"`
	Status  string   `json:"status"`
	Details []detail `json:"details"`
}

// detail is a GoogleAdsFailure or an ErrorInfo: which of them there is shows in its fields.
type detail struct {
	Errors    []problem `json:"errors"`
	RequestID string    `json:"requestId"`
	Reason    string    `json:"reason"`
}

type problem struct {
	Code     map[string]string `json:"errorCode"` // one: the enumeration, and which of it
	Message  string            `json:"message"`
	Location struct {
		Path []struct {
			Field string `json:"fieldName"`
			Index *int   `json:"index"`
		} `json:"fieldPathElements"`
	} `json:"location"`
}

// read finds out what an answer says of the request and of its rows. answer is what its status alone says.
func read(r *transport.Request, answer transport.Answer, raw []byte) transport.Answer {
	if answer.Status == 0 || answer.Code == schema.ReasonAnswerLost {
		return answer
	}
	var got reply
	if err := json.Unmarshal(raw, &got); err != nil {
		if answer.Status == http.StatusOK {
			answer.Lost, answer.Code = true, schema.ReasonMalformed
		}
		return answer // the status says enough
	}
	if answer.Status != http.StatusOK {
		return refused(r, answer, got.Error)
	}
	rows, understood := got.outcomes(r)
	if !understood {
		answer.Lost, answer.Code = true, schema.ReasonMalformed
		return answer
	}
	answer.RequestID, answer.Rows, answer.Final = got.JobID.String(), rows, true
	return answer
}

// outcomes are those of the rows. It is understood if each was either taken or failed: of any other answer
// nobody knows what Google took, and the same is sent again to hear.
func (g *reply) outcomes(r *transport.Request) (rows []transport.Outcome, understood bool) {
	failed := sort(g.Partial, len(r.Rows))
	if failed.outside || !r.ValidateOnly && len(g.Results) != len(r.Rows) {
		return nil, false
	}
	rows = make([]transport.Outcome, len(r.Rows))
	for i := range rows {
		taken := i < len(g.Results) && len(g.Results[i]) > 0
		one, found := failed.rows[i]
		if !found && !taken {
			one, found = failed.whole, failed.whole.Code != ""
		}
		if found == taken && (found || !r.ValidateOnly) {
			return nil, false
		}
		rows[i] = one
	}
	return rows, true
}

// refused is the answer to a request of which nothing was taken, or of which nobody knows.
func refused(r *transport.Request, answer transport.Answer, why *status) transport.Answer {
	if why == nil {
		return answer
	}
	answer.Message = transport.Message(why.Message)
	failed := sort(why, len(r.Rows))
	switch {
	case answer.Status == http.StatusForbidden && why.reason() == "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
		answer.Code = "MISSING_SCOPES"
	case failed.whole.Code != "":
		answer.Code, answer.Message = failed.whole.Code, failed.whole.Message
	case len(failed.rows) > 0 && !failed.outside && !answer.Lost:
		answer.Rows = make([]transport.Outcome, len(r.Rows))
		for i := range answer.Rows {
			answer.Rows[i].Code = schema.ReasonNarrowing
		}
		for i, one := range failed.rows {
			answer.Rows[i] = one
		}
	}
	return answer
}

func (s *status) reason() string {
	for i := range s.Details {
		if s.Details[i].Reason != "" {
			return s.Details[i].Reason
		}
	}
	return ""
}

// failures are the errors of an answer, by row.
type failures struct {
	rows    map[int]transport.Outcome
	whole   transport.Outcome // of those without a row; the request as a whole
	outside bool              // one names a row that was not sent
}

// sort puts errors to their rows. Of several for one the weightiest counts, and all are in the message.
func sort(s *status, rows int) failures {
	f := failures{rows: map[int]transport.Outcome{}}
	if s == nil {
		return f
	}
	for i := range s.Details {
		for k := range s.Details[i].Errors {
			p := &s.Details[i].Errors[k]
			one := transport.Outcome{Code: p.code(), Message: transport.Message(p.Message)}
			switch at := p.row(); {
			case at == nil:
				f.whole = weightier(f.whole, one)
			case *at < 0 || *at >= rows:
				f.outside = true
			default:
				f.rows[*at] = weightier(f.rows[*at], one)
			}
		}
	}
	if len(f.rows) == 0 && f.whole.Code == "" && !f.outside {
		f.whole = transport.Outcome{Code: s.Status, Message: transport.Message(s.Message)}
	}
	return f
}

// code is Google's name of the error, whichever enumeration it is from.
func (p *problem) code() string {
	for _, code := range p.Code {
		return code
	}
	return schema.ReasonUnknownCode
}

// row is the first index of the location: that of the conversion or adjustment.
func (p *problem) row() *int {
	if path := p.Location.Path; len(path) > 0 && strings.Contains(strings.ToLower(path[0].Field), "conversion") {
		return path[0].Index
	}
	return nil
}

// weights are in which order classes count where a row has errors of several: what Google has is there
// whatever else is wrong, and what can never be taken is not tried again.
var weights = map[schema.UploadClass]int{
	schema.UploadDone: 7, schema.UploadNewer: 6, schema.UploadDead: 5, schema.UploadOurs: 4, schema.UploadCustomer: 3, schema.UploadGate: 2, schema.UploadLater: 1,
}

func weightier(a, b transport.Outcome) transport.Outcome {
	if a.Code == "" {
		return b
	}
	first, _ := schema.ReasonOf(a.Code)
	second, _ := schema.ReasonOf(b.Code)
	if weights[second.Class] > weights[first.Class] {
		a, b = b, a
	}
	a.Message = transport.Message(a.Message + " " + b.Code + ": " + b.Message)
	return a
}
