package canary

import (
	"testing"
	"time"
)

// It is looked each second where the next one of a collector is due, and seldom elsewhere.
func TestPause(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		received []time.Duration // before now
		want     time.Duration
	}{
		"none yet":                      {nil, RestEvery},
		"just came":                     {[]time.Duration{0}, RestEvery},
		"soon due":                      {[]time.Duration{58 * time.Second}, 2 * time.Second},
		"due at once":                   {[]time.Duration{59900 * time.Millisecond}, lookEvery},
		"due":                           {[]time.Duration{61 * time.Second}, lookEvery},
		"late":                          {[]time.Duration{66 * time.Second}, RestEvery},
		"of two one is due":             {[]time.Duration{5 * time.Second, 62 * time.Second}, lookEvery},
		"of two one is due in a moment": {[]time.Duration{66 * time.Second, 58 * time.Second}, 2 * time.Second},
		"the clock is behind the rows'": {[]time.Duration{-time.Hour}, RestEvery},
	} {
		w := &Watch{opts: Options{Every: time.Minute}, known: map[string]row{}}
		for i, before := range c.received {
			w.known[string(rune('a'+i))] = row{receivedAt: now.Add(-before)}
		}
		if got := w.pause(now); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
