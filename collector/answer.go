package collector

import (
	"strconv"

	"github.com/valyala/fasthttp"

	"noctra/collector/internal/ingest"
)

// answerTo is how a request ends: how many events were accepted, and why the others were not.
type answerTo struct {
	status   int
	accepted int
	rejected []*ingest.Rejection
	retry    int // seconds, 0 for no Retry-After
}

// refusal ends a request as a whole.
func refusal(status int, field string, code ingest.Code, message string) answerTo {
	return answerTo{status: status, rejected: []*ingest.Rejection{{Field: field, Code: code, Message: message}}}
}

var (
	jsonType    = []byte("application/json")
	oneAccepted = []byte(`{"accepted":1,"rejected":[]}`)
)

// write puts the answer into the response. buf is working memory; it is returned for later use.
func (a *answerTo) write(ctx *fasthttp.RequestCtx, buf []byte) []byte {
	ctx.Response.SetStatusCode(a.status)
	ctx.Response.Header.SetContentTypeBytes(jsonType)
	if a.retry > 0 {
		ctx.Response.Header.Set("Retry-After", strconv.Itoa(a.retry))
	}
	if a.accepted == 1 && len(a.rejected) == 0 {
		ctx.Response.SetBodyRaw(oneAccepted)
		return buf
	}
	buf = a.appendJSON(buf[:0])
	ctx.Response.SetBody(buf)
	return buf
}

func (a *answerTo) appendJSON(b []byte) []byte {
	b = append(b, `{"accepted":`...)
	b = strconv.AppendInt(b, int64(a.accepted), 10)
	b = append(b, `,"rejected":[`...)
	for i, r := range a.rejected {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"index":`...)
		b = strconv.AppendInt(b, int64(r.Index), 10)
		b = ingest.AppendString(append(b, `,"id":`...), r.ID)
		b = ingest.AppendString(append(b, `,"field":`...), r.Field)
		b = ingest.AppendString(append(b, `,"code":`...), string(r.Code))
		b = ingest.AppendString(append(b, `,"message":`...), r.Message)
		b = append(b, '}')
	}
	return append(b, "]}"...)
}
