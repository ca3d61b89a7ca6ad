package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	rounds = flag.Int("rounds", 1, "how often every process is killed")
	seed   = flag.Uint64("seed", 1, "another number makes other events and another order of deaths")
)

// TestWholeProduct walks the main promises on one running product: exact numbers, surviving the
// death of each process, and a clean end and new start on the same data.
func TestWholeProduct(t *testing.T) {
	p := startProduct(t, buildBinary(t))
	ref := newReference(*seed, p.ready.Demo.Hostname, time.Now())
	t.Run("numbers are exact", func(t *testing.T) { sendAll(t, p, ref, 10_000, nil); p.expect(t, ref) })
	t.Run("second start is refused", p.refusesSecondStart)
	t.Run("every process may die", func(t *testing.T) {
		for range *rounds {
			killEach(t, p, ref)
			p.expect(t, ref)
		}
	})
	t.Run("a frozen writer comes back", func(t *testing.T) {
		sendAll(t, p, ref, 1000, func(batch int) {
			switch batch {
			case 3:
				p.signal("aggregator", syscall.SIGSTOP)
			case 8:
				p.signal("aggregator", syscall.SIGCONT)
			}
		})
		p.expect(t, ref)
	})
	t.Run("stop and start again", func(t *testing.T) {
		before := p.ready.Demo
		p.stop()
		p.start()
		if diff := cmp.Diff(before, p.ready.Demo); diff != "" {
			t.Errorf("the demo's keys changed: %s", diff)
		}
		p.expect(t, ref)
	})
	p.stop()
}

// killEach sends events and kills each process once, in an order of chance, in the middle of it.
func killEach(t *testing.T, p *product, ref *reference) {
	t.Helper()
	names := []string{"aggregator", "clickhouse", "collector", "kafka", "postgres", "admin", "uploader"}
	ref.random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	sendAll(t, p, ref, 500*len(names), func(batch int) {
		if batch%5 == 2 && batch/5 < len(names) {
			p.kill(names[batch/5])
		}
	})
}

const batchSize = 100

// sendAll sends n events in batches, 3 % of them invalid besides and 2 % repeated, and checks each
// answer. between is called before every batch.
func sendAll(t *testing.T, p *product, ref *reference, n int, between func(batch int)) {
	t.Helper()
	var repeated []map[string]any
	for batch := 0; batch*batchSize < n; batch++ {
		if between != nil {
			between(batch)
		}
		var events []map[string]any
		want := map[int]string{}
		for i := range batchSize {
			event := ref.event()
			events = append(events, event)
			if i%50 == 0 {
				repeated = append(repeated, event)
			}
			if i%33 == 5 {
				bad := ref.wrong()
				want[len(events)] = bad.field
				events = append(events, bad.event)
			}
		}
		events = append(events, repeated...)
		repeated = repeated[max(0, len(repeated)-1):]
		deliver(t, p, events, want)
	}
}

// deliver sends a batch until it is acknowledged, as a shop's back end would.
func deliver(t *testing.T, p *product, events []map[string]any, want map[int]string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"events": events})
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	_, _ = writer.Write(body)
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	var got answer
	p.await("acknowledgement", 60*time.Second, func() error {
		got, err = p.send(zipped.Bytes(), map[string]string{"Content-Encoding": "gzip"})
		switch {
		case err != nil:
			return err
		case got.status == http.StatusTooManyRequests, got.status == http.StatusServiceUnavailable:
			return fmt.Errorf("status %d", got.status)
		case got.status != http.StatusAccepted:
			t.Fatalf("status %d", got.status)
		}
		return nil
	})
	fields := map[int]string{}
	for _, rejected := range got.Rejected {
		fields[rejected.Index] = rejected.Field
		if rejected.Code == "" || rejected.Message == "" {
			t.Errorf("rejection without code or message: %+v", rejected)
		}
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Fatalf("rejected fields: %s", diff)
	}
	if got.Accepted != len(events)-len(want) {
		t.Fatalf("accepted %d of %d with %d wrong ones", got.Accepted, len(events), len(want))
	}
}

// expect waits until the reports hold every event, then compares all numbers.
func (p *product) expect(t *testing.T, ref *reference) {
	t.Helper()
	from, to := ref.start.Add(-7*24*time.Hour).UTC().Format("2006-01-02"), ref.start.UTC().Format("2006-01-02")
	days := []string{from, to}
	p.await("all events in the report", 120*time.Second, func() error {
		got, err := p.query(map[string]any{"metrics": []string{"events"}, "date_range": days})
		if err != nil {
			return err
		}
		if n := fmt.Sprint(got.Results[0].Metrics[0]); n != fmt.Sprint(ref.events) {
			return fmt.Errorf("%s of %d events", n, ref.events)
		}
		return nil
	})
	totals, err := p.query(map[string]any{"metrics": []string{"events", "pageviews", "sales", "gross_revenue", "revenue", "visitors"}, "date_range": days})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		fmt.Sprint(ref.events), fmt.Sprint(ref.kinds["pageview"]), fmt.Sprint(ref.kinds["sale"]),
		decimal(ref.gross), decimal(ref.gross - ref.refunds), fmt.Sprint(len(ref.visitors)),
	}
	var got []string
	for _, metric := range totals.Results[0].Metrics {
		got = append(got, trimZeros(fmt.Sprint(metric)))
	}
	for i := range want {
		want[i] = trimZeros(want[i])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events, pageviews, sales, gross revenue, revenue, visitors: %s", diff)
	}
	p.expectBreakdown(t, days, "event:page", "events", counts(ref.byPage))
	p.expectBreakdown(t, days, "time:day", "events", counts(ref.byDay))
	money := map[string]string{}
	for day, micros := range ref.dayMoney {
		money[day] = trimZeros(decimal(micros))
	}
	p.expectBreakdown(t, days, "time:day", "revenue", money)
}

func (p *product) expectBreakdown(t *testing.T, days []string, dimension, metric string, want map[string]string) {
	t.Helper()
	answer, err := p.query(map[string]any{"metrics": []string{metric}, "dimensions": []string{dimension}, "date_range": days, "pagination": map[string]any{"limit": 1000}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, row := range answer.Results {
		got[fmt.Sprint(row.Dimensions[0])] = trimZeros(fmt.Sprint(row.Metrics[0]))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s by %s: %s", metric, dimension, diff)
	}
}

func (p *product) refusesSecondStart(t *testing.T) {
	second := &product{t: t, binary: p.binary, data: p.data, args: p.args}
	out, err := second.output()
	if err == nil || !strings.Contains(out, p.data) {
		t.Errorf("a second start on the same data: %v, output %q", err, out)
	}
}

func counts(in map[string]int) map[string]string {
	out := map[string]string{}
	for key, n := range in {
		out[key] = fmt.Sprint(n)
	}
	return out
}

// decimal writes micros exactly; trimZeros makes two ways of writing a number equal.
func decimal(micros int64) string {
	sign := ""
	if micros < 0 {
		sign, micros = "-", -micros
	}
	return fmt.Sprintf("%s%d.%06d", sign, micros/1_000_000, micros%1_000_000)
}

func trimZeros(number string) string {
	if !strings.Contains(number, ".") {
		return number
	}
	return strings.TrimRight(strings.TrimRight(number, "0"), ".")
}
