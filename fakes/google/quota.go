package google

import (
	"sync"
	"time"
)

// quota counts the requests of the one project to Data Manager: of any minute, wherever it begins, and of
// the day.
type quota struct {
	perMinute, perDay int

	mu     sync.Mutex
	recent []time.Time // those of the last minute, oldest first
	day    int64
	inDay  int
}

// take says whether a request is within both quotas.
func (q *quota) take(now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	gone := 0
	for gone < len(q.recent) && !q.recent[gone].After(now.Add(-time.Minute)) {
		gone++
	}
	q.recent = q.recent[gone:]
	if day := now.Unix() / 86400; day != q.day {
		q.day, q.inDay = day, 0
	}
	if len(q.recent) >= q.perMinute || q.inDay >= q.perDay {
		return false
	}
	q.recent = append(q.recent, now)
	q.inDay++
	return true
}
