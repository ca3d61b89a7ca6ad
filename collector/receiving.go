package collector

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/valyala/fasthttp"
)

// receiving is the listener of the public address. It bounds the bytes of requests that have come
// in and are not answered, over all connections: fasthttp reads a body whole before anybody is
// asked, so many slow senders of large bodies would otherwise fill the memory. Beyond the bound
// large requests that are still coming in are answered with 503; small ones pass.
type receiving struct {
	net.Listener
	doors   *doors
	limit   int64
	bytes   atomic.Int64
	refused atomic.Int64 // requests that were cut off

	largest   int64        // body that is taken
	declared  atomic.Int64 // bytes of bodies that heads have announced; fasthttp makes room for them at once
	announced sync.Map     // them, by the request's head
}

// uncounted is what a request may bring without being counted, so that small ones cost nothing.
const uncounted = 32 << 10

// errReceiving ends a request that there is no memory for.
var errReceiving = errors.New("too many bytes of requests are coming in")

// Accept implements net.Listener.
func (l *receiving) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		addr := clientOf(conn)
		if l.doors.let(addr) {
			return &received{Conn: conn, of: l, addr: addr}, nil
		}
		turnAway(conn)
	}
}

// received is a connection. It is read and written by one goroutine, and may be closed by another.
type received struct {
	net.Conn
	of   *receiving
	addr netip.Addr
	gone atomic.Bool
	came int64        // bytes since the last answer
	held atomic.Int64 // of them, counted against the bound
}

// Read implements net.Conn.
func (c *received) Read(b []byte) (int, error) {
	if c.came > uncounted && c.of.bytes.Load() > c.of.limit {
		c.of.refused.Add(1)
		return 0, errReceiving
	}
	n, err := c.Conn.Read(b)
	if c.came += int64(n); c.came > uncounted {
		c.held.Add(int64(n))
		c.of.bytes.Add(int64(n))
	}
	return n, err
}

// Write implements net.Conn: an answer ends what came in before it.
func (c *received) Write(b []byte) (int, error) {
	c.came = 0
	c.release()
	return c.Conn.Write(b)
}

// Close implements net.Conn.
func (c *received) Close() error {
	err := c.Conn.Close()
	c.release()
	if !c.gone.Swap(true) {
		c.of.doors.leave(c.addr)
	}
	return err
}

func (c *received) release() {
	if held := c.held.Swap(0); held > 0 {
		c.of.bytes.Add(-held)
	}
}

// announce is called with the head of each request. It leaves no room for a body that memory is
// not there for; malformed then sees a body that is too large and was not.
func (l *receiving) announce(head *fasthttp.RequestHeader) (c fasthttp.RequestConfig) {
	n := int64(head.ContentLength())
	if !l.counts(n) {
		return c
	}
	if l.declared.Add(n) > l.limit {
		l.declared.Add(-n)
		l.refused.Add(1)
		c.MaxRequestBodySize = uncounted
		return c
	}
	l.announced.Store(head, n)
	return c
}

// ended is called when a request was answered, announced or not.
func (l *receiving) ended(head *fasthttp.RequestHeader) {
	if n, ok := l.announced.LoadAndDelete(head); ok {
		l.declared.Add(-n.(int64))
	}
}

func (l *receiving) counts(n int64) bool { return n > uncounted && n <= l.largest }
