package retention

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// scripted is a Source that says what it was given.
type scripted struct {
	mu    sync.Mutex
	state State
	err   error
}

func (s *scripted) Look(context.Context) (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state, s.err
}

func (s *scripted) say(state State, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.err = state, err
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

func TestJudge(t *testing.T) {
	unread := func(committed int64, age time.Duration) []Partition {
		return []Partition{{ID: 0, Committed: 100, Start: 0, End: 100}, {ID: 1, Committed: committed, Start: 0, End: 1000, Oldest: noon.Add(-age)}}
	}
	for _, tc := range []struct {
		name    string
		state   State
		used    float64
		blocked bool
		log     string
	}{
		{"everything read", State{Keep: 8 * day, KeepBytes: -1, Partitions: unread(1000, 20*day)}, 0, false, ""},
		{"young", State{Keep: 8 * day, KeepBytes: -1, Partitions: unread(10, day)}, 0.125, false, ""},
		{"half", State{Keep: 8 * day, KeepBytes: -1, Partitions: unread(10, 4*day)}, 0.5, false, "far behind"},
		{"close", State{Keep: 8 * day, KeepBytes: -1, Partitions: unread(10, 7*day)}, 0.875, true, "no events are taken"},
		{"for ever", State{Keep: -1, KeepBytes: -1, Partitions: unread(10, 700*day)}, 0, false, ""},
		{"bytes", State{Keep: -1, KeepBytes: 100_000, Partitions: unread(100, 0)}, 0.9, true, "no events are taken"},
		{"bytes left", State{Keep: -1, KeepBytes: 200_000, Partitions: unread(100, 0)}, 0.45, false, ""},
		{"embedded", State{Keep: 8 * day, KeepBytes: -1, Safe: true, Partitions: unread(10, 30*day)}, 0, false, ""},
		{"no group yet", State{Keep: 8 * day, KeepBytes: -1, Partitions: []Partition{{Committed: -1, End: 5, Oldest: noon.Add(-8 * day)}}}, 1, false, "far behind"},
		{"one partition never read", State{Keep: 8 * day, KeepBytes: -1, Partitions: []Partition{{Committed: 3, End: 3}, {ID: 1, Committed: -1, End: 5, Oldest: noon.Add(-8 * day)}}}, 1, true, "no events are taken"},
		{"lost already", State{Keep: 8 * day, KeepBytes: -1, Partitions: []Partition{{Committed: 3, Start: 10, End: 20, Oldest: noon}}}, 0, false, "has deleted"},
		{"empty", State{Keep: 8 * day, KeepBytes: 1}, 0, false, ""},
	} {
		var log bytes.Buffer
		g := New(nil, func() float64 { return 100 }, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return noon })
		g.judge(tc.state)
		if got := g.Fraction(); got < tc.used-1e-9 || got > tc.used+1e-9 || g.Blocked() != tc.blocked {
			t.Errorf("%s: used %v, blocked %v", tc.name, got, g.Blocked())
		}
		if (tc.log == "") != (log.Len() == 0) || !strings.Contains(log.String(), tc.log) {
			t.Errorf("%s: log %q", tc.name, log.String())
		}
	}
}

// The guard blocks and releases as the aggregator falls behind and catches up; when Kafka does
// not answer, the last verdict holds.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		behind := State{Keep: time.Hour, KeepBytes: -1, Partitions: []Partition{{Committed: 0, End: 10, Oldest: time.Now()}}}
		source := &scripted{state: behind}
		g := New(source, func() float64 { return 100 }, slog.New(slog.DiscardHandler), time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { g.Run(ctx); close(ended) }()
		check := func(name string, wait time.Duration, want bool) {
			t.Helper()
			<-time.After(wait)
			synctest.Wait()
			if g.Blocked() != want {
				t.Errorf("%s: blocked %v, used %v", name, g.Blocked(), g.Fraction())
			}
		}
		check("at first", 0, false)
		check("half an hour", 30*time.Minute, false)
		check("close to the end", 22*time.Minute, true)
		source.say(State{}, errors.New("kafka is away"))
		check("kafka is away", time.Minute, true)
		source.say(State{Keep: time.Hour, KeepBytes: -1, Partitions: []Partition{{Committed: 10, End: 10}}}, nil)
		check("caught up", every, false)
		if g.Unread() != 0 {
			t.Errorf("%d unread", g.Unread())
		}
		cancel()
		<-ended
	})
}
