package collector

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

func dialed(t *testing.T, r *rig) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// answered reads one answer of a connection.
func answered(t *testing.T, conn net.Conn) *http.Response {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Error(err)
	}
	_ = response.Body.Close()
	return response
}

// More connections than there may be, all together or of one address, hear 503 with a time to come
// again; who is in goes on, and there is room again when others have left.
func TestConnectionFlood(t *testing.T) {
	for name, change := range map[string]func(c *Config){
		"all together": func(c *Config) { c.MaxConnections = 20 },
		"one address":  func(c *Config) { c.MaxConnsPerIP = 20 },
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, change)
			var inside []net.Conn
			for range 20 {
				inside = append(inside, dialed(t, r))
			}
			eventually(t, "twenty are in", func() bool { return r.listener.doors.open.Load() == 20 })
			for range 200 {
				response := answered(t, dialed(t, r))
				if wait, err := strconv.Atoi(response.Header.Get("Retry-After")); response.StatusCode != 503 || err != nil || wait < 1 {
					t.Fatalf("one too many: %d %v", response.StatusCode, response.Header)
				}
			}
			if _, err := fmt.Fprintf(inside[7], "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(page), page); err != nil {
				t.Fatal(err)
			}
			if response := answered(t, inside[7]); response.StatusCode != 202 {
				t.Errorf("who is in: %d", response.StatusCode)
			}
			for _, conn := range inside {
				_ = conn.Close()
			}
			eventually(t, "all have left", func() bool { return r.listener.doors.open.Load() == 0 })
			if a := r.call(t, "POST", "/v1/events", page); a.Status != 202 {
				t.Errorf("afterwards: %d", a.Status)
			}
			if n := r.metric(t, "connections_turned_away", ""); n != 200 {
				t.Errorf("%v turned away", n)
			}
			if len(r.listener.doors.of) > 1 {
				t.Errorf("%v is kept", r.listener.doors.of)
			}
		})
	}
}

// Many connections that send their heads and bodies byte by byte, or requests without ever
// reading an answer, are ended in time; others are served meanwhile, and memory stays bounded.
func TestSlowAndPipeliningClients(t *testing.T) {
	r := start(t, func(c *Config) { c.ReadTimeout, c.WriteTimeout = time.Second, time.Second })
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	one := fmt.Sprintf("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(page), page)
	many := strings.Repeat(one, 200)
	for i := range 120 {
		conn := dialed(t, r)
		if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		go func() {
			switch {
			case i >= 4 && i%2 == 0: // a head, byte by byte
				drip(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nX-Slow: "+strings.Repeat("x", 10_000))
			case i >= 4: // a body, byte by byte
				if _, err := io.WriteString(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n"); err == nil {
					drip(conn, strings.Repeat(" ", 10_000))
				}
			default: // requests and requests, and no answer is read
				for {
					if _, err := io.WriteString(conn, many); err != nil {
						return
					}
				}
			}
		}()
	}
	eventually(t, "they are there", func() bool { return r.server.GetOpenConnectionsCount() > 10 })
	for range 30 {
		began := time.Now()
		if a := r.call(t, "POST", "/v1/events", page); a.Status != 202 || time.Since(began) > slow {
			t.Errorf("another: %d after %s", a.Status, time.Since(began))
		}
	}
	eventually(t, "all are ended", func() bool { return r.server.GetOpenConnectionsCount() < 10 })
	r.sink.take(t)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 64<<20 {
		t.Errorf("heap grew by %d MiB", grown>>20)
	}
	eventually(t, "what was in flight is counted", func() bool {
		return r.metric(t, "events_received_total", "") == r.metric(t, "events_accepted_total", "")+r.metric(t, "events_refused_total", "")
	})
}

// drip writes text a byte at a time until the connection ends.
func drip(conn net.Conn, text string) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for i := range len(text) {
		<-ticker.C
		if _, err := io.WriteString(conn, text[i:i+1]); err != nil {
			return
		}
	}
}
