package demo

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/demo/internal/crowd"
	"noctra/schema"
)

var noon = time.Date(2026, 11, 24, 12, 30, 0, 0, time.UTC)

// memory is a sink that keeps what it is given, and may fail.
type memory struct {
	records []record
	calls   int
	failAt  int // number of the call that fails; 0 for none
}

var errSink = errors.New("sink fails")

func (m *memory) send(_ context.Context, records []record) error {
	if m.calls++; m.calls == m.failAt {
		return errSink
	}
	m.records = append(m.records, records...)
	return nil
}

func (m *memory) ids() map[string]int {
	ids := map[string]int{}
	for _, r := range m.records {
		ids[r.step.ID]++
	}
	return ids
}

type past struct {
	*history
	front, topic *memory
	todays       int
}

func newPast(t *testing.T, path string, days int) *past {
	t.Helper()
	known, err := openProgress(path, 1, testSiteKey)
	if err != nil {
		t.Fatal(err)
	}
	p := &past{front: &memory{}, topic: &memory{}}
	p.history = &history{
		crowd: crowd.New(crowd.Main(), 1), days: days, front: p.front, topic: p.topic, progress: known,
		today: func() { p.todays++ }, log: slog.New(slog.DiscardHandler),
		now: func() time.Time { return noon },
	}
	return p
}

func TestHistoryTakesTheFrontDoorWhereItCan(t *testing.T) {
	p := newPast(t, filepath.Join(t.TempDir(), "history.json"), 9)
	if err := p.run(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	border := noon.Truncate(day).AddDate(0, 0, -6)
	for _, r := range p.front.records {
		if at := r.step.At; at.Before(border) || !at.Before(noon) {
			t.Fatalf("step of %s through the front door", at)
		}
	}
	for _, r := range p.topic.records {
		if begin := r.visit.Steps[0].At; !begin.Before(border) {
			t.Fatalf("step of %s past the front door", begin)
		}
	}
	if first := p.front.records[0].step.At; first.Before(noon.Truncate(day)) {
		t.Errorf("the first step is of %s: not of today", first)
	}
	if p.todays != 1 || len(p.topic.records) < 5000 || len(p.front.records) < 20000 {
		t.Errorf("%d events by the front door, %d into kafka, today told %d times", len(p.front.records), len(p.topic.records), p.todays)
	}
}

func TestHistoryGoesOnWhereItStopped(t *testing.T) {
	whole := newPast(t, filepath.Join(t.TempDir(), "history.json"), 4)
	if err := whole.run(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "history.json")
	broken := newPast(t, path, 4)
	broken.front.failAt = 12
	if err := broken.run(t.Context(), noon); !errors.Is(err, errSink) {
		t.Fatalf("got %v", err)
	}
	again := newPast(t, path, 4)
	if err := again.run(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	if len(again.front.records) >= len(whole.front.records) {
		t.Error("everything is sent again")
	}
	union := &memory{records: append(broken.front.records, again.front.records...)}
	got := union.ids()
	for id := range got {
		got[id] = 1
	}
	if diff := cmp.Diff(whole.front.ids(), got); diff != "" {
		t.Errorf("stopping and going on makes other events: %.500s", diff)
	}
}

func TestHistoryFillsTheTimeSinceTheLastStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.json")
	first := newPast(t, path, 2)
	if err := first.run(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	second := newPast(t, path, 2)
	if err := second.run(t.Context(), noon); err != nil || len(second.front.records) != 0 {
		t.Fatalf("a second start sends %d events: %v", len(second.front.records), err)
	}
	later := noon.Add(3 * time.Hour)
	third := newPast(t, path, 2)
	if err := third.run(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	before := first.front.ids()
	for _, r := range third.front.records {
		if before[r.step.ID] != 0 || r.step.At.Before(noon) || !r.step.At.Before(later) {
			t.Fatalf("step %s of %s", r.step.ID, r.step.At)
		}
	}
	if len(third.front.records) < 300 {
		t.Errorf("three hours make %d events", len(third.front.records))
	}
}

func TestHistoryNeverRunsAhead(t *testing.T) {
	for _, start := range []time.Time{noon.Truncate(day), noon.Truncate(day).Add(2 * time.Minute), noon.Truncate(day).Add(day - time.Minute)} {
		p := newPast(t, filepath.Join(t.TempDir(), "history.json"), 8)
		p.now = func() time.Time { return start }
		if err := p.run(t.Context(), start); err != nil {
			t.Fatal(err)
		}
		for _, r := range p.front.records {
			if at := r.step.At; !at.Before(start) || at.Before(start.Add(-7*day)) {
				t.Fatalf("step of %s at %s", at, start)
			}
		}
	}
}

func TestProgressOfAnotherSiteCountsForNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.json")
	p, err := openProgress(path, 1, "one")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.reach(noon.Truncate(day), noon); err != nil {
		t.Fatal(err)
	}
	for site, want := range map[string]time.Time{"one": noon, "two": {}} {
		again, err := openProgress(path, 1, site)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, again.until(noon.Truncate(day))); diff != "" {
			t.Errorf("site %s: %s", site, diff)
		}
	}
}

func TestBothWaysTellTheSame(t *testing.T) {
	k := keys{Site: 7, Workspace: 3, SiteKey: testSiteKey, ServerKey: testServerKey, Hostname: "shop.noctra.example"}
	for _, v := range crowd.New(crowd.Main(), 1).Day(noon) {
		for i := range v.Steps {
			r := record{v, &v.Steps[i]}
			m, e := k.message(r), k.event(r, noon)
			var back schema.Event
			if err := schema.DecodeEvent(schema.AppendEvent(nil, e), &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(*e, back); diff != "" {
				t.Fatalf("wire: %s", diff)
			}
			amount := ""
			if e.Currency != "" {
				amount = e.Amount.String()
			}
			address := "https://" + e.Hostname + e.Path
			if e.Query != "" {
				address += "?" + e.Query
			}
			got := message{ID: e.ID, Type: e.Kind.String(), Name: e.Name, URL: address, Title: e.Title, OccurredAt: int64(e.OccurredAt), OrderID: e.OrderID, Amount: amount, Currency: e.Currency}
			want := message{ID: m.ID, Type: m.Type, Name: m.Name, URL: m.URL, Title: m.Title, OccurredAt: m.OccurredAt, OrderID: m.OrderID, Amount: m.Amount, Currency: m.Currency}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatal(diff)
			}
			if (m.IP == "") != (e.Visitor == 0) || len(e.ClickIDs) > 0 && v.Consent == crowd.ConsentDenied {
				t.Fatalf("visitor or click ids of %+v", e)
			}
		}
	}
}

func TestFrontRepeatsUnderTheSameIDs(t *testing.T) {
	collector := newFakeCollector(t, func() time.Time { return noon })
	collector.answers = []int{401, 503}
	k, err := readKeys(testKeys(t))
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	s, err := New(testConfig(t, collector), Deps{Log: slog.New(slog.DiscardHandler), Registry: registry, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	visits := crowd.New(crowd.Main(), 1).Day(noon)
	records := []record{{visits[0], &visits[0].Steps[0]}, {visits[1], &visits[1].Steps[0]}}
	if err := newFront(collector.URL, k, s.deps.Log, s.metrics).send(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{records[0].step.ID, records[1].step.ID}, collector.order); diff != "" {
		t.Error(diff)
	}
	if collector.requests != 3 {
		t.Errorf("%d requests", collector.requests)
	}
	collector.answers = []int{413}
	if err := newFront(collector.URL, k, s.deps.Log, s.metrics).send(t.Context(), records); err == nil {
		t.Error("a final refusal is no error")
	}
}

// The first day begins when it does where the shop is, so that the day before has no visit.
func TestTheFirstDayIsThatOfTheShop(t *testing.T) {
	p := newPast(t, filepath.Join(t.TempDir(), "history.json"), 2)
	p.zone = 5 * time.Hour
	if err := p.run(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	first, begin := noon, noon.Truncate(day).Add(-19*time.Hour)
	for _, r := range p.front.records {
		if r.step.At.Before(first) {
			first = r.step.At
		}
	}
	if first.Before(begin) || first.After(begin.Add(time.Hour)) {
		t.Errorf("the first step is of %s, want soon after %s", first, begin)
	}
}
