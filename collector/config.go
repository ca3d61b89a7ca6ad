package collector

import (
	"errors"
	"fmt"
	"net"
	"time"

	"noctra/collector/internal/ingest"
	"noctra/internal/address"
	"noctra/internal/kafka"
	"noctra/internal/postgres"
	"noctra/internal/settings"
	"noctra/internal/tlsconf"
)

// Config is the collector's settings. Every default stands in its tag.
type Config struct {
	Addr      string          `name:"collector-addr" help:"Address that takes events." placeholder:"HOST:PORT" default:"127.0.0.1:8081"`
	TLS       tlsconf.Files   `embed:"" prefix:"collector-"`
	PublicURL string          `name:"collector-url" help:"Where browsers reach this collector; https:// says that it speaks TLS, or that something before it does." placeholder:"URL"`
	Kafka     kafka.Config    `embed:""`
	Postgres  postgres.Config `embed:""`

	GeoFiles       []string `name:"geo-file" help:"Databases of places in MaxMind's format, the first that knows an address wins (default: places are not looked up)." placeholder:"FILE,…"`
	TrustedProxies []string `name:"trusted-proxies" help:"Networks of proxies whose X-Forwarded-For and Forwarded headers are believed." placeholder:"NETWORK,…"`
	HSTS           bool     `name:"hsts" help:"Tell browsers to reach this host, and those below it, over https alone for a year (Strict-Transport-Security); for collectors that speak TLS, or stand behind a proxy that does."`
	SigningKeyFile string   `name:"signing-key-file" help:"The admin service's file of the keys under which signing secrets of server keys are sealed (default: signed requests are answered with 503)." placeholder:"FILE"`
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

	DrainTime time.Duration `name:"drain-time" help:"Time that a collector which stops says so and still takes requests; behind a balancer longer than it takes to notice." default:"300ms"`

	SpoolDir   string        `name:"spool-dir" help:"Directory of this collector alone for events that Kafka does not take (default: none, such events are answered with 503)." placeholder:"DIR"`
	SpoolBytes int64         `name:"spool-bytes" help:"Most bytes in the spool; more events are answered with 503." default:"1073741824"`
	SpoolAfter time.Duration `name:"spool-after" help:"Time Kafka has to store an event before the spool takes it." default:"1s"`

	LetterBytes    int           `name:"dead-letter-bytes" help:"Most bytes of refused events that are kept of one site in a day (UTC) by this collector; 0 for no limit." default:"8388608"`
	ProduceTimeout time.Duration `name:"produce-timeout" help:"Time Kafka has to store an event without a spool, or a portion that is drained; then the answer is 503, or the portion waits." default:"5s"`
	Linger         time.Duration `name:"produce-linger" help:"Most that events wait for company under load." default:"3ms"`
	BatchBytes     int           `name:"produce-batch-bytes" help:"Largest batch for one partition; below Kafka's message.max.bytes." default:"900000"`
	CanaryEvery    time.Duration `name:"canary-every" help:"How often this collector sends an event of its own through the whole chain, which measures the delay of reports; 0 for never." default:"1m"`
	DeviceCache    int           `name:"device-cache" help:"User agents that are remembered, at most 1 KiB each." default:"20000"`
}

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	errs := []error{c.Kafka.Validate(), c.Postgres.Validate(), c.TLS.Check("--collector-")}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		errs = append(errs, fmt.Errorf("--collector-addr: %q is not host:port", c.Addr))
	}
	if _, err := address.Parse(c.TrustedProxies); err != nil {
		errs = append(errs, fmt.Errorf("--trusted-proxies: %w", err))
	}
	errs = append(errs,
		settings.Within("max-body-bytes", c.MaxBodyBytes, 1<<10, 1<<30),
		settings.Within("max-inflated-bytes", c.MaxInflatedBytes, 1<<10, 1<<30),
		settings.Within("max-events", c.MaxEvents, 1, 100_000),
		settings.Within("max-event-bytes", c.MaxEventBytes, 256, 512<<10),
		settings.Within("max-depth", c.MaxDepth, 3, 60),
		settings.Within("max-url-bytes", c.MaxURLBytes, 100, 64<<10),
		settings.Within("max-props", c.MaxProps, 0, 1000),
		settings.Within("max-prop-key-bytes", c.MaxPropKeyBytes, 1, 10_000),
		settings.Within("max-prop-bytes", c.MaxPropBytes, 1, 64<<10),
		settings.Within("max-inflight-bytes", c.MaxInflightBytes, 1<<20, 1<<40),
		settings.Within("max-receiving-bytes", c.MaxReceivingBytes, 1<<20, 1<<40),
		settings.Within("site-rate", c.SiteRate, 0, 1<<30),
		settings.Within("address-rate", c.AddressRate, 0, 1<<30),
		settings.Within("spool-bytes", c.SpoolBytes, 1<<20, 1<<50),
		settings.Within("max-inflating-bytes", c.MaxInflatingBytes, 1<<20, 1<<40),
		settings.Within("max-connections", c.MaxConnections, 1, 10_000_000),
		settings.Within("max-connections-per-address", c.MaxConnsPerIP, 0, 10_000_000),
		settings.Within("max-requests-per-connection", c.MaxRequestsPerConn, 0, 1<<40),
		settings.Within("dead-letter-bytes", c.LetterBytes, 0, 1<<40),
		settings.Within("produce-batch-bytes", c.BatchBytes, 64<<10, 100<<20),
		settings.Within("device-cache", c.DeviceCache, 0, 10_000_000),
		settings.Within("read-timeout", c.ReadTimeout, 100*time.Millisecond, 14*time.Second),
		settings.Within("write-timeout", c.WriteTimeout, 100*time.Millisecond, 5*time.Minute),
		settings.Within("drain-time", c.DrainTime, 0, 5*time.Second),
		settings.Within("idle-timeout", c.IdleTimeout, time.Second, time.Hour),
		settings.Within("max-queue-delay", c.MaxQueueDelay, 0, 10*time.Second),
		settings.Within("spool-after", c.SpoolAfter, 100*time.Millisecond, 5*time.Second),
		settings.Within("produce-timeout", c.ProduceTimeout, 100*time.Millisecond, 12*time.Second),
		settings.Within("canary-every", c.CanaryEvery, 0, time.Hour),
		settings.Within("produce-linger", c.Linger, 0, 100*time.Millisecond),
	)
	return errors.Join(errs...)
}

func (c Config) limits() ingest.Limits {
	return ingest.Limits{
		Events: c.MaxEvents, EventBytes: c.MaxEventBytes, Depth: c.MaxDepth, URL: c.MaxURLBytes,
		Props: c.MaxProps, PropKey: c.MaxPropKeyBytes, PropValue: c.MaxPropBytes,
	}
}
