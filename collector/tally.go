package collector

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"time"

	"noctra/collector/internal/producer"
	"noctra/internal/logs"
	"noctra/schema"
)

// tally brings the ledger's counts of refused events to where events go, as records of their own:
// one holds what was refused while the record before it was on its way. A record that found no place
// is sent again, the same, until it has one; copies of it count once.
type tally struct {
	ledger *ledger
	sink   store
	quiet  *logs.Throttled
	now    func() time.Time

	record schema.Counts // the last one
	doubt  bool          // it is not stored for sure
	sealed int           // events in it
}

const (
	tallyEvery = time.Second            // for counts that nobody waits for
	tallyTries = 500 * time.Millisecond // for room among the events on their way
	tallyAgain = 20 * time.Millisecond
)

func newTally(l *ledger, sink store, log *slog.Logger, now func() time.Time) *tally {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	source := binary.LittleEndian.Uint64(random[:]) | 1
	return &tally{ledger: l, sink: sink, quiet: logs.Throttle(log, time.Minute, time.Now), now: now, record: schema.Counts{Source: source}}
}

// run stores counts until ctx ends, and then once more.
func (t *tally) run(ctx context.Context) {
	ticker := time.NewTicker(tallyEvery)
	defer ticker.Stop()
	for {
		ended := false
		select {
		case <-ctx.Done():
			ended = true
		case <-t.ledger.wake:
		case <-ticker.C:
		}
		if err := t.flush(); err != nil {
			t.quiet.Warn("counts of refused events not stored, it is tried again", "error", err.Error())
		}
		if ended {
			return
		}
	}
}

// flush stores everything that was counted, and tells those who wait. After an error the counts are
// still here.
func (t *tally) flush() error {
	early := t.ledger.takePromise()
	if t.doubt {
		if err := t.send(); err != nil {
			early.end(err)
			return err
		}
	}
	late := t.seal()
	var err error
	if t.doubt {
		err = t.send()
	}
	early.end(err)
	late.end(err)
	return err
}

// takePromise returns the promise to those who wait now.
func (l *ledger) takePromise() *promise {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.promise
	l.promise = nil
	return p
}

// seal makes a record of what waits, if anything does.
func (t *tally) seal() *promise {
	l := t.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.promise
	l.promise = nil
	if len(l.waiting) == 0 {
		return p
	}
	t.record.Sequence++
	t.record.Rows = t.record.Rows[:0]
	for c, n := range l.waiting {
		t.record.Rows = append(t.record.Rows, schema.Count{Site: c.site, Minute: c.minute, Stage: c.door, Reason: string(c.reason), N: n})
	}
	clear(l.waiting)
	t.doubt, t.sealed = true, l.cells
	l.sealed, l.cells = int64(l.cells), 0
	return p
}

// send stores the record.
func (t *tally) send() error {
	var m producer.Messages
	m.Reset(schema.MillisOf(t.now()))
	m.Add((t.record.Source+t.record.Sequence)*0x9e3779b97f4a7c15, schema.AppendCounts(nil, &t.record))
	err := t.sink.Send(&m)
	for tries := time.Duration(0); errors.Is(err, producer.ErrFull) && tries < tallyTries; tries += tallyAgain {
		timer := time.NewTimer(tallyAgain)
		<-timer.C
		err = t.sink.Send(&m)
	}
	if err != nil {
		return err
	}
	t.doubt = false
	t.ledger.mu.Lock()
	defer t.ledger.mu.Unlock()
	t.ledger.stored += t.ledger.sealed
	t.ledger.sealed = 0
	return nil
}

// sendFunc is a store.
type sendFunc func(m *producer.Messages) error

// Send implements store.
func (f sendFunc) Send(m *producer.Messages) error { return f(m) }
