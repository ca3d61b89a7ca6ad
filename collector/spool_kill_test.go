package collector

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/failpoint"
	"noctra/internal/kafka"
)

// Environment of a collector that runs as a process of its own.
const (
	childAddr  = "NOCTRA_TEST_CHILD_ADDR"
	childKafka = "NOCTRA_TEST_CHILD_KAFKA"
	childSpool = "NOCTRA_TEST_CHILD_SPOOL"
	childCopy  = "NOCTRA_TEST_CHILD_COPY"
)

// runChild is that process. It ends when it is killed.
func runChild() {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	config, err := parseDefaults()
	if err == nil {
		err = failpoint.Start("collector", log)
	}
	if err == nil {
		config.Addr, config.SpoolDir, config.SnapshotFile = os.Getenv(childAddr), os.Getenv(childSpool), os.Getenv(childCopy)
		config.Kafka = kafka.Config{Brokers: []string{os.Getenv(childKafka)}}
		var service *Service
		if service, err = New(config, Deps{Log: log, Registry: prometheus.NewRegistry()}); err == nil {
			service.sites.Restore(knownSites())
			err = service.Run(context.Background())
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "collector:", err)
		os.Exit(1)
	}
}

// child is a collector that is killed and started again at one address.
type child struct {
	addr, kafka, spool string
	env                []string // KEY=value on top of it
	command            *exec.Cmd
}

func (c *child) start(t *testing.T) {
	t.Helper()
	c.command = exec.CommandContext(context.Background(), os.Args[0])
	c.command.Env = append(append(os.Environ(), childAddr+"="+c.addr, childKafka+"="+c.kafka, childSpool+"="+c.spool), c.env...)
	c.command.Stderr = os.Stderr
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
}

func (c *child) kill() {
	_ = c.command.Process.Kill() // SIGKILL; it may have ended by itself
	_ = c.command.Wait()
}

// post sends one event and reports whether it was acknowledged.
func (c *child) post(t *testing.T, client *http.Client, id string) bool {
	request, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+c.addr+"/v1/events", strings.NewReader(strings.NewReplacer(`"e1"`, `"`+id+`"`, `/a"`, `/`+id+`"`).Replace(page)))
	if err != nil {
		t.Error(err)
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false // it was killed
	}
	_ = response.Body.Close()
	return response.StatusCode == 202
}

// The collector is killed at moments of chance while it spools and while it drains. Everything
// that it acknowledged is in Kafka in the end.
func TestKilledWhileDraining(t *testing.T) {
	b, seed := newBroker(t), uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 1))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &child{addr: listener.Addr().String(), kafka: b.config.Brokers[0], spool: filepath.Join(t.TempDir(), "spool")}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	c.start(t)
	defer func() { c.kill() }()
	var mu sync.Mutex
	var wait sync.WaitGroup
	taken, stop := map[string]bool{}, make(chan struct{})
	for sender := range 8 {
		wait.Go(func() {
			client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
				}
				if id := fmt.Sprintf("kill-%d-%d", sender, n); c.post(t, client, id) {
					mu.Lock()
					taken[id] = true
					mu.Unlock()
				}
			}
		})
	}
	more := func(n int) {
		t.Helper()
		mu.Lock()
		want := len(taken) + n
		mu.Unlock()
		eventually(t, "events are acknowledged", func() bool { mu.Lock(); defer mu.Unlock(); return len(taken) >= want })
	}
	for range 4 {
		more(200)
		b.end()
		more(500)
		if chance.IntN(2) == 0 {
			c.kill()
			c.start(t)
			more(100)
		}
		b.start(t)
		<-time.After(time.Duration(chance.IntN(700)) * time.Millisecond)
		c.kill()
		c.start(t)
	}
	more(100)
	close(stop)
	wait.Wait()
	eventually(t, "the spool is drained", func() bool {
		files, err := ListSpool(c.spool)
		for _, f := range files {
			if f.Kind == "segment" {
				return false
			}
		}
		return err == nil
	})
	found := idsIn(t, b.config)
	twice := 0
	for id := range taken {
		switch {
		case found[id] == 0:
			t.Errorf("%s was acknowledged and is lost", id)
		case found[id] > 1:
			twice++
		}
	}
	t.Logf("%d acknowledged, %d of them are in Kafka more than once", len(taken), twice)
}
