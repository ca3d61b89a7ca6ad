package google

import (
	"sync"
	"time"
)

// quota counts the requests of the one project to Data Manager, as fixed minutes and days.
type quota struct {
	perMinute, perDay int

	mu          sync.Mutex
	minute, day int64
	inMinute    int
	inDay       int
}

// take says whether a request is within both quotas.
func (q *quota) take(now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if minute := now.Unix() / 60; minute != q.minute {
		q.minute, q.inMinute = minute, 0
	}
	if day := now.Unix() / 86400; day != q.day {
		q.day, q.inDay = day, 0
	}
	if q.inMinute >= q.perMinute || q.inDay >= q.perDay {
		return false
	}
	q.inMinute++
	q.inDay++
	return true
}
