package collector

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/collector/internal/sites"
	"noctra/schema"
)

const (
	canaryFirst   = 2 * time.Second // after the start
	canaryAgain   = 5 * time.Second // after one that was not accepted
	canaryTimeout = 20 * time.Second
)

// canaryBody has neither id nor times: the collector's own are what is measured.
var canaryBody = []byte(`{"type":"interaction","name":"` + schema.CanaryName + `"}`)

// canary sends an event of its own through this collector's front door now and then, with a secret
// of this process alone. The admin service finds out when reports could hold it.
type canary struct {
	every  time.Duration // 0: never
	site   *sites.Site
	secret []byte
	url    string
	client http.Client
	sent   *prometheus.CounterVec // result
}

func newCanary(every time.Duration, registry prometheus.Registerer) *canary {
	c := &canary{every: every, site: sites.Canary(), secret: []byte("canary_" + rand.Text()), client: http.Client{
		Timeout: canaryTimeout, Transport: &http.Transport{DisableKeepAlives: true}, // no proxy: it is this process
	}}
	c.sent = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "noctra_collector_canaries_total", Help: "Events that the collector sent itself to measure the chain, by result; received, accepted and refused events count them too.",
	}, []string{"result"})
	for _, result := range []string{"accepted", "refused", "unanswered"} {
		c.sent.WithLabelValues(result)
	}
	registry.MustRegister(c.sent)
	return c
}

// knows tells whether a secret is that of this process.
func (c *canary) knows(secret []byte) bool {
	return c.every > 0 && subtle.ConstantTimeCompare(secret, c.secret) == 1
}

// run sends until ctx ends.
func (c *canary) run(ctx context.Context) {
	if c.every == 0 {
		return
	}
	timer := time.NewTimer(min(canaryFirst, c.every))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		result := c.send(ctx)
		if ctx.Err() != nil {
			return
		}
		c.sent.WithLabelValues(result).Inc()
		next := c.every
		if result != "accepted" {
			next = min(canaryAgain, next)
		}
		timer.Reset(next)
	}
}

// send sends one and returns what became of it.
func (c *canary) send(ctx context.Context) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(canaryBody))
	if err != nil {
		return "unanswered"
	}
	request.Header.Set("Authorization", "Bearer "+string(c.secret))
	response, err := c.client.Do(request)
	if err != nil {
		return "unanswered"
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return "unanswered"
	}
	if response.StatusCode != http.StatusAccepted {
		return "refused"
	}
	return "accepted"
}

// doorOf is the address of the front door as this machine reaches it, without its scheme.
func doorOf(bound net.Addr) (string, error) {
	addr, ok := bound.(*net.TCPAddr)
	if !ok {
		return "", fmt.Errorf("address %q of the collector is none of TCP", bound)
	}
	host := addr.IP
	if host.IsUnspecified() {
		host = net.IPv4(127, 0, 0, 1)
		if addr.IP.To4() == nil {
			host = net.IPv6loopback // a socket for both takes it too
		}
	}
	if host == nil {
		return "", errors.New("the collector's address names no host")
	}
	return "://" + (&net.TCPAddr{IP: host, Port: addr.Port, Zone: addr.Zone}).String() + "/v1/events", nil
}
