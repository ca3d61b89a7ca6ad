package collector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// Environment of the process that makes the load.
const (
	loadAddr        = "NOCTRA_TEST_LOAD_ADDR"
	loadConnections = "NOCTRA_TEST_LOAD_CONNECTIONS"
	loadBatch       = "NOCTRA_TEST_LOAD_BATCH"
	loadMillis      = "NOCTRA_TEST_LOAD_MILLIS"
)

// loaded is what a load came to.
type loaded struct {
	Sent     int // events that were acknowledged
	P50, P99 time.Duration
}

// load runs a process that sends to addr, as fast as the answers come.
func load(t testing.TB, addr string, connections, batch int, long time.Duration) (l loaded) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), loadAddr+"="+addr, loadConnections+"="+strconv.Itoa(connections),
		loadBatch+"="+strconv.Itoa(batch), loadMillis+"="+strconv.FormatInt(long.Milliseconds(), 10))
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, os.Stderr
	if err := command.Run(); err != nil {
		t.Fatalf("load: %v", err)
	}
	if err := json.Unmarshal(out.Bytes(), &l); err != nil {
		t.Fatalf("load said %q: %v", out.String(), err)
	}
	return l
}

// makeLoad is the process: as many connections as it is told, each sending as fast as it can.
func makeLoad() {
	number := func(name string) int {
		n, err := strconv.Atoi(os.Getenv(name))
		if err != nil {
			fmt.Fprintln(os.Stderr, "load:", err)
			os.Exit(1)
		}
		return n
	}
	connections, batch := number(loadConnections), number(loadBatch)
	client := &fasthttp.HostClient{Addr: os.Getenv(loadAddr), MaxConns: connections, NoDefaultUserAgentHeader: true}
	end := time.Now().Add(time.Duration(number(loadMillis)) * time.Millisecond)
	var sent, ids atomic.Int64
	var mu sync.Mutex
	var all []time.Duration
	var wait sync.WaitGroup
	for range connections {
		wait.Go(func() {
			request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			request.Header.SetMethod("POST")
			request.SetRequestURI("http://" + client.Addr + "/v1/events")
			request.Header.SetUserAgent(firefox)
			request.Header.SetContentType("text/plain;charset=UTF-8")
			request.Header.Set("Origin", "https://shop.noctra.example")
			var mine []time.Duration
			for time.Now().Before(end) {
				from := uint64(ids.Add(int64(batch)))
				if batch == 1 {
					request.SetBodyString(benchEvent(from))
				} else {
					request.SetBodyString(benchBatch(from, batch))
				}
				began := time.Now()
				if err := client.Do(request, response); err != nil || response.StatusCode() != 202 {
					fmt.Fprintf(os.Stderr, "load: %v, status %d %s\n", err, response.StatusCode(), response.Body())
					os.Exit(1)
				}
				sent.Add(int64(batch))
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
		})
	}
	wait.Wait()
	slices.Sort(all)
	if err := json.NewEncoder(os.Stdout).Encode(loaded{int(sent.Load()), all[len(all)/2], all[len(all)*99/100]}); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}
