package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// load sends the events of a round over several connections, as many senders with patience and
// without would: some requests are repeated until they are acknowledged, others given up.
type load struct {
	generator
	p      *product
	before []*round // whose events are repeated now and then

	mu         sync.Mutex
	fates      []fate
	tally      loadTally
	told       told
	violations []string // answers that break the contract
	stopping   bool
	senders    sync.WaitGroup
}

// loadTally counts requests and events.
type loadTally struct {
	Requests   int `json:"requests"`   // tries
	Busy       int `json:"busy"`       // answered with 429 or 503
	Unanswered int `json:"unanswered"` // no answer at all
	Issued     int `json:"issued"`     // different valid events
	Invalid    int `json:"invalid"`    // different invalid ones
	Copies     int `json:"copies"`     // events sent again on purpose
}

const (
	singleSenders = 8
	batchSenders  = 4
	largestBatch  = 120
	tries         = 5
	patient       = 85 // per cent of the requests that are tried more than once
)

// startLoad begins to send events at the pace of g.
func startLoad(p *product, g generator, before []*round) *load {
	l := &load{generator: g, p: &product{ready: p.ready}, before: before} // addresses and keys stay over restarts
	for i := range singleSenders + batchSenders {
		random := rand.New(rand.NewPCG(g.seed, uint64(g.round)<<8|uint64(i)))
		most := 1
		if i >= singleSenders {
			most = largestBatch
		}
		l.senders.Go(func() { l.send(random, most) })
	}
	return l
}

// stop lets requests under way come to their end.
func (l *load) stop() {
	l.mu.Lock()
	l.stopping = true
	l.mu.Unlock()
	l.senders.Wait()
}

// take hands out the next events, up to most that are due. When nothing is due it says for how long.
func (l *load) take(most int) (facts []fact, wait time.Duration, done bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping {
		return nil, 0, true
	}
	due := int(time.Since(l.start) / l.pace)
	for len(facts) < most && len(l.fates) < due {
		f := l.fact(len(l.fates))
		became := unknown
		if f.field != "" {
			became = refused
			l.tally.Invalid++
		} else {
			l.tally.Issued++
		}
		l.fates = append(l.fates, became)
		facts = append(facts, f)
	}
	return facts, l.pace, false
}

func (l *load) send(random *rand.Rand, most int) {
	for {
		facts, wait, done := l.take(1 + random.IntN(most))
		if done {
			return
		}
		if len(facts) == 0 {
			<-time.After(max(wait, 5*time.Millisecond))
			continue
		}
		if most > 1 {
			facts = append(facts, l.known(random)...)
		}
		l.deliver(random, facts)
	}
}

// known picks an event that was sent before: of this round, or one of an earlier round that is stored.
func (l *load) known(random *rand.Rand) []fact {
	l.mu.Lock()
	defer l.mu.Unlock()
	g, fates := &l.generator, l.fates
	if len(l.before) > 0 && random.IntN(2) == 0 {
		earlier := l.before[random.IntN(len(l.before))]
		g, fates = &earlier.generator, earlier.fates
	}
	n := random.IntN(len(fates))
	if fates[n] == refused || g != &l.generator && fates[n] != acknowledged {
		return nil
	}
	l.tally.Copies++
	return []fact{g.fact(n)}
}

// deliver sends a request until it is answered for good, or patience ends.
func (l *load) deliver(random *rand.Rand, facts []fact) {
	zip := random.IntN(2) == 0
	headers := map[string]string{}
	if zip {
		headers["Content-Encoding"] = "gzip"
	}
	body := pack(&l.generator, facts, zip)
	for try := range tries {
		got, err := l.p.send(body, headers)
		if l.judge(facts, got, err) || try == 0 && random.IntN(100) >= patient {
			return
		}
		<-time.After(time.Duration(50+random.IntN(400)) * time.Millisecond)
	}
}

// judge takes an answer down; it says whether it was one for good.
func (l *load) judge(facts []fact, got answer, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.Requests++
	switch {
	case err != nil:
		l.tally.Unanswered++
		if errors.Is(err, context.DeadlineExceeded) {
			l.violate("no answer within %s", clientLimit)
		}
		return false
	case got.status == http.StatusTooManyRequests, got.status == http.StatusServiceUnavailable:
		l.tally.Busy++
		return false
	case got.status == http.StatusAccepted, got.status == http.StatusBadRequest && got.Accepted == 0:
		if diff := disagreement(facts, got); diff != "" {
			l.violate("status %d: %s", got.status, diff)
			return true
		}
	default:
		l.violate("status %d: %s", got.status, got.text)
		return true
	}
	l.told.add(got)
	for _, f := range facts {
		if f.field == "" && l.owns(f) {
			l.fates[f.n] = acknowledged
		}
	}
	return true
}

func (l *load) owns(f fact) bool {
	n, ok := l.number(f.id)
	return ok && n < len(l.fates)
}

func (l *load) violate(format string, args ...any) {
	if len(l.violations) < 20 {
		l.violations = append(l.violations, time.Now().UTC().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
	}
}
