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
	loadRate        = "NOCTRA_TEST_LOAD_RATE"
)

// loaded is what a load came to.
type loaded struct {
	Sent     int // events that were acknowledged
	Refused  int // events that were answered with 503 for overload
	P50, P99 time.Duration
}

// plan is what a load is to be.
type plan struct {
	connections, batch int
	long               time.Duration
	rate               int // events a second; 0: as fast as the answers come
}

// load runs a process that sends to addr.
func load(t testing.TB, addr string, p plan) (l loaded) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), loadAddr+"="+addr, loadConnections+"="+strconv.Itoa(p.connections), loadBatch+"="+strconv.Itoa(p.batch),
		loadMillis+"="+strconv.FormatInt(p.long.Milliseconds(), 10), loadRate+"="+strconv.Itoa(p.rate))
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
	var every time.Duration
	if rate := number(loadRate); rate > 0 {
		every = time.Second * time.Duration(connections*batch) / time.Duration(rate)
	}
	var sent, refused, ids atomic.Int64
	var mu sync.Mutex
	var all []time.Duration
	var wait sync.WaitGroup
	for i := range connections {
		wait.Go(func() {
			due := time.Now().Add(every * time.Duration(i) / time.Duration(connections))
			request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			request.Header.SetMethod("POST")
			request.SetRequestURI("http://" + client.Addr + "/v1/events")
			request.Header.SetUserAgent(firefox)
			request.Header.SetContentType("text/plain;charset=UTF-8")
			request.Header.Set("Origin", "https://shop.noctra.example")
			var mine []time.Duration
			for time.Now().Before(end) {
				<-time.After(time.Until(due))
				due = due.Add(every)
				from := uint64(ids.Add(int64(batch)))
				switch {
				case every > 0 && len(request.Body()) > 0: // the same again, for a load that costs its maker little
				case batch == 1:
					request.SetBodyString(benchEvent(from))
				default:
					request.SetBodyString(benchBatch(from, batch))
				}
				began := time.Now()
				err := client.Do(request, response)
				if err == nil && response.StatusCode() == 503 && len(response.Header.Peek("Retry-After")) > 0 {
					refused.Add(int64(batch))
					continue
				}
				if err != nil || response.StatusCode() != 202 {
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
	if err := json.NewEncoder(os.Stdout).Encode(loaded{int(sent.Load()), int(refused.Load()), all[len(all)/2], all[len(all)*99/100]}); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}
