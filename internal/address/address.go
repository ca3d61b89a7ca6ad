// Package address finds the address of a client behind proxies.
//
// A header is believed only as far as it was written by proxies of configured networks: the
// client is the rightmost hop that is none of them. Without configured networks no header is
// read.
package address

import (
	"fmt"
	"net/netip"
	"strings"
)

// Proxies are the networks of the proxies in front of a service.
type Proxies struct{ networks []netip.Prefix }

// Parse reads networks (10.0.0.0/8) and single addresses.
func Parse(texts []string) (Proxies, error) {
	var p Proxies
	for _, text := range texts {
		if addr, err := netip.ParseAddr(text); err == nil {
			p.networks = append(p.networks, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return Proxies{}, fmt.Errorf("%q is no network and no address", text)
		}
		p.networks = append(p.networks, network.Masked())
	}
	return p, nil
}

// Trusts reports whether addr is a proxy.
func (p Proxies) Trusts(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, network := range p.networks {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}

// maxHops bounds how many entries of a header are looked at.
const maxHops = 50

// Client returns the address of the client of a connection from remote. forwarded is the value
// of the Forwarded header, which wins, xff that of X-Forwarded-For. An entry that is no address
// ends the search: what is left of it was written by nobody trusted.
func (p Proxies) Client(remote netip.Addr, forwarded, xff string) netip.Addr {
	remote = remote.Unmap()
	if len(p.networks) == 0 || !p.Trusts(remote) {
		return remote
	}
	list, read := xff, hop
	if forwarded != "" {
		list, read = forwarded, forwardedHop
	}
	client := remote
	for range maxHops {
		if list == "" {
			break
		}
		var last string
		if i := strings.LastIndexByte(list, ','); i >= 0 {
			list, last = list[:i], list[i+1:]
		} else {
			list, last = "", list
		}
		addr, ok := read(strings.TrimSpace(last))
		if !ok {
			break
		}
		client = addr
		if !p.Trusts(addr) {
			break
		}
	}
	return client
}

// hop reads an address, with or without port.
func hop(text string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return addr.Unmap().WithZone(""), true
	}
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap().WithZone(""), true
	}
	if len(text) > 2 && text[0] == '[' && text[len(text)-1] == ']' {
		addr, err := netip.ParseAddr(text[1 : len(text)-1])
		return addr.Unmap().WithZone(""), err == nil
	}
	return netip.Addr{}, false
}

// forwardedHop reads for=… of an element such as `for="[2001:db8::1]:80";proto=https`.
func forwardedHop(element string) (netip.Addr, bool) {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if strings.EqualFold(name, "for") {
			return hop(strings.Trim(value, `"`))
		}
	}
	return netip.Addr{}, false
}
