package collector

import (
	"errors"
	"fmt"
	"net"
	"time"

	"noctra/collector/internal/address"
	"noctra/collector/internal/ingest"
	"noctra/internal/kafka"
	"noctra/internal/postgres"
)

// Config is the collector's settings. Every default stands in its tag.
type Config struct {
	Addr     string          `name:"collector-addr" help:"Address that takes events." placeholder:"HOST:PORT" default:"127.0.0.1:8081"`
	Kafka    kafka.Config    `embed:""`
	Postgres postgres.Config `embed:""`

	GeoFiles       []string `name:"geo-file" help:"Databases of places in MaxMind's format, the first that knows an address wins (default: places are not looked up)." placeholder:"FILE,…"`
	TrustedProxies []string `name:"trusted-proxies" help:"Networks of proxies whose X-Forwarded-For and Forwarded headers are believed." placeholder:"NETWORK,…"`
	SnapshotFile   string   `name:"snapshot-file" help:"Private copy of sites, keys and salts, for starts without Postgres (default: none)." placeholder:"FILE"`

	MaxBodyBytes     int `name:"max-body-bytes" help:"Largest request body." default:"4194304"`
	MaxInflatedBytes int `name:"max-inflated-bytes" help:"Largest body after decompression." default:"20971520"`
	MaxEvents        int `name:"max-events" help:"Most events in one request." default:"1000"`
	MaxEventBytes    int `name:"max-event-bytes" help:"Largest event, as JSON." default:"32768"`
	MaxDepth         int `name:"max-depth" help:"Deepest nesting of an event." default:"8"`
	MaxURLBytes      int `name:"max-url-bytes" help:"Longest URL." default:"2000"`
	MaxProps         int `name:"max-props" help:"Most properties of an event." default:"30"`
	MaxPropKeyBytes  int `name:"max-prop-key-bytes" help:"Longest key of a property." default:"300"`
	MaxPropBytes     int `name:"max-prop-bytes" help:"Longest value of a property." default:"2000"`

	MaxInflightBytes   int64         `name:"max-inflight-bytes" help:"Most bytes of events that wait for Kafka; more are answered with 503." default:"67108864"`
	MaxReceivingBytes  int64         `name:"max-receiving-bytes" help:"Most bytes of requests that have come in and are not answered; large ones beyond it are answered with 503." default:"268435456"`
	MaxQueueDelay      time.Duration `name:"max-queue-delay" help:"Longest wait for the processor, and for Kafka, that may last; then fewer events are let in and the rest is answered with 503 at once; 0 for no limit." default:"100ms"`
	SiteRate           int           `name:"site-rate" help:"Events a second that one site may send through this collector, twice as many at once; 0 for no limit." default:"0"`
	AddressRate        int           `name:"address-rate" help:"Events a second that one client address may send through this collector; 0 for no limit." default:"0"`
	MaxInflatingBytes  int64         `name:"max-inflating-bytes" help:"Most memory for decompressed bodies, all together." default:"134217728"`
	MaxConnections     int           `name:"max-connections" help:"Most connections at a time." default:"50000"`
	MaxConnsPerIP      int           `name:"max-connections-per-address" help:"Most connections from one address; 0 for no limit." default:"0"`
	MaxRequestsPerConn int           `name:"max-requests-per-connection" help:"Requests after which a connection is closed; 0 for no limit." default:"0"`
	ReadTimeout        time.Duration `name:"read-timeout" help:"Time a client has to send a request." default:"10s"`
	WriteTimeout       time.Duration `name:"write-timeout" help:"Time a client has to take an answer." default:"10s"`
	IdleTimeout        time.Duration `name:"idle-timeout" help:"Time that an unused connection is kept." default:"60s"`

	SpoolDir   string        `name:"spool-dir" help:"Directory of this collector alone for events that Kafka does not take (default: none, such events are answered with 503)." placeholder:"DIR"`
	SpoolBytes int64         `name:"spool-bytes" help:"Most bytes in the spool; more events are answered with 503." default:"1073741824"`
	SpoolAfter time.Duration `name:"spool-after" help:"Time Kafka has to store an event before the spool takes it." default:"1s"`

	ProduceTimeout time.Duration `name:"produce-timeout" help:"Time Kafka has to store an event without a spool, or a portion that is drained; then the answer is 503, or the portion waits." default:"5s"`
	Linger         time.Duration `name:"produce-linger" help:"Most that events wait for company under load." default:"3ms"`
	BatchBytes     int           `name:"produce-batch-bytes" help:"Largest batch for one partition; below Kafka's message.max.bytes." default:"900000"`
	DeviceCache    int           `name:"device-cache" help:"User agents that are remembered, at most 1 KiB each." default:"20000"`
}

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	errs := []error{c.Kafka.Validate(), c.Postgres.Validate()}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		errs = append(errs, fmt.Errorf("--collector-addr: %q is not host:port", c.Addr))
	}
	if _, err := address.Parse(c.TrustedProxies); err != nil {
		errs = append(errs, fmt.Errorf("--trusted-proxies: %w", err))
	}
	for _, n := range []struct {
		flag             string
		value, low, high int64
	}{
		{"max-body-bytes", int64(c.MaxBodyBytes), 1 << 10, 1 << 30},
		{"max-inflated-bytes", int64(c.MaxInflatedBytes), 1 << 10, 1 << 30},
		{"max-events", int64(c.MaxEvents), 1, 100_000},
		{"max-event-bytes", int64(c.MaxEventBytes), 256, 512 << 10},
		{"max-depth", int64(c.MaxDepth), 3, 60},
		{"max-url-bytes", int64(c.MaxURLBytes), 100, 64 << 10},
		{"max-props", int64(c.MaxProps), 0, 1000},
		{"max-prop-key-bytes", int64(c.MaxPropKeyBytes), 1, 10_000},
		{"max-prop-bytes", int64(c.MaxPropBytes), 1, 64 << 10},
		{"max-inflight-bytes", c.MaxInflightBytes, 1 << 20, 1 << 40},
		{"max-receiving-bytes", c.MaxReceivingBytes, 1 << 20, 1 << 40},
		{"site-rate", int64(c.SiteRate), 0, 1 << 30},
		{"address-rate", int64(c.AddressRate), 0, 1 << 30},
		{"spool-bytes", c.SpoolBytes, 1 << 20, 1 << 50},
		{"max-inflating-bytes", c.MaxInflatingBytes, 1 << 20, 1 << 40},
		{"max-connections", int64(c.MaxConnections), 1, 10_000_000},
		{"max-connections-per-address", int64(c.MaxConnsPerIP), 0, 10_000_000},
		{"max-requests-per-connection", int64(c.MaxRequestsPerConn), 0, 1 << 40},
		{"produce-batch-bytes", int64(c.BatchBytes), 64 << 10, 100 << 20},
		{"device-cache", int64(c.DeviceCache), 0, 10_000_000},
	} {
		if n.value < n.low || n.value > n.high {
			errs = append(errs, fmt.Errorf("--%s: %d is not between %d and %d", n.flag, n.value, n.low, n.high))
		}
	}
	for _, d := range []struct {
		flag             string
		value, low, high time.Duration
	}{
		{"read-timeout", c.ReadTimeout, 100 * time.Millisecond, 14 * time.Second},
		{"write-timeout", c.WriteTimeout, 100 * time.Millisecond, 5 * time.Minute},
		{"idle-timeout", c.IdleTimeout, time.Second, time.Hour},
		{"max-queue-delay", c.MaxQueueDelay, 0, 10 * time.Second},
		{"spool-after", c.SpoolAfter, 100 * time.Millisecond, 5 * time.Second},
		{"produce-timeout", c.ProduceTimeout, 100 * time.Millisecond, 12 * time.Second},
		{"produce-linger", c.Linger, 0, 100 * time.Millisecond},
	} {
		if d.value < d.low || d.value > d.high {
			errs = append(errs, fmt.Errorf("--%s: %s is not between %s and %s", d.flag, d.value, d.low, d.high))
		}
	}
	return errors.Join(errs...)
}

func (c Config) limits() ingest.Limits {
	return ingest.Limits{
		Events: c.MaxEvents, EventBytes: c.MaxEventBytes, Depth: c.MaxDepth, URL: c.MaxURLBytes,
		Props: c.MaxProps, PropKey: c.MaxPropKeyBytes, PropValue: c.MaxPropBytes,
	}
}
