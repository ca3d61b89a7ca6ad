package aggregator

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/failpoint"
)

// childSettings is the environment variable that makes this program an aggregator: what a test
// kills has to be a process of its own.
const childSettings = "NOCTRA_AGGREGATOR_CHILD"

type childOptions struct {
	Config                Config
	Topic, Letters, Group string
}

// runChild is the aggregator of a test, until its standard input ends.
func runChild(settings string) error {
	var o childOptions
	if err := json.Unmarshal([]byte(settings), &o); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := failpoint.Start("aggregator", log); err != nil {
		return err
	}
	s, err := New(o.Config, Deps{Log: log, Registry: prometheus.NewRegistry()})
	if err != nil {
		return err
	}
	s.names = names{topic: o.Topic, letters: o.Letters, group: o.Group}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	fmt.Println("started")
	return s.Run(ctx)
}

// spawn starts an aggregator in a process of its own; env is KEY=value on top of this one's.
func (w *world) spawn(env ...string) *exec.Cmd {
	w.t.Helper()
	settings, err := json.Marshal(childOptions{w.config, w.names.topic, w.names.letters, w.names.group})
	if err != nil {
		w.t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(append(os.Environ(), childSettings+"="+string(settings)), env...)
	if os.Getenv("NOCTRA_TEST_LOG") != "" {
		child.Stderr = os.Stderr
	}
	if _, err := child.StdinPipe(); err != nil { // ends with this process
		w.t.Fatal(err)
	}
	output, err := child.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		w.t.Fatal(err)
	}
	return child
}

// TestKilled kills aggregators in the middle of their work, at moments that nobody chose.
func TestKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.BatchRows, w.config.FetchBytes = 60, 16<<10 // many batches, so that a kill meets every step
	const kills, each = 4, 2000
	sent := 0
	send := func() {
		w.send(events(max(sent-500, 0), sent+each)...)
		sent += each
	}
	children := []*exec.Cmd{w.spawn(), w.spawn()}
	for i := range kills {
		before := w.rows()
		send()
		w.await("rows come", func() bool { return w.rows() > before })
		wait(t.Context(), time.Duration(rand.IntN(300))*time.Millisecond)
		victim := children[i%2]
		if err := victim.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = victim.Wait()
		children[i%2] = w.spawn()
	}
	w.once(0, sent)
	w.everywhere()
	if n := w.noted()["7 aggregator repeated"]; n != 500*(kills-1) {
		t.Errorf("%d repeats are noted", n)
	}
}
