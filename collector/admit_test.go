package collector

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"noctra/collector/internal/producer"
	"noctra/collector/internal/retention"
	"noctra/internal/testenv"
	"noctra/schema"
)

// ticking is a clock that a test sets.
type ticking struct{ at atomic.Int64 }

func (c *ticking) now() time.Time { return fixedNow.Add(time.Duration(c.at.Load())) }

// A site has its rate: events beyond it are refused one by one, with a time to come again, and
// other sites are not touched.
func TestSiteRate(t *testing.T) {
	var clock ticking
	r := startAt(t, func(c *Config) { c.SiteRate = 10 }, clock.now)
	batch := "[" + strings.Repeat(page+",", 29) + page + "]"
	if a := r.call(t, "POST", "/v1/events", batch); a.Status != 202 || a.Accepted != 20 || len(a.Rejected) != 10 ||
		a.Rejected[0].Code != "rate_limited" || a.Rejected[0].Index != 20 || a.Header.Get("Retry-After") != "1" {
		t.Errorf("in part: %d %.300s", a.Status, a.Body)
	}
	server := []string{"Authorization", "Bearer " + serverKey}
	if a := r.call(t, "POST", "/v1/events", page, server...); a.Status != 429 || a.Accepted != 0 || a.Rejected[0].Field != "site" || a.Header.Get("Retry-After") != "1" {
		t.Errorf("none: %d %s", a.Status, a.Body)
	}
	if a := r.call(t, "GET", "/v1/pixel.gif?site="+shopKey+"&url=https://shop.noctra.example/", ""); a.Status != 429 || a.Header.Get("Retry-After") == "" || !strings.HasPrefix(a.Header.Get(refusedHeader), "rate_limited") {
		t.Errorf("pixel: %d %v", a.Status, a.Header)
	}
	if a := r.call(t, "POST", "/v1/events", `{"type":"pageview","site":"`+otherKey+`","url":"https://a.other.example/"}`); a.Status != 202 {
		t.Errorf("another site: %d %s", a.Status, a.Body)
	}
	clock.at.Add(int64(time.Second))
	if a := r.call(t, "POST", "/v1/events", batch); a.Accepted != 10 {
		t.Errorf("a second later: %d accepted", a.Accepted)
	}
	r.conserved(t)
}

// A client address has its rate, whoever it says it sends for; servers have none.
func TestAddressRate(t *testing.T) {
	var clock ticking
	r := startAt(t, func(c *Config) { c.AddressRate, c.TrustedProxies = 10, []string{"127.0.0.1"} }, clock.now)
	post := func(addr string, n int, headers ...string) reply {
		t.Helper()
		body := "[" + strings.Repeat(page+",", n-1) + page + "]"
		return r.call(t, "POST", "/v1/events", body, append(headers, "X-Forwarded-For", addr)...)
	}
	if a := post("203.0.113.7", 50); a.Accepted != 50 {
		t.Errorf("the first: %d %.200s", a.Status, a.Body)
	}
	if a := post("203.0.113.7", 1); a.Status != 429 || a.Rejected[0].Code != "rate_limited" || a.Header.Get("Retry-After") != "4" {
		t.Errorf("in debt: %d %s %s", a.Status, a.Header.Get("Retry-After"), a.Body)
	}
	if a := post("203.0.113.8", 1); a.Status != 202 {
		t.Errorf("another address: %d", a.Status)
	}
	if a := post("203.0.113.7", 1, "Authorization", "Bearer "+serverKey); a.Status != 202 {
		t.Errorf("a server: %d", a.Status)
	}
	if post("2001:db8::1", 30); post("2001:db8::2", 1).Status != 429 || post("2001:db8:0:1::1", 1).Status != 202 {
		t.Error("IPv6 is not told apart by /64")
	}
	clock.at.Add(int64(4 * time.Second))
	if a := post("203.0.113.7", 1); a.Status != 202 {
		t.Errorf("later: %d", a.Status)
	}
	r.conserved(t)
	if network(netip.MustParseAddr("::1%eth0")) != netip.MustParseAddr("::") {
		t.Error("a zone makes another network")
	}
}

// unread is a Source of retention: an aggregator that is behind by that time, of an hour.
type unread struct{ behind atomic.Int64 }

func (u *unread) Look(context.Context) (retention.State, error) {
	oldest := time.Now().Add(-time.Duration(u.behind.Load()))
	return retention.State{Keep: time.Hour, KeepBytes: -1, Partitions: []retention.Partition{{Committed: 1, End: 10, Oldest: oldest}}}, nil
}

// Before Kafka deletes what the aggregator has not read, nothing is acknowledged.
func TestRetentionHoldsEventsBack(t *testing.T) {
	var source unread
	source.behind.Store(int64(55 * time.Minute))
	r := startWith(t, nil, nil, func(s *Service) {
		s.guard = retention.New(&source, func() float64 { return 500 }, s.log, time.Now)
	})
	eventually(t, "the guard has looked", r.guard.Blocked)
	for _, a := range []reply{r.call(t, "POST", "/v1/events", page), r.call(t, "GET", "/v1/pixel.gif?site="+shopKey, "")} {
		if a.Status != 503 || a.Header.Get("Retry-After") != strconv.Itoa(retryRetention) || !strings.Contains(a.Body+a.Header.Get(refusedHeader), "kafka_retention") {
			t.Errorf("%d %v %s", a.Status, a.Header, a.Body)
		}
	}
	if err := r.problem(); err == nil || !strings.Contains(err.Error(), "retention") {
		t.Errorf("ready: %v", err)
	}
	if n := r.metric(t, "retention_used_ratio", ""); n < 0.9 || n > 0.95 {
		t.Errorf("%v used", n)
	}
	r.conserved(t)
}

// With Kafka's memory full, a request is refused before the work on it; with a spool and a Kafka
// that is silent it is taken.
func TestFullBeforeWork(t *testing.T) {
	front := newFront(t, testenv.Kafka(t).Brokers[0])
	r := startFronted(t, front)
	front.freeze(true)
	var m producer.Messages
	m.Reset(0)
	m.Next(&schema.Event{ID: "full-1", Site: 7, Kind: schema.KindPageview, Title: strings.Repeat("x", 1<<20-200)}, nil)
	ended := make(chan error, 1)
	go func() { ended <- r.events.Send(&m) }()
	eventually(t, "it is in flight", func() bool { return r.events.InFlight() > 0 })
	if a := r.call(t, "POST", "/v1/events", `{"no":"json`+strings.Repeat(" ", 500)); a.Status != 503 || a.Rejected[0].Code != "overloaded" || a.Header.Get("Retry-After") != "1" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if err := <-ended; err == nil {
		t.Error("a frozen Kafka took a message")
	}
	r.conserved(t)
}

// Without Postgres the collector is ready, and says what is missing.
func TestPostgresAwayIsSaid(t *testing.T) {
	r := startSpooled(t, nowhereKafka, t.TempDir(), nil)
	if err := r.problem(); err != nil {
		t.Fatal(err)
	}
	if a := r.call(t, "GET", "/readyz", ""); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	note := fmt.Sprint(r.Ready())
	for _, want := range []string{"postgres has not answered", "spool"} {
		if !strings.Contains(note, want) {
			t.Errorf("%q does not say %q", note, want)
		}
	}
	if n := r.metric(t, "postgres_up", ""); n != 0 {
		t.Errorf("postgres_up is %v", n)
	}
	if mean := r.events.MeanBytes(); mean != 600 {
		t.Errorf("mean %v", mean)
	}
}
