package collector

import (
	"testing"

	"github.com/valyala/fasthttp"

	"noctra/collector/internal/ingest"
)

// Whatever stands in a query, it becomes the text of at most one event, which can be read.
func FuzzPixel(f *testing.F) {
	f.Add("site=x&url=https%3A%2F%2Fa.b%2F&props.a=1&consent.analytics=granted&items=[{}]", "https://a.b/")
	f.Add("a=%22%5C&=&items=[1,2],\"x\":[&props.=1&type=%ff%00", "")
	splitter, decoder := ingest.NewSplitter(ingest.DefaultLimits()), ingest.NewDecoder(ingest.DefaultLimits())
	f.Fuzz(func(t *testing.T, query, page string) {
		var args fasthttp.Args
		args.Parse(query)
		spans, broken := splitter.Split(appendPixelEvent(nil, &args, []byte(page)), false)
		if broken != nil {
			if !args.Has("items") && broken.Code == ingest.BodyInvalid {
				t.Fatalf("%q became no JSON: %s", query, broken.Message)
			}
			return
		}
		for _, span := range spans {
			decoder.Parse(span)
		}
	})
}
