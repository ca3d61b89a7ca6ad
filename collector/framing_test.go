package collector

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

// exchangeRaw sends bytes over a connection of its own and returns all that comes back. It fails
// when the connection is still open after a minute.
func exchangeRaw(t *testing.T, addr string, parts ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if _, err := io.WriteString(conn, part); err != nil {
			break // refused before everything was sent
		}
	}
	var got bytes.Buffer
	_, err = io.Copy(&got, conn)
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		t.Fatalf("connection stays open after %q", got.String())
	}
	return got.String()
}

func TestFraming(t *testing.T) {
	r, hasty := start(t, nil), start(t, func(c *Config) { c.ReadTimeout = 300 * time.Millisecond })
	const head = "POST /v1/events HTTP/1.1\r\nHost: x\r\n"
	length := func(body string) string { return fmt.Sprintf("Content-Length: %d\r\n", len(body)) }
	for _, tc := range []struct {
		name  string
		parts []string
		want  string // beginning of the answer; 408 comes from a collector that waits for a third of a second alone
	}{
		{"good", []string{head, length(page), "Connection: close\r\n\r\n", page}, "HTTP/1.1 202"},
		{"chunked", []string{head, "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(page), page)}, "HTTP/1.1 202"},
		{"two lengths", []string{head, length(page), "Content-Length: 5\r\n\r\n", page}, "HTTP/1.1 400"},
		{"length and chunked", []string{head, length(page), "Transfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n"}, "HTTP/1.1 400"},
		{"two transfer encodings", []string{head, "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", "0\r\n\r\n"}, "HTTP/1.1 400"},
		{"unknown transfer encoding", []string{head, "Transfer-Encoding: gzip\r\n\r\n", "0\r\n\r\n"}, "HTTP/1.1 400"},
		{"negative length", []string{head, "Content-Length: -1\r\n\r\n"}, "HTTP/1.1 400"},
		{"endless length", []string{head, "Content-Length: 99999999999999999999\r\n\r\n"}, "HTTP/1.1 400"},
		{"broken chunk", []string{head, "Transfer-Encoding: chunked\r\n\r\n", "zz\r\n"}, "HTTP/1.1 400"},
		{"large length", []string{head, "Content-Length: 4194305\r\n\r\n", "{"}, "HTTP/1.1 413"},
		{"large head", []string{head, "X: " + strings.Repeat("x", 10_000) + "\r\n\r\n"}, "HTTP/1.1 431"},
		{"slow body", []string{head, "Content-Length: 100\r\n\r\n{"}, "HTTP/1.1 408"},
		{"slow head", []string{"POST /v1/ev"}, "HTTP/1.1 408"},
		{"no http", []string{"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"}, "HTTP/1.1 400"},
		{"blank before the colon", []string{head, "Content-Length : 5\r\n\r\n", "12345"}, "HTTP/1.1 400"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			addr := r.Addr()
			if strings.HasSuffix(tc.want, "408") {
				addr = hasty.Addr()
			}
			if got := exchangeRaw(t, addr, tc.parts...); !strings.HasPrefix(got, tc.want) {
				t.Errorf("%q, want %s", got, tc.want)
			}
		})
	}
	if events := r.sink.take(t); len(events) != 2 {
		t.Errorf("%d events were taken", len(events))
	}
	if a := r.call(t, "POST", "/v1/events", page); a.Status != 202 {
		t.Errorf("after all that: %d", a.Status)
	}
	r.conserved(t)
}

// An endless body is cut off at the limit, with bounded memory.
func TestEndlessBody(t *testing.T) {
	r := start(t, nil)
	conn, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	chunk, sent := "10000\r\n"+strings.Repeat(" ", 0x10000)+"\r\n", 0
	for sent < 64<<20 {
		n, err := io.WriteString(conn, chunk)
		if sent += n; err != nil {
			break
		}
	}
	if sent > 24<<20 { // the limit, and what the kernel holds
		t.Errorf("%d MiB were taken", sent>>20)
	}
	if a := r.call(t, "POST", "/v1/events", page); a.Status != 202 {
		t.Errorf("afterwards: %d", a.Status)
	}
}

func TestCompressed(t *testing.T) {
	r := start(t, nil)
	zip := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if a := r.call(t, "POST", "/v1/events", zip("["+page+"]"), "Content-Encoding", "gzip"); a.Status != 202 {
		t.Errorf("gzip: %d %s", a.Status, a.Body)
	}
	bomb := zip(strings.Repeat(" ", 200<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		if a := r.call(t, "POST", "/v1/events", bomb, "Content-Encoding", "gzip"); a.Status != 413 || a.Rejected[0].Code != "body_too_large" {
			t.Fatalf("bomb: %d %s", a.Status, a.Body)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if after.HeapInuse > before.HeapInuse+64<<20 {
		t.Errorf("heap grew by %d MiB", (after.HeapInuse-before.HeapInuse)>>20)
	}
	if n := r.inflater.InUse(); n != 0 {
		t.Errorf("%d bytes held", n)
	}
	r.conserved(t)
}

// A stop answers what is in flight, and tells kept connections to close.
func TestStop(t *testing.T) {
	r := start(t, func(c *Config) { c.DrainTime = 2 * time.Second }) // for one more request, however slow it is here
	conn, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	send := func() string {
		t.Helper()
		if _, err := fmt.Fprintf(conn, "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(page), page); err != nil {
			t.Fatal(err)
		}
		var head strings.Builder
		for {
			line, err := reader.ReadString('\n')
			if err != nil {
				t.Fatalf("%q, %v", head.String(), err)
			}
			if head.WriteString(line); line == "\r\n" {
				break
			}
		}
		if _, err := reader.Discard(len(oneAccepted)); err != nil {
			t.Fatal(err)
		}
		return head.String()
	}
	if head := send(); !strings.Contains(head, " 202 ") || strings.Contains(head, "Connection: close") {
		t.Fatalf("before: %q", head)
	}
	r.stop()
	eventually(t, "the service is draining", func() bool { return r.draining.Load() })
	if head := send(); !strings.Contains(head, " 202 ") || !strings.Contains(head, "Connection: close") {
		t.Errorf("while it stops: %q", head)
	}
	if _, err := reader.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("connection: %v", err)
	}
	select {
	case <-r.ended:
	case <-time.After(time.Minute):
		t.Fatal("did not stop")
	}
	if r.err != nil || r.Ready() == nil {
		t.Errorf("ended with %v, ready %v", r.err, r.Ready())
	}
}
