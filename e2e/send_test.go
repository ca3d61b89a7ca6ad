package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const batchSize = 100

// sendAll sends n events in batches, some of them invalid and 2 % repeated, and checks each answer.
// between is called before every batch.
func sendAll(t *testing.T, p *product, ref *reference, n int, between func(batch int)) {
	t.Helper()
	var repeated []fact
	for batch := 0; batch*batchSize < n; batch++ {
		if between != nil {
			between(batch)
		}
		facts := repeated
		for range batchSize {
			facts = append(facts, ref.event())
		}
		deliver(t, p, ref, facts)
		repeated = []fact{facts[len(facts)/2], facts[len(facts)-1]}
	}
}

// deliver sends a batch until it is acknowledged, as a shop's back end would.
func deliver(t *testing.T, p *product, ref *reference, facts []fact) {
	t.Helper()
	body := pack(&ref.generator, facts, true)
	var got answer
	p.await("acknowledgement", 3*time.Minute, func() (err error) {
		got, err = p.send(body, map[string]string{"Content-Encoding": "gzip"})
		switch {
		case err != nil:
			return err
		case got.status == http.StatusTooManyRequests, got.status == http.StatusServiceUnavailable:
			ref.told.busy++
			return fmt.Errorf("status %d", got.status)
		case got.status != http.StatusAccepted:
			t.Fatalf("status %d", got.status)
		}
		return nil
	})
	if diff := disagreement(facts, got); diff != "" {
		t.Fatal(diff)
	}
	ref.told.add(got)
}

// told is what senders were told of their events, copies included.
type told struct {
	accepted, refused int
	busy              int // requests that were answered with 429 or 503
}

func (t *told) add(got answer) {
	t.accepted += got.Accepted
	t.refused += len(got.Rejected)
}

// pack writes the body of a request: one event as itself, several as a batch.
func pack(g *generator, facts []fact, zip bool) []byte {
	events := make([]map[string]any, len(facts))
	for i, f := range facts {
		events[i] = g.body(f)
	}
	var content any = map[string]any{"events": events}
	if len(events) == 1 {
		content = events[0]
	}
	body, err := json.Marshal(content)
	if err != nil {
		panic(err) // maps of texts and numbers
	}
	if !zip {
		return body
	}
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	_, _ = writer.Write(body)
	_ = writer.Close() // into memory
	return zipped.Bytes()
}

// disagreement says what is wrong with an answer: the invalid events, and they alone, are refused
// with the right field, a code and a sentence.
func disagreement(facts []fact, got answer) string {
	want, fields := map[int]string{}, map[int]string{}
	for i, f := range facts {
		if f.field != "" {
			want[i] = f.field
		}
	}
	for _, rejected := range got.Rejected {
		fields[rejected.Index] = rejected.Field
		if rejected.Code == "" || rejected.Message == "" {
			return fmt.Sprintf("rejection without code or message: %+v", rejected)
		}
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		return fmt.Sprintf("rejected fields: %s\n%+v", diff, got.Rejected)
	}
	if got.Accepted != len(facts)-len(want) {
		return fmt.Sprintf("accepted %d of %d with %d wrong ones", got.Accepted, len(facts), len(want))
	}
	return ""
}
