package collector

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"
)

// Many connections that send large bodies slowly, or without end, do not fill the memory, and
// keep nobody else out.
func TestSlowLargeBodies(t *testing.T) {
	r := start(t, func(c *Config) { c.MaxReceivingBytes = 8 << 20 })
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	part := bytes.Repeat([]byte(" "), 1<<20)
	conns := make([]net.Conn, 60)
	for i := range conns {
		conn, err := net.Dial("tcp", r.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		conns[i] = conn
		if i%2 == 0 {
			_, err = fmt.Fprintf(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 2<<20)
		} else {
			_, err = fmt.Fprintf(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", 2<<20)
		}
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = conn.Write(part) }() // and then nothing for as long as it likes
	}
	eventually(t, "the bound is reached", func() bool { return r.listener.refused.Load() > 0 })
	eventually(t, "all but a few are cut off", func() bool { return r.server.GetOpenConnectionsCount() < 20 })
	if n := r.listener.bytes.Load(); n > 12<<20 {
		t.Errorf("%d bytes of requests", n)
	}
	if a := r.call(t, "POST", "/v1/events", page); a.Status != 202 {
		t.Errorf("a small one: %d %s", a.Status, a.Body)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > 64<<20 {
		t.Errorf("heap grew by %d MiB", grown>>20)
	}
	said := 0
	for _, conn := range conns {
		if err := conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil && response.StatusCode == 503 && response.Header.Get("Retry-After") == "1" {
			said++
		}
		if err == nil {
			_ = response.Body.Close()
		}
		_ = conn.Close()
	}
	if said == 0 {
		t.Error("nobody was told to come again")
	}
	eventually(t, "nothing is held", func() bool { return r.listener.bytes.Load() == 0 && r.listener.declared.Load() == 0 })
	r.conserved(t)
}
