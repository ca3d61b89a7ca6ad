package collector

import (
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// doors bounds how many connections are open, all together and from one address (an IPv6 client has
// its /64). Those beyond hear so at once, with a time to come again, and cost nothing more.
type doors struct {
	most, mostOfOne int          // 0 for mostOfOne: no limit
	open            atomic.Int64 // connections
	turned          atomic.Int64 // connections that were turned away

	mu sync.Mutex
	of map[netip.Addr]int // connections of an address; nil without a limit of it
}

func newDoors(most, mostOfOne int) *doors {
	d := &doors{most: most, mostOfOne: mostOfOne}
	if mostOfOne > 0 {
		d.of = map[netip.Addr]int{}
	}
	return d
}

// let reports whether a connection may come in. Whoever was let in leaves.
func (d *doors) let(addr netip.Addr) bool {
	if d.open.Add(1) > int64(d.most) || !d.count(addr) {
		d.open.Add(-1)
		d.turned.Add(1)
		return false
	}
	return true
}

func (d *doors) count(addr netip.Addr) bool {
	if d.of == nil {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of[addr] >= d.mostOfOne {
		return false
	}
	d.of[addr]++
	return true
}

// leave ends what let began.
func (d *doors) leave(addr netip.Addr) {
	d.open.Add(-1)
	if d.of == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of[addr]--; d.of[addr] <= 0 {
		delete(d.of, addr)
	}
}

const turnedAway = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 140\r\n\r\n" +
	`{"accepted":0,"rejected":[{"index":0,"id":"","field":"body","code":"overloaded","message":"Too many connections; come again in a moment."}]}`

// turnAway answers a connection that is not let in. The answer fits into the kernel's buffer, so
// nobody waits for a client that does not read.
func turnAway(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok { // an answer would need a handshake, for which nobody waits here
		_ = secure.NetConn().Close()
		return
	}
	_ = conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	_, _ = conn.Write([]byte(turnedAway))
	_ = conn.Close()
}

// clientOf is the address that connections are counted by.
func clientOf(conn net.Conn) netip.Addr {
	remote, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	addr, _ := netip.AddrFromSlice(remote.IP)
	return network(addr.Unmap())
}
