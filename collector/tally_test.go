package collector

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/collector/internal/ingest"
	"noctra/collector/internal/producer"
	"noctra/schema"
)

// counted returns the sums of all counts that were stored, by site, door and reason; copies count once.
func (m *memory) counted() map[string]uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	seen, sums := map[[2]uint64]bool{}, map[string]uint64{}
	for _, c := range m.counts {
		if seen[[2]uint64{c.Source, c.Sequence}] {
			continue
		}
		seen[[2]uint64{c.Source, c.Sequence}] = true
		for _, row := range c.Rows {
			sums[fmt.Sprintf("%d %s %s", row.Site, row.Stage, row.Reason)] += row.N
		}
	}
	return sums
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

const goodEvent = `{"type":"pageview","url":"https://shop.noctra.example/","site":"` + shopKey + `"}`

// TestRefusalsAreCounted: whoever hears why has been counted, by site, door and reason.
func TestRefusalsAreCounted(t *testing.T) {
	r := start(t, nil)
	bad, foreign := strings.Replace(goodEvent, "pageview", "nothing", 1), strings.Replace(goodEvent, shopKey, "nst_nobody", 1)
	want := map[string]uint64{}
	for _, c := range []struct {
		body    string
		headers []string
		status  int
		counts  string // pairs of name and number
	}{
		{goodEvent, nil, 202, ""},
		{bad, nil, 400, "7 browser type_unknown 1"},
		{"[" + goodEvent + "," + bad + "," + bad + "]", nil, 202, "7 browser type_unknown 2"},
		{foreign, nil, 401, "0 browser site_unknown 1"},
		{goodEvent, []string{"Origin", "https://elsewhere.example"}, 403, "7 browser origin_not_allowed 1"},
		{strings.Replace(goodEvent, shopKey, closedKey, 1), nil, 403, "9 browser site_archived 1"},
		{strings.Replace(goodEvent, shopKey, otherKey, 1), []string{"Authorization", "Bearer " + serverKey}, 403, "0 server site_forbidden 1"},
		{goodEvent, []string{"Authorization", "Bearer nsk_nobody"}, 401, "0 browser key_unknown 1"},
		{"{", []string{"Authorization", "Bearer " + serverKey}, 400, "7 server body_invalid 1"},
		{"", nil, 400, "0 browser body_empty 1"},
		{goodEvent, []string{"Content-Type", "image/png"}, 415, "0 browser media_type_unsupported 1"},
	} {
		if a := r.call(t, "POST", "/v1/events", c.body, c.headers...); a.Status != c.status {
			t.Errorf("%s: %d %s", c.body, a.Status, a.Body)
		}
		if fields := strings.Fields(c.counts); len(fields) == 4 {
			var n uint64
			_, _ = fmt.Sscan(fields[3], &n)
			want[strings.Join(fields[:3], " ")] += n
		}
		if diff := cmp.Diff(want, r.sink.counted()); diff != "" { // the answer came after the count
			t.Fatalf("%s: -want +got:\n%s", c.body, diff)
		}
	}
	if a := r.call(t, "GET", "/v1/pixel.gif?type=nothing&site="+shopKey, ""); a.Status != 400 || r.sink.counted()["7 pixel type_unknown"] != 1 {
		t.Errorf("pixel: %d, %v", a.Status, r.sink.counted())
	}
	r.balanced(t)
	r.conserved(t)
	minute := schema.MillisOf(fixedNow)
	for _, c := range r.sink.counts {
		for _, row := range c.Rows {
			if row.Minute != minute-minute%schema.MinuteMillis {
				t.Errorf("minute of %+v", row)
			}
		}
	}
}

// balanced waits until all counts are stored and fails the test unless they are those of the ledger.
func (r *rig) balanced(t testing.TB) {
	t.Helper()
	eventually(t, "all counts are stored", func() bool { return r.metric(t, "refusals_waiting", "") == 0 })
	sum := uint64(0)
	for _, n := range r.sink.counted() {
		sum += n
	}
	if refused := r.metric(t, "events_refused_total", ""); float64(sum) != refused {
		t.Errorf("%d refused events in counts, %v in metrics", sum, refused)
	}
	r.ledger.mu.Lock()
	defer r.ledger.mu.Unlock()
	if l := r.ledger; l.received != l.accepted+l.total+l.open || l.open != 0 || l.total != l.stored {
		t.Errorf("received %d, accepted %d, refused %d, open %d, stored %d", l.received, l.accepted, l.total, l.open, l.stored)
	}
}

// TestRefusalsWithoutAPlace: where the count finds no place the answer says that it may be sent
// again; the count is kept and stored once, also when an attempt was stored and its answer lost.
func TestRefusalsWithoutAPlace(t *testing.T) {
	r := start(t, nil)
	bad := strings.Replace(goodEvent, "pageview", "nothing", 1)
	r.sink.fail(producer.ErrUnavailable)
	for _, body := range []string{bad, "[" + goodEvent + "," + bad + "]", "{"} {
		if a := r.call(t, "POST", "/v1/events", body); a.Status != 503 || a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", body, a.Status, a.Body)
		}
	}
	if n := len(r.sink.counted()); n != 0 {
		t.Errorf("%d counts", n)
	}
	r.sink.fail(nil)
	r.balanced(t)
	want := map[string]uint64{"7 browser type_unknown": 2, "7 browser kafka_unavailable": 1, "0 browser body_invalid": 1}
	if diff := cmp.Diff(want, r.sink.counted()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	r.conserved(t)
}

// TestCopiesOfCounts: a record whose answer was lost is sent again as it was.
func TestCopiesOfCounts(t *testing.T) {
	l, m := newLedger(), &memory{}
	lost := 2
	sink := sendFunc(func(messages *producer.Messages) error {
		_ = m.Send(messages)
		if lost--; lost >= 0 {
			return producer.ErrUnavailable
		}
		return nil
	})
	tally := newTally(l, sink, slog.New(slog.NewTextHandler(io.Discard, nil)), time.Now)
	one := cell{site: 7, door: "browser", reason: ingest.TooLong}
	for range 3 {
		l.refuseWhole(one)
		_ = tally.flush()
	}
	if err := tally.flush(); err != nil {
		t.Fatal(err)
	}
	if got := m.counted(); got["7 browser too_long"] != 3 || len(m.counts) != 4 {
		t.Errorf("%v in %d records", got, len(m.counts))
	}
}

// TestManyCells: a flood of kinds of refusals makes no flood of rows, and loses no number.
func TestManyCells(t *testing.T) {
	l, m := newLedger(), &memory{}
	tally := newTally(l, m, slog.New(slog.NewTextHandler(io.Discard, nil)), time.Now)
	for i := range 5000 {
		l.refuseWhole(cell{site: schema.SiteID(1 + i), door: "browser", reason: ingest.TooLong})
	}
	if err := tally.flush(); err != nil {
		t.Fatal(err)
	}
	if got := m.counted(); len(m.counts) != 1 || len(got) != mostCells+1 || got["0 browser other"] != 5000-mostCells {
		t.Errorf("%d records, %d kinds, %d others", len(m.counts), len(got), got["0 browser other"])
	}
}

// TestCountsOfMany: many requests at once share records, and each is counted when it is answered.
func TestCountsOfMany(t *testing.T) {
	r := start(t, nil)
	bad := strings.Replace(goodEvent, "pageview", "nothing", 1)
	const clients, each = 20, 20
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range each {
				if a := r.call(t, "POST", "/v1/events", bad); a.Status != 400 {
					t.Errorf("%d %s", a.Status, a.Body)
				}
			}
		})
	}
	all.Wait()
	if got := r.sink.counted(); got["7 browser type_unknown"] != clients*each {
		t.Errorf("%v", got)
	}
	r.balanced(t)
}

// TestPanicsAreCounted: the events of a request that ended in a panic are refused, each once.
func TestPanicsAreCounted(t *testing.T) {
	r := start(t, nil)
	r.sink.mu.Lock()
	r.sink.panics = true
	r.sink.mu.Unlock()
	if a := r.call(t, "POST", "/v1/events", "["+goodEvent+","+goodEvent+"]"); a.Status != 500 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	r.sink.mu.Lock()
	r.sink.panics = false
	r.sink.mu.Unlock()
	r.balanced(t)
	if got := r.sink.counted(); got["0 browser internal_error"]+got["7 browser internal_error"] != 2 {
		t.Errorf("%v", got)
	}
	r.conserved(t)
}

// TestRefusalsAreSpooled: without Kafka, counts go to the spool before the answer.
func TestRefusalsAreSpooled(t *testing.T) {
	r := startWith(t, func(c *Config) { c.SpoolDir = filepath.Join(t.TempDir(), "spool") }, nil, func(s *Service) { s.sink = s.keeper })
	if a := r.call(t, "POST", "/v1/events", strings.Replace(goodEvent, "pageview", "nothing", 1)); a.Status != 400 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if n := r.spool.Stats().Messages; n != 1 {
		t.Errorf("%d messages in the spool", n)
	}
}

// TestStopStoresCounts: what nobody waits for is stored at the latest when the collector stops.
func TestStopStoresCounts(t *testing.T) {
	r := start(t, func(c *Config) { c.SiteRate = 1 })
	refused := uint64(0)
	for range 10 {
		if a := r.call(t, "POST", "/v1/events", goodEvent); a.Status == 429 {
			refused++
		}
	}
	r.end()
	if got := r.sink.counted(); refused == 0 || got["7 browser rate_limited"] != refused {
		t.Errorf("%d were refused, counted are %v", refused, got)
	}
}
