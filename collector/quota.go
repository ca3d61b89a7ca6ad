package collector

import (
	"sync"

	"noctra/schema"
)

// quota bounds the bytes of dead letters that one site may fill in a day (UTC), so that whoever
// has a public key cannot fill the topic. It counts what this process wrote since it started, and
// goes over by a letter for each request at work.
type quota struct {
	limit int // 0: no limit
	mu    sync.Mutex
	day   schema.Millis
	used  map[schema.SiteID]int
}

const dayMillis = 24 * 60 * 60 * 1000

func newQuota(limit int) *quota { return &quota{limit: limit, used: map[schema.SiteID]int{}} }

// left tells whether the site may have one more letter.
func (q *quota) left(site schema.SiteID, now schema.Millis) bool {
	if q.limit == 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if day := now / dayMillis; day != q.day {
		q.day = day
		clear(q.used)
	}
	return q.used[site] < q.limit
}

// spend counts a letter's bytes.
func (q *quota) spend(site schema.SiteID, n int) {
	if q.limit == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.used[site] += n
}
