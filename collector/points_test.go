//go:build faults

package collector

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/failpoint"
	"noctra/internal/oracle"
	"noctra/schema"
)

// fault is a collector under load that comes to harm.
type fault struct {
	t      *testing.T
	broker *broker
	child  *child
	ledger *oracle.Ledger
	stop   context.CancelFunc
	wait   sync.WaitGroup
	ended  chan struct{} // closed when the present collector has ended, with err
	err    error
}

// newFault starts a collector with that setting of its fail points, whose Kafka is away, and load.
func newFault(t *testing.T, setting string) *fault {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f := &fault{t: t, broker: newBroker(t), ledger: oracle.NewLedger()}
	f.broker.end()
	f.child = &child{addr: listener.Addr().String(), kafka: f.broker.config.Brokers[0], spool: filepath.Join(dir, "spool")}
	f.child.env = []string{childCopy + "=" + filepath.Join(dir, "sites.json"), failpoint.Env + "=" + setting}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	f.start()
	t.Cleanup(func() {
		_ = f.child.command.Process.Kill()
		<-f.ended
	})
	ctx, cancel := context.WithCancel(t.Context())
	f.stop = cancel
	for sender := range 4 {
		f.wait.Go(func() { f.send(ctx, sender) })
	}
	return f
}

// send issues one event after the other; each is sent once.
func (f *fault) send(ctx context.Context, sender int) {
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for n := 0; ctx.Err() == nil; n++ {
		id := fmt.Sprintf("point-%d-%d", sender, n)
		f.ledger.Issue(id, "/"+id)
		if f.child.post(f.t, client, id) {
			f.ledger.Acknowledge(id)
		}
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Millisecond): // one that is being started again refuses at once
		}
	}
}

func (f *fault) await(what string, ok func() bool) {
	f.t.Helper()
	end := time.After(2 * time.Minute)
	for !ok() {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-end:
			f.t.Fatalf("not within two minutes: %s", what)
		}
	}
}

// more waits until n more events are acknowledged.
func (f *fault) more(n int) {
	f.t.Helper()
	want := f.ledger.Acknowledged() + n
	f.await("events are acknowledged", func() bool { return f.ledger.Acknowledged() >= want })
}

// start starts the collector, under the setting that stands in its environment.
func (f *fault) start() {
	f.t.Helper()
	f.child.start(f.t)
	ended, command := make(chan struct{}), f.child.command
	f.ended = ended
	go func() {
		f.err = command.Wait()
		close(ended)
	}()
}

// died tells whether the collector has ended, and fails the test where it was not killed.
func (f *fault) died() bool {
	f.t.Helper()
	select {
	case <-f.ended:
	default:
		return false
	}
	var exit *exec.ExitError
	if !errors.As(f.err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		f.t.Fatalf("the collector ended with %v", f.err)
	}
	return true
}

// heal starts a collector that nothing kills, with Kafka, and judges when all is drained.
func (f *fault) heal(setting string) oracle.Verdict {
	f.t.Helper()
	f.child.env[1] = failpoint.Env + "=" + setting
	f.start()
	f.more(50)
	f.stop()
	f.wait.Wait()
	f.await("the spool is drained", func() bool {
		files, err := ListSpool(f.child.spool)
		for _, file := range files {
			if file.Kind == "segment" {
				return false
			}
		}
		return err == nil
	})
	return f.judge()
}

// judge reads Kafka. Copies of an event are harmless there: its id tells them.
func (f *fault) judge() oracle.Verdict {
	f.t.Helper()
	rows := map[oracle.Row]bool{}
	consume(f.t, f.broker.config, schema.TopicEvents, func(_ int, value []byte) {
		var e schema.Event
		if err := schema.DecodeEvent(value, &e); err != nil {
			f.t.Error(err)
		}
		rows[oracle.Row{ID: e.ID, Content: e.Path}] = true
	})
	var stored []oracle.Row
	for row := range rows {
		stored = append(stored, row)
	}
	return f.ledger.Judge(stored)
}

// TestKilledAtEachPoint kills a collector exactly once at each of its fail points. Kafka is away at
// first and comes back, so that it spools, drains and produces.
func TestKilledAtEachPoint(t *testing.T) {
	pass := map[failpoint.Point]int{ // not the first one, but under load
		failpoint.CollectorProduce: 3, failpoint.CollectorProduced: 3, failpoint.CollectorStored: 20,
		failpoint.SpoolAppend: 20, failpoint.SpoolWrite: 10, failpoint.SpoolFsync: 10, failpoint.SpoolFsynced: 10,
	}
	for _, place := range failpoint.Points() {
		name := string(place.Point)
		if !strings.HasPrefix(name, "collector.") && !strings.HasPrefix(name, "spool.") && place.Point != failpoint.FilesRename {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFault(t, fmt.Sprintf("%s=kill:after:%d", name, max(pass[place.Point], 1)))
			began := time.Now()
			f.await("the collector spools or is killed", func() bool { return f.died() || f.ledger.Acknowledged() > 100 })
			f.broker.start(t)
			f.await("the collector is killed", f.died)
			t.Logf("killed after %s, %d acknowledged", time.Since(began).Round(time.Millisecond), f.ledger.Acknowledged())
			if v := f.heal(""); v.Faults() != nil {
				t.Error(v)
			}
			raw, err := os.ReadFile(strings.TrimPrefix(f.child.env[0], childCopy+"="))
			if err == nil {
				_, err = decodeCopy(raw)
			}
			if err != nil {
				t.Errorf("the copy of the sites: %v", err)
			}
		})
	}
}

// TestPlanted: the judge finds each planted bug, and nothing in the same run without it.
func TestPlanted(t *testing.T) {
	for _, tc := range []struct {
		bug  failpoint.Bug
		harm string // the setting of the first collector besides
		back bool   // Kafka is there before the harm
	}{
		{failpoint.SpoolUnsynced, "spool.fsynced=kill:after:20", false},
		{failpoint.AckBeforeKafka, "collector.produce=kill:after:20;collector.produce=sleep:1:50ms", true},
		{failpoint.LostRetry, "", true},
	} {
		for planted, want := range map[string][]string{"": nil, "planted=" + string(tc.bug): {"lost"}} {
			t.Run(string(tc.bug)+"/"+planted, func(t *testing.T) {
				t.Parallel()
				f := newFault(t, planted+";"+tc.harm)
				if tc.back {
					f.broker.start(t)
				}
				if tc.harm != "" {
					f.await("the collector is killed", f.died)
				} else {
					f.loseKafka()
				}
				if !tc.back {
					f.broker.start(t)
				}
				v := f.heal(planted)
				if diff := cmp.Diff(want, v.Faults()); diff != "" {
					t.Errorf("%s: %s", v, diff)
				}
			})
		}
	}
}

// loseKafka ends Kafka under load and then the collector; Kafka comes back.
func (f *fault) loseKafka() {
	f.t.Helper()
	f.more(200)
	f.broker.end()
	f.more(100)
	f.broker.start(f.t)
	if err := f.child.command.Process.Kill(); err != nil {
		f.t.Fatal(err)
	}
	f.await("the collector is killed", f.died)
}
