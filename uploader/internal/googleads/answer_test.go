package googleads

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// errorsOf writes errors as Google does; an error is "row enumeration CODE", row - for none.
func errorsOf(field string, list ...string) string {
	var all []string
	for _, one := range list {
		parts := strings.Fields(one)
		place := ""
		if parts[0] != "-" {
			place = fmt.Sprintf(`, "location": {"fieldPathElements": [{"fieldName": %q, "index": %s}, {"fieldName": "gclid"}]}`, field, parts[0])
		}
		all = append(all, fmt.Sprintf(`{"errorCode": {%q: %q}, "message": "m%s"%s}`, parts[1], parts[2], parts[0], place))
	}
	return `{"code": 3, "message": "Multiple errors", "details": [{"@type": "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure", "errors": [` + strings.Join(all, ",") + `], "requestId": "r"}]}`
}

func outcomes(codes ...string) []transport.Outcome {
	all := make([]transport.Outcome, len(codes))
	for i, one := range codes {
		all[i].Code, all[i].Message, _ = strings.Cut(one, " ")
	}
	return all
}

// TestRead: an answer's words, from a row that failed for several reasons to one that makes no sense.
func TestRead(t *testing.T) {
	t.Parallel()
	taken := `{"gclid": "x"}`
	answer := func(results string, partial ...string) string {
		if len(partial) == 0 {
			return `{"results": [` + results + `], "jobId": "7"}`
		}
		return `{"partialFailureError": ` + errorsOf("conversions", partial...) + `, "results": [` + results + `], "jobId": "7"}`
	}
	ok := transport.Answer{Status: 200, RequestID: "7", Final: true}
	rows := func(codes ...string) transport.Answer {
		a := ok
		a.Rows = outcomes(codes...)
		return a
	}
	lost := transport.Answer{Status: 200, Lost: true, Code: schema.ReasonMalformed}
	both := taken + "," + taken
	for name, c := range map[string]struct {
		body string
		dry  bool
		want transport.Answer
	}{
		"all taken":                {answer(both), false, rows("", "")},
		"one failed":               {answer("{},"+taken, "0 conversionUploadError EXPIRED_EVENT"), false, rows("EXPIRED_EVENT m0", "")},
		"several errors, it is in": {answer(taken+",{}", "1 conversionUploadError EXPIRED_EVENT", "1 conversionUploadError ORDER_ID_ALREADY_IN_USE"), false, rows("", "ORDER_ID_ALREADY_IN_USE m1 EXPIRED_EVENT: m1")},
		"several errors, it never": {answer("{},"+taken, "0 conversionUploadError TOO_RECENT_EVENT", "0 conversionUploadError UNPARSEABLE_GCLID"), false, rows("UNPARSEABLE_GCLID m0 TOO_RECENT_EVENT: m0", "")},
		"no row":                   {answer("{},{}", "- quotaError RESOURCE_EXHAUSTED"), false, rows("RESOURCE_EXHAUSTED m-", "RESOURCE_EXHAUSTED m-")},
		"a row, and no row":        {answer("{},{}", "- internalError INTERNAL_ERROR", "1 fieldError REQUIRED"), false, rows("INTERNAL_ERROR m-", "REQUIRED m1")},
		"no row, one taken":        {answer(taken+",{}", "- internalError INTERNAL_ERROR"), false, rows("", "INTERNAL_ERROR m-")},
		"checked alone":            {`{}`, true, transport.Answer{Status: 200, Final: true, Rows: outcomes("", "")}},
		"checked, one failed":      {answer("{},{}", "1 fieldError REQUIRED"), true, rows("", "REQUIRED m1")},
		"neither":                  {answer("{}," + taken), false, lost},
		"both":                     {answer(both, "0 fieldError REQUIRED"), false, lost},
		"a row that was not sent":  {answer(both, "2 fieldError REQUIRED"), false, lost},
		"too few results":          {answer(taken), false, lost},
		"too many results":         {answer(both + "," + taken), false, lost},
		"no JSON":                  {`<html>`, false, lost},
		"another JSON":             {`[]`, false, lost},
		"nothing":                  {``, false, lost},
	} {
		r := request(transport.Conversion, sale("a"), sale("b"))
		r.ValidateOnly = c.dry
		if diff := cmp.Diff(c.want, read(r, transport.Answer{Status: 200}, []byte(c.body))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestReadRefusal: the code of a request that was refused, from the most exact place that has one.
func TestReadRefusal(t *testing.T) {
	t.Parallel()
	r := request(transport.Retraction, sale("a"), sale("b"))
	wrap := func(s string) string { return `{"error": ` + s + `}` }
	for name, c := range map[string]struct {
		body string
		from transport.Answer
		want transport.Answer
	}{
		"failure": {wrap(errorsOf("", "- authorizationError USER_PERMISSION_DENIED")), transport.Answer{Status: 403, Code: "PERMISSION_DENIED"}, transport.Answer{Status: 403, Code: "USER_PERMISSION_DENIED", Message: "m-"}},
		"status":  {wrap(`{"code": 401, "status": "UNAUTHENTICATED", "message": "no"}`), transport.Answer{Status: 401, Code: "UNAUTHENTICATED"}, transport.Answer{Status: 401, Code: "UNAUTHENTICATED", Message: "no"}},
		"scopes": {wrap(`{"status": "PERMISSION_DENIED", "message": "scopes", "details": [{"@type": "x", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}`),
			transport.Answer{Status: 403, Code: "PERMISSION_DENIED"}, transport.Answer{Status: 403, Code: "MISSING_SCOPES", Message: "scopes"}},
		"rows":        {wrap(errorsOf("conversion_adjustments", "1 fieldError REQUIRED")), transport.Answer{Status: 400, Code: "INVALID_ARGUMENT"}, transport.Answer{Status: 400, Code: "INVALID_ARGUMENT", Message: "Multiple errors", Rows: outcomes("narrowing", "REQUIRED m1")}},
		"html":        {`<html>`, transport.Answer{Status: 502, Lost: true, Code: "UNAVAILABLE"}, transport.Answer{Status: 502, Lost: true, Code: "UNAVAILABLE"}},
		"other JSON":  {`{}`, transport.Answer{Status: 400, Code: "INVALID_ARGUMENT"}, transport.Answer{Status: 400, Code: "INVALID_ARGUMENT"}},
		"no answer":   {``, transport.Answer{Lost: true, Code: schema.ReasonAnswerLost}, transport.Answer{Lost: true, Code: schema.ReasonAnswerLost}},
		"cut":         {`{"results"`, transport.Answer{Status: 200, Lost: true, Code: schema.ReasonAnswerLost}, transport.Answer{Status: 200, Lost: true, Code: schema.ReasonAnswerLost}},
		"lost, a row": {wrap(errorsOf("conversion_adjustments", "1 fieldError REQUIRED")), transport.Answer{Status: 500, Lost: true, Code: "INTERNAL_ERROR"}, transport.Answer{Status: 500, Lost: true, Code: "INTERNAL_ERROR", Message: "Multiple errors"}},
	} {
		if diff := cmp.Diff(c.want, read(r, c.from, []byte(c.body))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// FuzzAnswer: whatever Google, or somebody in between, answers, each row has one outcome, or the whole
// request is open.
func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"partialFailureError": `+errorsOf("conversions", "0 fieldError REQUIRED", "- internalError INTERNAL_ERROR")+`, "results": [{},{"gclid": "x"}]}`)
	f.Add(403, `{"error": `+errorsOf("conversions", "1 fieldError REQUIRED")+`}`)
	f.Add(200, `{"results": [null, {"a": null}], "partialFailureError": {"details": [null, {"errors": [null]}]}}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		answer := transport.Answer{Status: status}
		if status != 200 {
			answer.Code = "INVALID_ARGUMENT"
		}
		got := read(request(transport.Conversion, sale("a"), sale("b")), answer, []byte(body))
		if got.Rows != nil && len(got.Rows) != 2 || got.Final && (got.Rows == nil || got.Lost) || !got.Final && got.Code == "" && status != 0 {
			t.Errorf("%d %q: %+v", status, body, got)
		}
	})
}
