package collector

import (
	"fmt"
	"testing"
	"time"

	"noctra/schema"
)

// The collector's clock jumps by hours, forth and back: times of events are bounded by the clock of
// now, what was sent with the sender's own clock lands where it belongs, a visitor stays the same
// within the day, and nothing that counts time is stuck afterwards.
func TestClockJumps(t *testing.T) {
	var clock ticking // noon
	r := startAt(t, func(c *Config) { c.SiteRate = 10 }, clock.now)
	millis := func() int64 { return int64(schema.MillisOf(clock.now())) }
	post := func(rest string) reply {
		t.Helper()
		return r.call(t, "POST", "/v1/events", `{"type":"pageview","site":"`+shopKey+`","url":"https://shop.noctra.example/"`+rest+`}`)
	}
	accepted := func(when, rest string) schema.Event {
		t.Helper()
		a := post(rest)
		events := r.sink.take(t)
		if a.Status != 202 || len(events) != 1 {
			t.Fatalf("%s: %d %s", when, a.Status, a.Body)
		}
		return events[0]
	}
	first := accepted("before", "")
	for _, jump := range []time.Duration{time.Hour, 11 * time.Hour, -11 * time.Hour, 30 * time.Minute, -24 * time.Hour, 24 * time.Hour} {
		clock.at.Store(int64(jump))
		real := int64(schema.MillisOf(fixedNow)) // what senders' clocks say
		e := accepted(jump.String(), "")
		if int64(e.ReceivedAt) != millis() || e.OccurredAt != e.ReceivedAt {
			t.Errorf("%s: occurred at %d, received at %d, it is %d", jump, e.OccurredAt, e.ReceivedAt, millis())
		}
		sameDay := clock.now().UTC().YearDay() == fixedNow.UTC().YearDay()
		if (e.Visitor == first.Visitor) != sameDay {
			t.Errorf("%s: visitor %d, before %d", jump, e.Visitor, first.Visitor)
		}
		e = accepted(jump.String(), fmt.Sprintf(`,"occurred_at":%d,"sent_at":%d`, real-1000, real))
		if off := millis() - 1000 - int64(e.OccurredAt); off != 0 {
			t.Errorf("%s: with the sender's clock off by %d ms", jump, off)
		}
		if jump < -10*time.Minute { // ahead of this clock, and the sender's is not known
			if a := post(fmt.Sprintf(`,"occurred_at":%d`, real)); a.Status != 400 || a.Rejected[0].Code != "occurred_at_too_new" {
				t.Errorf("%s: %d %s", jump, a.Status, a.Body)
			}
		}
	}
	for i, jump := range []time.Duration{0, 5 * time.Hour, -5 * time.Hour, 0} {
		clock.at.Store(int64(jump))
		var last reply
		for range 50 {
			if last = post(""); last.Status == 429 {
				break
			}
		}
		if retry := last.Header.Get("Retry-After"); last.Status != 429 || retry != "1" {
			t.Errorf("jump %d: %d, again after %q s", i, last.Status, retry)
		}
		clock.at.Add(int64(time.Second))
		if a := post(""); a.Status != 202 {
			t.Errorf("jump %d: a second later %d", i, a.Status)
		}
	}
	r.conserved(t)
}
