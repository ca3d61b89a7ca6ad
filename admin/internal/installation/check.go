package installation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// check makes the answer.
func (f *facts) check() *Check {
	c := &Check{SiteID: fmt.Sprint(f.site.ID), CheckedAt: f.now, Since: f.since(), Accepted: f.total, Reasons: []Reason{}, Doors: f.doors(), Hosts: f.hosts(), Scripts: f.scripts()}
	if !f.last.IsZero() {
		c.LastEventAt = &f.last
	}
	for _, r := range f.refused {
		c.Refused += r.n
	}
	c.Reasons = append(f.ofHosts(), f.ofLedger()...)
	newest := f.lastTaken()
	for _, r := range c.Reasons {
		if r.Fault && r.LastAt.After(newest) {
			newest = r.LastAt
		}
	}
	faults := false
	for i := range c.Reasons {
		r := &c.Reasons[i]
		r.Current = r.Current && !r.LastAt.Before(newest.Add(-recent))
		faults = faults || r.Fault && r.Current
	}
	taken := f.total > 0 && !f.lastTaken().Before(newest.Add(-recent))
	switch {
	case taken && faults:
		c.State = Partly
	case faults:
		c.State = Refused
	case f.ofPages() > 0:
		c.State = Works
	default:
		c.State = Waiting
		c.Reasons = append(c.Reasons, f.ofSilence()...)
	}
	slices.SortStableFunc(c.Reasons, func(a, b Reason) int { return rank(a) - rank(b) })
	return c
}

// rank orders reasons by how much they matter.
func rank(r Reason) int {
	switch {
	case r.Current && r.Fault:
		return 0
	case r.Current:
		return 1
	}
	return 2
}

// ofPages counts what came in the window from pages and not from servers.
func (f *facts) ofPages() uint64 {
	n := f.total
	for _, t := range f.taken {
		if t.door == "server" {
			n -= min(n, t.n)
		}
	}
	return n
}

// lastTaken is when the newest event of the window came.
func (f *facts) lastTaken() time.Time {
	last := f.last
	for _, t := range f.taken {
		if t.last.After(last) {
			last = t.last
		}
	}
	return last
}

func (f *facts) doors() []Door {
	doors := []Door{}
	of := func(name string) *Door {
		i := slices.IndexFunc(doors, func(d Door) bool { return d.Door == name })
		if i < 0 {
			doors = append(doors, Door{Door: name})
			i = len(doors) - 1
		}
		return &doors[i]
	}
	for _, t := range f.taken {
		d := of(t.door)
		d.Accepted += t.n
		d.LastAcceptedAt = later(d.LastAcceptedAt, t.last)
	}
	for _, r := range f.refused {
		d := of(r.door)
		d.Refused += r.n
		d.LastRefusedAt = later(d.LastRefusedAt, r.last)
	}
	slices.SortFunc(doors, func(a, b Door) int { return strings.Compare(a.Door, b.Door) })
	return doors
}

func later(a *time.Time, b time.Time) *time.Time {
	if a != nil && !b.After(*a) {
		return a
	}
	b = b.UTC()
	return &b
}

func (f *facts) hosts() []Host {
	hosts := []Host{}
	of := func(name string) *Host {
		i := slices.IndexFunc(hosts, func(h Host) bool { return h.Host == name })
		if i < 0 {
			hosts = append(hosts, Host{Host: name, Allowed: f.site.AllowsHost(name)})
			i = len(hosts) - 1
		}
		return &hosts[i]
	}
	for _, t := range f.taken {
		if t.host != "" && t.door != "server" {
			h := of(t.host)
			h.Accepted += t.n
			h.LastAt = *later(&h.LastAt, t.last)
		}
	}
	for _, s := range f.sightings {
		if s.Kind == SawHost || s.Kind == SawKey {
			h := of(s.Host)
			h.Refused += s.N
			h.LastAt = *later(&h.LastAt, s.LastAt)
		}
	}
	slices.SortFunc(hosts, func(a, b Host) int { return b.LastAt.Compare(a.LastAt) })
	return hosts[:min(len(hosts), 100)]
}

func (f *facts) scripts() []Script {
	scripts := []Script{}
	for _, s := range f.sightings {
		if s.Kind == SawScript {
			scripts = append(scripts, Script{s.Host, s.Detail, s.N, s.LastAt.UTC()})
		}
	}
	return scripts
}
