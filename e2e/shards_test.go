//go:build linux

package e2e

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shop is a site under load by way of both collectors, and what reports must say about it.
type shop struct {
	*product
	ref   *reference
	loads []*load
	shard int // that has it
}

const shopPace = 20 * time.Millisecond // between two events of a site through one collector

// TestShards has two collectors, two aggregators and two ClickHouse servers, each with one of two
// sites. One of each is killed under load, and then the other server and aggregator. Afterwards
// everything that was acknowledged is stored on the site's shard, nothing is there twice, and
// reports, visits and sums are exact.
func TestShards(t *testing.T) {
	binary := buildBinary(t)
	servers := startShardServers(t, binary)
	p := &product{t: t, binary: binary, data: filepath.Join(t.TempDir(), "data"), env: []string{"NOCTRA_SESSION_TIMEOUT=2s"}}
	for i := range servers.servers {
		p.await(fmt.Sprint("shard ", i+1), startLimit, func() error { return servers.answers(i) }) // before there is a log to show
	}
	p.args = upArgs(t, p.data)
	p.start()
	t.Cleanup(p.stopHard)
	addrs, dir := stablePorts(t, 3), t.TempDir()
	collector := p.startSecond(t, "collector", map[string]string{"--collector-addr": addrs[0], "--ops-addr": addrs[1], "--spool-dir": filepath.Join(dir, "spool"), "--snapshot-file": filepath.Join(dir, "sites.json")})
	aggregator := p.startSecond(t, "aggregator", map[string]string{"--ops-addr": addrs[2], "--clickhouse": servers.address(1)})
	shops := openShops(t, p, "http://"+addrs[0])
	steps := []func(){
		collector.kill,
		func() { p.killOwn("aggregator") },
		servers.servers[1].kill,
		aggregator.kill,
		servers.servers[0].kill,
	}
	for _, kill := range steps {
		<-time.After(1500 * time.Millisecond)
		kill()
	}
	<-time.After(2 * time.Second)
	for _, s := range shops {
		for _, l := range s.loads {
			l.stop()
		}
	}
	for _, one := range []*peer{collector, aggregator, servers.servers[0], servers.servers[1]} {
		if one.deaths() == 0 {
			t.Errorf("%s was not killed", one.name)
		}
	}
	for _, s := range shops {
		s.expectExact(t, servers)
	}
}

// openShops makes the second site, waits until both collectors know both sites, and begins the load.
func openShops(t *testing.T, p *product, second string) []*shop {
	t.Helper()
	now := time.Now()
	shops := []*shop{{product: p, shard: 1}, {product: p.addSite(t, "other.noctra.example")}}
	for i, s := range shops {
		if want := fmt.Sprint(i + 1); s.siteID() != want {
			t.Fatalf("site %s, want %s", s.siteID(), want) // even numbers are on the first shard
		}
		s.ref = newReference(*seed, s.ready.Demo.Hostname, now)
		for round, address := range []string{p.ready.CollectorURL, second} {
			by := *s.product
			by.ready.CollectorURL = address
			g := s.ref.generator
			g.round, g.pace, g.start = 1+round, shopPace, time.Now()
			first := g.fact(0) // is sent once more under load
			s.await("a collector that knows the site", 3*time.Minute, func() error {
				got, err := by.send(pack(&g, []fact{first}, false), nil)
				if err == nil && got.status != http.StatusAccepted && got.status != http.StatusBadRequest {
					err = fmt.Errorf("status %d: %s", got.status, got.text)
				}
				return err
			})
			s.loads = append(s.loads, startLoad(&by, g, nil))
		}
	}
	return shops
}

// killOwn kills a process of the product's own, which starts it again.
func (p *product) killOwn(name string) {
	if err := p.readReady(); err != nil {
		p.t.Fatal(err)
	}
	if err := syscall.Kill(p.ready.Pids[name], syscall.SIGKILL); err != nil {
		p.t.Fatalf("kill %s: %v", name, err)
	}
}

// expectExact judges a shop when everything has come to rest.
func (s *shop) expectExact(t *testing.T, servers *shardServers) {
	t.Helper()
	own := *s.product // asks the tables of its shard alone
	own.ready.ClickHouse = servers.reader(s.shard, "noctra_local")
	own.awaitRest(s.loads)
	for _, l := range s.loads {
		for _, violation := range l.violations {
			t.Errorf("contract: %s", violation)
		}
		j, err := own.judge(&l.generator, l.fates)
		if err != nil {
			t.Fatalf("read raw events: %v", err)
		}
		for _, example := range j.examples {
			t.Error(example)
		}
		for _, f := range j.facts {
			s.ref.add(f)
		}
		t.Logf("site %s, collector %d: %d stored, %+v", s.siteID(), l.round, j.stored, l.tally)
	}
	s.expect(t, s.ref)
	own.expectRebuilt(t, s.ref)
	s.expect(t, s.ref)
	own.ready.ClickHouse = servers.reader(1-s.shard, "noctra_local")
	for _, table := range []string{"events", "touched", "visits", "slices", "rollup"} {
		row, err := own.sqlRow(fmt.Sprintf("SELECT count() FROM %s WHERE site_id = %s", table, s.siteID()))
		if err != nil || strings.Join(row, "") != "0" {
			t.Errorf("the other shard has %v rows of site %s in %s, %v", row, s.siteID(), table, err)
		}
	}
}

// awaitRest waits until everything that was acknowledged is stored, and nothing has come for a while.
func (p *product) awaitRest(loads []*load) {
	p.t.Helper()
	rows, since := "", time.Now()
	p.await("rest", 5*time.Minute, func() error {
		row, err := p.sqlRow("SELECT count() FROM events WHERE site_id = " + p.siteID())
		if err != nil {
			return err
		}
		if now := strings.Join(row, ""); now != rows {
			rows, since = now, time.Now()
		}
		if time.Since(since) < 3*time.Second {
			return fmt.Errorf("events are still coming in, %s so far", rows)
		}
		for _, l := range loads {
			j, err := p.judge(&l.generator, l.fates)
			if err != nil {
				return err
			}
			if j.lost > 0 {
				return fmt.Errorf("%d events of collector %d are not stored: %s", j.lost, l.round, j.examples[0])
			}
		}
		return nil
	})
}
