package datamanager

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// errorBody is Google's answer where it takes nothing.
type errorBody struct {
	Error struct {
		Code    int           `json:"code"`
		Message string        `json:"message"`
		Status  string        `json:"status"`
		Details []errorDetail `json:"details"`
	} `json:"error"`
}

type errorDetail struct {
	Reason     string      `json:"reason"` // of ErrorInfo
	RequestID  string      `json:"requestId"`
	Violations []violation `json:"fieldViolations"` // of BadRequest
}

type violation struct {
	Field       string `json:"field"` // events[3].eventTimestamp
	Description string `json:"description"`
	Reason      string `json:"reason"`
}

// refused reads why Google took nothing. Where it names rows, they have their code and the others are
// as before; else there is one code for all. A body that says nothing leaves what the status says.
func refused(answer transport.Answer, raw []byte, rows int) transport.Answer {
	var body errorBody
	if err := json.Unmarshal(raw, &body); err != nil {
		return answer
	}
	answer.Message = transport.Message(body.Error.Message)
	var violations []violation
	for _, d := range body.Error.Details {
		violations = append(violations, d.Violations...)
		if d.RequestID != "" {
			answer.RequestID = d.RequestID
		}
		if _, known := schema.ReasonOf(d.Reason); known && d.Reason != "" {
			answer.Code = d.Reason
		}
	}
	if len(violations) == 0 {
		return answer
	}
	outcomes, whole := byRow(violations, rows)
	if whole != nil { // what is wrong with the request itself is not the rows' fault
		answer.Code, answer.Message = whole.Reason, transport.Message(whole.Field+": "+whole.Description)
		return answer
	}
	answer.Rows = outcomes
	return answer
}

// byRow gives each row what is wrong with it first; whole is what is wrong beside rows.
func byRow(violations []violation, rows int) (outcomes []transport.Outcome, whole *violation) {
	outcomes = make([]transport.Outcome, rows)
	for k := range violations {
		v := &violations[k]
		i, ok := rowOf(v.Field)
		if !ok || i >= rows {
			return nil, v
		}
		if outcomes[i].Code == "" {
			code := v.Reason
			if code == "" {
				code = "INVALID_ARGUMENT"
			}
			outcomes[i] = transport.Outcome{Code: code, Message: transport.Message(v.Field + ": " + v.Description)}
		}
	}
	for i := range outcomes {
		if outcomes[i].Code == "" {
			outcomes[i].Code = schema.ReasonNarrowing
		}
	}
	return outcomes, nil
}

// rowOf reads the number out of events[N]. or events.N; Google writes the first.
func rowOf(field string) (int, bool) {
	rest, ok := strings.CutPrefix(field, "events[")
	if !ok {
		return 0, false
	}
	digits, _, ok := strings.Cut(rest, "]")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n >= 0 && !slices.Contains([]byte(digits), '+')
}
