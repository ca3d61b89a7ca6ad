//go:build kafka && linux

package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// stage is the product on a real cluster, and what it was sent.
type stage struct {
	*product
	kafka *cluster
	ref   *reference
}

// step is something that happens at a time after the begin of a run.
type step struct {
	after time.Duration
	do    func() error
}

// answerLimit is how long the collector may take for an answer, whatever is gone behind it.
const answerLimit = 45 * time.Second

// TestRealKafka runs the product against three brokers of Apache Kafka with three copies of each
// partition, two of which must be written, and takes brokers away while events are sent. Whatever
// was acknowledged, by Kafka or by the spool, must be in the reports exactly once.
func TestRealKafka(t *testing.T) {
	s := &stage{product: &product{t: t, binary: buildBinary(t), data: filepath.Join(t.TempDir(), "data")}}
	s.kafka = startCluster(t, 3)
	s.args = append(upArgs(t, s.data), "--kafka", s.kafka.addrs())
	t.Cleanup(s.stopHard)
	t.Cleanup(func() { s.showLogs(t) })
	s.start()
	s.ref = newReference(*seed, s.ready.Demo.Hostname, time.Now())
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"numbers are exact", func(t *testing.T) {
			s.kafka.expectDurable(t)
			sendAll(t, s.product, s.ref, 3000, nil)
			s.expect(t, s.ref)
		}},
		{"a broker is killed and comes back", s.oneKilled},
		{"two brokers are killed and come back", s.twoKilled},
		{"a leader freezes for a moment", func(t *testing.T) { s.leaderFrozen(t, 8*time.Second) }},
		{"a leader freezes until it is replaced", func(t *testing.T) { s.leaderFrozen(t, 16*time.Second) }},
		{"rolling restart", s.rollingRestart},
		{"aggregators come and go", s.membersChange},
		{"stop and start again", func(t *testing.T) {
			s.stop()
			s.start()
			s.expect(t, s.ref)
		}},
	} {
		passed := t.Run(test.name, func(t *testing.T) {
			s.failTo(t)
			test.run(t)
		})
		s.failTo(t)
		if !passed {
			return
		}
	}
	s.stop()
}

// failTo names the test that fails when the product or the cluster does not do what it should.
func (s *stage) failTo(t *testing.T) { s.t, s.kafka.t = t, t }

// showLogs shows what the services said when the test failed.
func (s *stage) showLogs(t *testing.T) {
	for _, name := range []string{"collector", "aggregator", "up", "postgres"} {
		text, err := os.ReadFile(filepath.Join(s.data, "logs", name+".log"))
		if t.Failed() && err == nil {
			t.Logf("%s said:\n%s", name, tail(string(text), 40))
		}
	}
}

// during sends events all the time while the steps are done, and a little longer, until all
// brokers are whole again; then the reports must be exact.
func (s *stage) during(t *testing.T, steps ...step) {
	t.Helper()
	begin, longest := time.Now(), time.Duration(0)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for len(steps) > 0 {
		sent := time.Now()
		sendAll(t, s.product, s.ref, batchSize, nil)
		longest = max(longest, time.Since(sent))
		for len(steps) > 0 && time.Since(begin) >= steps[0].after {
			if err := steps[0].do(); err != nil {
				t.Fatal(err)
			}
			steps = steps[1:]
		}
		<-ticker.C
	}
	s.kafka.await("all copies in sync", 3*time.Minute, s.kafka.whole)
	t.Logf("events were sent for %s, the longest acknowledgement took %s", time.Since(begin).Round(time.Second), longest.Round(time.Millisecond))
	if longest > answerLimit {
		t.Errorf("an acknowledgement took %s, want at most %s", longest, answerLimit)
	}
	sendAll(t, s.product, s.ref, 5*batchSize, nil)
	s.expect(t, s.ref)
	if err := expectAccounted(s.ready.Metrics["aggregator"]); err != nil {
		t.Error(err)
	}
}

// killed is a step that ends a process of the product with SIGKILL.
func (s *stage) killed(name string) func() error {
	return func() error { s.kill(name); return nil }
}

func (s *stage) oneKilled(t *testing.T) {
	b := s.kafka.leader(0)
	s.during(t,
		step{time.Second, b.kill},
		step{7 * time.Second, b.start},
		step{9 * time.Second, s.killed("aggregator")},
		step{12 * time.Second, func() error { return nil }},
	)
}

// twoKilled leaves one broker, which must acknowledge nothing: answers come from the spool, over
// a death of the collector too.
func (s *stage) twoKilled(t *testing.T) {
	order := s.ref.random.Perm(len(s.kafka.brokers))
	first, second := s.kafka.brokers[order[0]], s.kafka.brokers[order[1]]
	s.during(t,
		step{time.Second, func() error { return errors.Join(first.kill(), second.kill()) }},
		step{5 * time.Second, s.killed("collector")},
		step{9 * time.Second, s.killed("aggregator")},
		step{12 * time.Second, first.start},
		step{13 * time.Second, second.start},
		step{20 * time.Second, s.killed("collector")},
		step{22 * time.Second, func() error { return nil }},
	)
}

func (s *stage) leaderFrozen(t *testing.T, length time.Duration) {
	b := s.kafka.leader(1)
	s.during(t,
		step{time.Second, b.freeze},
		step{time.Second + length/2, s.killed("aggregator")},
		step{time.Second + length, b.thaw},
		step{4*time.Second + length, func() error { return nil }},
	)
}

// rollingRestart restarts one broker after the other, each once the one before is in sync again.
func (s *stage) rollingRestart(t *testing.T) {
	for i, b := range s.kafka.brokers {
		s.during(t,
			step{time.Second, func() error { return b.signal(syscall.SIGTERM) }},
			step{3 * time.Second, func() error { return errors.Join(b.stop(), b.start()) }},
			step{5 * time.Second, s.killed([]string{"collector", "aggregator", "uploader"}[i])},
			step{8 * time.Second, func() error { return nil }},
		)
	}
}
