package collector

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"noctra/internal/testenv"
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

// What a site has in the topic is bounded in a day, whatever it sends, and the topic keeps it for
// thirty days.
func TestLettersAreBounded(t *testing.T) {
	const limit = 4000
	config := testenv.Kafka(t)
	ensureTopics(t, config)
	from, day := endOfLetters(t, config), atomic.Int64{}
	noon := time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour) // so that no day ends meanwhile
	now := func() time.Time { return noon.AddDate(0, 0, int(day.Load())) }
	r := startWith(t, func(c *Config) { c.Kafka, c.LetterBytes = config, limit }, now, toKafka)
	eventually(t, "the collector is ready", func() bool { return r.problem() == nil })
	wrong := func(key string) string {
		return `{"type":"goal","site":"` + key + `","title":"` + strings.Repeat("x", 500) + `"}`
	}
	sent := 0
	for ; day.Load() < 2; day.Add(1) {
		for range 20 {
			r.refuse(t, "required", wrong(shopKey))
		}
		r.refuse(t, "required", wrong(otherKey))
		sent += 21
	}
	eventually(t, "all are stored or counted", func() bool {
		return int(r.metric(t, "dead_letters_total", "stored")+r.metric(t, "dead_letters_total", "over_limit")) == sent
	})
	bytes, most := map[string]int{}, 0
	for _, l := range lettersSince(t, config, from, LetterFilter{}) {
		bytes[fmt.Sprint(l.Site, " on day ", l.At/dayMillis-schema.MillisOf(noon)/dayMillis)] += l.Bytes
		most = max(most, l.Bytes)
	}
	for site, n := range bytes {
		if n >= limit+most {
			t.Errorf("site %s has %d bytes", site, n)
		}
	}
	if len(bytes) != 4 {
		t.Errorf("letters of two sites on two days: %v", bytes)
	}
	topics := schema.Topics(1)
	topic := topics[len(topics)-1]
	if topic.Name != schema.TopicDeadLetter || topic.Config["retention.ms"] != strconv.Itoa(30*dayMillis) || topic.Config["cleanup.policy"] != "delete" {
		t.Errorf("letters are kept as %+v", topic)
	}
}
