package collector

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// Whatever the network to Postgres does, events go on being taken, answers stay quick, and a site
// that was made meanwhile is known within seconds after it has healed.
func TestNetworkFaultsToPostgres(t *testing.T) {
	t.Parallel()
	config, pool := tables(t)
	address, err := url.Parse(config.URL)
	if err != nil {
		t.Fatal(err)
	}
	path := newWire(t, address.Host)
	address.Host = path.proxy.Listen
	through := config
	through.URL = address.String()
	r := startAt(t, func(c *Config) { c.Postgres = through }, nil)
	run(t, pool, insertSite, 100, "nst_before0", make([]byte, 32), "active")
	event := func(site string) string {
		return fmt.Sprintf(`{"type":"pageview","site":%q,"url":"https://a.b.example/"}`, site)
	}
	knows := func(site string) func() bool {
		return func() bool { return r.call(t, "POST", "/v1/events", event(site)).Status == 202 }
	}
	eventually(t, "the site is known", knows("nst_before0"))
	for i, tc := range []struct {
		name   string
		faults []toxic
	}{
		{"half-open", []toxic{{"timeout", "upstream", map[string]int{"timeout": 0}}, {"timeout", "downstream", map[string]int{"timeout": 0}}}},
		{"reset", []toxic{{"reset_peer", "downstream", map[string]int{"timeout": 0}}}},
		{"closed in an answer", []toxic{{"limit_data", "downstream", map[string]int{"bytes": 50}}}},
	} {
		path.add(tc.faults...)
		made := fmt.Sprintf("nst_made%d", i)
		run(t, pool, insertSite, 101+i, made, make([]byte, 32), "active")
		eventually(t, tc.name+": postgres does not answer", func() bool { age, _ := r.sites.Age(); return age >= 2*time.Second })
		for range 20 {
			began := time.Now()
			if a := r.call(t, "POST", "/v1/events", event("nst_before0")); a.Status != 202 || time.Since(began) > slow {
				t.Errorf("%s: %d %s after %s", tc.name, a.Status, a.Body, time.Since(began))
			}
		}
		if a := r.call(t, "POST", "/v1/events", event(made)); a.Status != 401 {
			t.Errorf("%s: a site that cannot be known: %d %s", tc.name, a.Status, a.Body)
		}
		path.heal()
		healed := time.Now()
		eventually(t, tc.name+": the new site is known", knows(made))
		t.Logf("%s: known after %s", tc.name, time.Since(healed).Round(time.Millisecond))
	}
	r.conserved(t)
}
