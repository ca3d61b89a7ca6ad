package collector

import (
	"testing"

	"noctra/schema"
)

func TestQuota(t *testing.T) {
	q := newQuota(100)
	const morning, nextDay = schema.Millis(10), schema.Millis(dayMillis + 10)
	check := func(site schema.SiteID, now schema.Millis, want bool) {
		t.Helper()
		if got := q.left(site, now); got != want {
			t.Errorf("site %d at %d: %v", site, now, got)
		}
	}
	check(7, morning, true)
	q.spend(7, 99)
	check(7, morning, true)
	q.spend(7, 1)
	check(7, morning, false)
	check(8, morning, true)
	check(7, nextDay, true)
	q = newQuota(0)
	q.spend(7, 1<<40)
	check(7, morning, true)
}

// A site that fills its day's letters leaves others theirs, and hears of refusals as before.
func TestLettersOfASite(t *testing.T) {
	r := startWith(t, func(c *Config) { c.LetterBytes = 1 }, nil, nil)
	wrong := `{"type":"goal","site":"` + shopKey + `"}`
	other := `{"type":"goal","site":"` + otherKey + `"}`
	r.refuse(t, "required", wrong)
	r.refuse(t, "required", wrong)
	r.refuse(t, "required", other)
	if n := r.metric(t, "dead_letters_total", "over_limit"); n != 1 {
		t.Errorf("%v letters over the limit", n)
	}
	r.conserved(t)
}
