package report

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"noctra/admin/internal/slices"
	"noctra/schema"
)

// TestReportsWhileSlicesAreMade inserts events while two makers and a rebuild work on the same days.
// Every answer must hold what was inserted two seconds before, and never more than there is.
func TestReportsWhileSlicesAreMade(t *testing.T) {
	db := openDatabase(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	site := schema.Site{ID: 1, TimeZone: "Europe/Berlin", Currency: "EUR"}
	first, last := testDay("2026-05-02"), testDay("2026-05-04")
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	busy := func(work func(context.Context) error) {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := work(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	busy(func(ctx context.Context) error {
		return slices.MakeAs(ctx, db.writer, site, []slices.DayNumber{first, last}, time.Now())
	})
	busy(func(ctx context.Context) error {
		_, err := slices.Rebuild(ctx, db.writer, site, first, last)
		return err
	})
	began := time.Now()
	engine := New(db.reader, Options{Now: func() time.Time { return now.Add(time.Since(began)) }})
	r := rand.New(rand.NewPCG(1, 2))
	visitors := map[schema.VisitorID]bool{}
	inserted := 0
	for range 25 {
		var batch []schema.Event
		for range 1 + r.IntN(4) {
			inserted++
			e := schema.Event{Site: 1, ID: fmt.Sprint("e", inserted), Kind: schema.KindPageview, Visitor: schema.VisitorID(1 + r.IntN(40)), Path: "/", OccurredAt: schema.MillisOf(now.Add(-time.Duration(r.IntN(60)) * time.Hour))}
			visitors[e.Visitor] = true
			batch = append(batch, e)
		}
		db.insert(t, batch, time.Now())
		want := [2]uint64{uint64(inserted), uint64(len(visitors))}
		awaitFigures(t, engine, site, want)
	}
	cancel()
	wg.Wait()
}

// awaitFigures asks for events and visitors until both are there. They are two seconds later, where the
// machine has nothing else to do.
func awaitFigures(t *testing.T, engine *Engine, site schema.Site, want [2]uint64) {
	t.Helper()
	inTime := time.Now().Add(time.Minute)
	for {
		asked := time.Now()
		answer, err := engine.Query(t.Context(), site, []byte(`{"site_id": "x", "metrics": ["events", "visitors", "visits"], "date_range": ["2026-05-02", "2026-05-04"]}`))
		if err != nil {
			t.Fatal(err)
		}
		got := [2]uint64{answer.Results[0].Metrics[0].(uint64), answer.Results[0].Metrics[1].(uint64)}
		switch {
		case got == want:
			return
		case got[0] > want[0] || got[1] > want[1]:
			t.Fatalf("events and visitors %v, more than the %v there are", got, want)
		case asked.After(inTime):
			t.Fatalf("events and visitors %v a minute after there were %v", got, want)
		}
	}
}
