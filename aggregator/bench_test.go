package aggregator

import (
	"fmt"
	"io"
	"runtime"
	"syscall"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/aggregator/internal/columns"
	"noctra/aggregator/internal/repeats"
	"noctra/aggregator/internal/rows"
	"noctra/schema"
)

// fullEvent is the i-th event of a site with all columns in use, as the collector writes it: about
// 3.8 events a visitor, 5 % with a click id, 1.4 % sales.
func fullEvent(i int) schema.Event {
	visitor := uint64(i/4)*0x9e3779b97f4a7c15 | 1
	mix := int(visitor >> 40)
	page := mix * mix % 20_000 * (i%3 + 1)
	pick := func(all ...string) string { return all[mix%len(all)] }
	e := schema.Event{
		ID: fmt.Sprintf("0199f3a2-%04x-7000-8000-%012x", i&0xffff, visitor^uint64(i)<<8&0xffffffffffff), Site: 7, Workspace: 1,
		Kind: schema.KindPageview, Via: schema.ViaBrowser, OccurredAt: now - 80, ReceivedAt: now, Visitor: schema.VisitorID(visitor), VisitorKind: schema.VisitorDaily,
		Hostname: "shop.noctra.example", Path: fmt.Sprintf("/products/item-%d", page), Title: fmt.Sprintf("Item %d – Demo shop", page),
		Source: pick("Google", "", "Bing", "newsletter"), Channel: pick("Paid Search", "Direct", "Organic Search", "Email"), Referrer: "www.google.com/",
		UTMSource: "google", UTMMedium: "cpc", UTMCampaign: fmt.Sprintf("autumn-%d", mix%20),
		Country: pick("DE", "FR", "GB", "NL", "PL"), Region: fmt.Sprintf("Region %d", mix%60), City: fmt.Sprintf("City %d", mix%900),
		Browser: pick("Chrome", "Safari", "Firefox"), BrowserVersion: fmt.Sprint(120 + mix%25), OS: pick("Windows", "iOS", "Android"), OSVersion: fmt.Sprint(10 + mix%9),
		Device: pick("desktop", "mobile", "tablet"), Screen: "1920x1080", Language: "de-DE", TimeZone: "Europe/Berlin",
	}
	if mix%20 == 0 {
		e.ClickIDs = []schema.ClickID{{Kind: "gclid", Value: fmt.Sprintf("Cj0KCQjw%020x", visitor)}}
	}
	if i%5 == 0 {
		e.Props = []schema.Prop{{Key: "plan", Value: "pro"}, {Key: "variant", Value: fmt.Sprint(mix % 4)}}
	}
	if i%71 == 0 {
		e.Kind, e.OrderID, e.Amount, e.Currency = schema.KindSale, fmt.Sprintf("B-%d", i), schema.Micros(10_000_000+i%90_000_000), "EUR"
	}
	return e
}

// BenchmarkRows is what a row costs between Kafka and the socket: decode, tell repeats apart, make
// columns, compress. An operation is a row.
func BenchmarkRows(b *testing.B) {
	const distinct = 200_000
	messages := make([][]byte, distinct)
	for i := range messages {
		e := fullEvent(i)
		messages[i] = schema.AppendEvent(nil, &e)
	}
	filter := repeats.NewFilter(64<<20, time.Now)
	open, frames := newBatch(), columns.NewFrames()
	var e schema.Event
	wire := 0
	flush := func() {
		if len(open.candidates) > 0 {
			if err := open.sieve(nil, rows.Place{Topic: "t"}); err != nil {
				b.Fatal(err)
			}
		}
		counted := &count{}
		frames.Start(counted)
		if _, err := open.rows.Block().WriteTo(frames); err != nil {
			b.Fatal(err)
		}
		if err := frames.Flush(); err != nil {
			b.Fatal(err)
		}
		wire += counted.n
		open.reset()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if i%distinct == 0 && i > 0 {
			b.StopTimer()
			filter = repeats.NewFilter(64<<20, time.Now)
			b.StartTimer()
		}
		if err := open.add(&e, arrival{body: messages[i%distinct], place: rows.Place{Topic: "t", Offset: int64(i)}}, filter); err != nil {
			b.Fatal(err)
		}
		if open.len() == 200_000 {
			b.ReportMetric(float64(open.size())/200_000, "heldB/row")
			flush()
		}
	}
	flush()
	b.ReportMetric(float64(wire)/float64(b.N), "sentB/row")
}

type count struct{ n int }

func (c *count) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }

var _ io.Writer = (*count)(nil)

// BenchmarkService brings full rows from Kafka into ClickHouse, both embedded, and reports the
// CPU that this process used for a row.
func BenchmarkService(b *testing.B) {
	const total = 1_500_000
	for range b.N {
		b.StopTimer()
		w := newWorld(b)
		usual := asTheyCome(b)
		usual.Kafka, usual.ClickHouse = w.config.Kafka, w.config.ClickHouse
		w.config = usual
		w.fill(total)
		before := cpu(b)
		b.StartTimer()
		begin := time.Now()
		r := w.start(nil)
		w.await("all rows are inserted", func() bool { return r.figures(b)["inserted"] == total })
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/total, "cpu-us/row")
		b.ReportMetric(total/time.Since(begin).Seconds(), "rows/s")
		b.ReportMetric(float64(r.figures(b)["batches"]), "batches")
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		b.ReportMetric(float64(memory.Sys-memory.HeapReleased)/(1<<20), "MiB")
		b.StopTimer()
		r.end()
		if n := w.rows(); n != total {
			b.Fatalf("%d rows", n)
		}
		b.StartTimer()
	}
}

// BenchmarkRepeats reads events that are all stored already, with a filter that has to be filled from
// ClickHouse first, and reports how many are looked up in a second.
func BenchmarkRepeats(b *testing.B) {
	const total = 600_000
	for range b.N {
		b.StopTimer()
		w := newWorld(b)
		usual := asTheyCome(b)
		usual.Kafka, usual.ClickHouse = w.config.Kafka, w.config.ClickHouse
		w.config = usual
		w.fill(total)
		r := w.start(nil)
		w.await("all rows are inserted", func() bool { return r.figures(b)["inserted"] == total })
		r.end()
		w.fill(total)
		before := cpu(b)
		b.StartTimer()
		begin := time.Now()
		r = w.start(nil)
		w.await("all repeats are left out", func() bool { return r.figures(b)["repeated"] == total })
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/total, "cpu-us/lookup")
		b.ReportMetric(total/time.Since(begin).Seconds(), "lookups/s")
		b.StopTimer()
		r.end()
		if n := w.rows(); n != total {
			b.Fatalf("%d rows", n)
		}
		b.StartTimer()
	}
}

// fill produces full rows in large requests.
func (w *world) fill(n int) {
	var pending [testPartitions][]kafkago.Record
	for i := range n {
		e := fullEvent(i)
		p := int(e.PartitionKey() % testPartitions)
		pending[p] = append(pending[p], record(schema.AppendEvent(nil, &e)))
		if len(pending[p]) == 1000 {
			w.produce(w.names.topic, p, pending[p]...)
			pending[p] = pending[p][:0]
		}
	}
	for p := range pending {
		if len(pending[p]) > 0 {
			w.produce(w.names.topic, p, pending[p]...)
		}
	}
}

// cpu returns the CPU time of this process.
func cpu(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
