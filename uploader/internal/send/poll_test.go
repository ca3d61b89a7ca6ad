package send

import (
	"errors"
	"testing"
	"time"
)

// TestQuestions: all uploaders together ask Google as often a minute as they send, and never more than its quota.
func TestQuestions(t *testing.T) {
	t.Parallel()
	for _, quota := range []int{10, 60, 300, 1000} {
		c := Config{PerMinute: quota}
		if most := int(time.Minute/c.askPace()) + mostPolled; most > quota || most < quota*98/100-1 {
			t.Errorf("quota %d: %d questions a minute", quota, most)
		}
	}
	r := open(t, nil)
	r.config.PerMinute = 60
	r.sql(`INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until, request_id, poll_at)
SELECT $1, '1', 'data_manager', 'conversion', 1, 'received', now(), now(), 'r', now() FROM generate_series(1, 7)`, r.connection)
	one, other := r.sender(), r.sender()
	take := func(s *Sender, want int) {
		t.Helper()
		found, err := s.toPoll(t.Context())
		if errors.Is(err, errQuota) {
			err = nil
		}
		if err != nil || len(found) != want {
			t.Errorf("%d questions, %v, want %d", len(found), err, want)
		}
	}
	take(one, 4)
	take(other, 0)
	var wait float64
	r.scan(&wait, `SELECT extract(epoch FROM ask_at - clock_timestamp())::float8 FROM google_quota`)
	if pace := 4 * r.config.askPace().Seconds(); wait > pace || wait < pace-30 {
		t.Errorf("the next may be asked in %f s, want %f", wait, pace)
	}
	r.sql(`UPDATE google_quota SET ask_at = now()`)
	take(other, 3)
	r.sql(`UPDATE google_quota SET ask_at = now()`)
	take(one, 0)
	var free bool
	if r.scan(&free, `SELECT ask_at <= clock_timestamp() FROM google_quota`); !free {
		t.Error("nothing was asked, and the quota was taken from")
	}
}
