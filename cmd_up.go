package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"noctra/internal/clickhouse"
	"noctra/internal/engines"
	"noctra/internal/envelope"
	"noctra/internal/failpoint"
	"noctra/internal/kafka"
	"noctra/internal/logs"
	"noctra/internal/settings"
	"noctra/internal/tlsconf"
	"noctra/internal/up"
)

const startLimit = 110 * time.Second

type upCmd struct {
	Demo          bool          `name:"demo" help:"Make a demo site, and run a demo shop with traffic."`
	Data          string        `name:"data" help:"Folder with everything that is kept." placeholder:"DIR" default:"./data"`
	AdminAddr     string        `name:"admin-addr" help:"Address of the dashboard and the reports API." placeholder:"HOST:PORT" default:"127.0.0.1:8080"`
	CollectorAddr string        `name:"collector-addr" help:"Address that takes events." placeholder:"HOST:PORT" default:"127.0.0.1:8081"`
	AdminURL      string        `name:"admin-url" help:"Where browsers reach the dashboard; https:// here makes cookies secure (default: --admin-addr)." placeholder:"URL"`
	CollectorURL  string        `name:"collector-url" help:"Where browsers reach the collector; stands in snippets (default: --collector-addr)." placeholder:"URL"`
	AdminTLS      tlsconf.Files `embed:"" prefix:"admin-"`
	CollectorTLS  tlsconf.Files `embed:"" prefix:"collector-"`
	ShopAddr      string        `name:"shop-addr" help:"Address of the demo shop." placeholder:"HOST:PORT" default:"127.0.0.1:8082"`
	GeoFiles      []string      `name:"geo-file" help:"Databases of places in MaxMind's format (default: the countries that come with the engines)." placeholder:"FILE,…"`
	EnginesDir    string        `name:"engines-dir" help:"Folder with the engines' packages (default: engines beside the program, or above the working directory)." placeholder:"DIR"`
	MemoryMB      int64         `name:"clickhouse-memory-mb" help:"Most memory of the embedded ClickHouse in MiB (default: two fifths of the machine, 1 to 8 GiB)." placeholder:"MIB"`
	RestartWait   time.Duration `name:"restart-wait" help:"Longest wait before a process that died is started again; the first is 100ms, and each is twice the one before." default:"4s"`
	Partitions    int           `name:"events-partitions" help:"Partitions of the topic of events, where it does not exist yet." placeholder:"N" default:"4"`

	// An address here replaces that embedded engine.
	Stores stores      `embed:"" set:"kafka_default=embedded:0" set:"clickhouse_default=http://embedded" set:"postgres_default=postgres://embedded/noctra"` //nolint:govet,staticcheck // kong reads a tag that stands several times
	Logs   logs.Config `embed:""`
}

// The defaults that stand for an embedded engine.
const (
	embeddedKafka      = kafka.Embedded
	embeddedClickHouse = clickhouse.Embedded
	embeddedPostgres   = "postgres://embedded/noctra"
)

// embedded says which engines run here.
type embedded struct{ kafka, clickHouse, postgres bool }

func (c *upCmd) embedded() embedded {
	return embedded{
		kafka:      slices.Equal(c.Stores.Kafka.Brokers, []string{embeddedKafka}),
		clickHouse: c.Stores.ClickHouse.Addr == embeddedClickHouse,
		postgres:   c.Stores.Postgres.URL == embeddedPostgres,
	}
}

// Run implements the command.
func (c *upCmd) Run(ctx context.Context, p *program) error {
	if err := failpoint.Check(); err != nil {
		return err
	}
	here := c.embedded()
	data, err := up.OpenData(c.Data)
	if err != nil {
		return err
	}
	defer func() { _ = data.Close() }()
	log, closeLog, err := c.logger(data, p.stderr)
	if err != nil {
		return err
	}
	defer closeLog()
	if err := c.checkAddresses(ctx); err != nil {
		return err
	}
	layout, err := c.layout(data, here)
	if err != nil {
		return err
	}
	layout.config = p.configFile()
	c.warnOfPlain(log)
	_, _ = fmt.Fprintf(p.stdout, "Noctra %s starts in %s\n", versionText(), data.Dir)
	return up.Run(ctx, up.Plan{
		Data:        data,
		Steps:       layout.steps(log),
		Timeout:     startLimit,
		RestartWait: c.RestartWait,
		Ready:       layout.ready,
		Started:     layout.printAddresses,
		Out:         p.stdout,
		Log:         log,
	})
}

// logger returns a logger that keeps everything in logs/up.log, and tells the terminal what
// needs attention.
func (c *upCmd) logger(data *up.Data, terminal io.Writer) (*slog.Logger, func(), error) {
	file, err := data.Log("up")
	if err != nil {
		return nil, nil, err
	}
	all, err := c.Logs.New(file, "up")
	if err != nil {
		return nil, nil, err
	}
	short := slog.NewTextHandler(terminal, &slog.HandlerOptions{Level: slog.LevelWarn})
	return slog.New(slog.NewMultiHandler(all.Handler(), short)), func() { _ = file.Close() }, nil
}

// Validate reports all problems of the command's own settings at once; kong asks for it, and
// the stores for theirs.
func (c *upCmd) Validate() error {
	errs := []error{c.Stores.Validate(), c.Logs.Validate(), c.AdminTLS.Check("--admin-"), c.CollectorTLS.Check("--collector-")}
	for flag, raw := range map[string]string{"--admin-url": c.AdminURL, "--collector-url": c.CollectorURL} {
		if u, err := url.Parse(raw); raw != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "") {
			errs = append(errs, fmt.Errorf("%s: give http:// or https:// with a host", flag))
		}
	}
	if c.Demo && c.CollectorTLS.On() {
		errs = append(errs, errors.New("--collector-tls-cert-file: the demo's traffic comes without TLS; leave it out, or --demo"))
	}
	for _, a := range c.addresses() {
		if _, port, err := net.SplitHostPort(a.addr); err != nil || port == "" || port == "0" {
			errs = append(errs, fmt.Errorf("%s: %q is not host:port", a.flag, a.addr))
		}
	}
	errs = append(errs, settings.Within("events-partitions", c.Partitions, 1, 1000))
	errs = append(errs, settings.Within("restart-wait", c.RestartWait, time.Millisecond, time.Minute))
	if c.MemoryMB != 0 && c.MemoryMB < 512 {
		errs = append(errs, fmt.Errorf("--clickhouse-memory-mb: %d is less than 512", c.MemoryMB))
	}
	return errors.Join(errs...)
}

// warnOfPlain says on the terminal what is served to other machines without TLS.
func (c *upCmd) warnOfPlain(log *slog.Logger) {
	for _, service := range []struct {
		name, addr, url string
		tls             tlsconf.Files
	}{{"admin", c.AdminAddr, c.AdminURL, c.AdminTLS}, {"collector", c.CollectorAddr, c.CollectorURL, c.CollectorTLS}} {
		if service.tls.Exposed(service.addr, service.url) {
			log.Warn("it is served to other machines without TLS", "service", service.name, "address", service.addr,
				"help", fmt.Sprintf("give --%[1]s-tls-cert-file, or an https:// address in --%[1]s-url where a proxy speaks it", service.name))
		}
	}
}

// localAdmin and localCollector are where this machine reaches the two.
func (c *upCmd) localAdmin() string     { return c.AdminTLS.Scheme() + "://" + c.AdminAddr }
func (c *upCmd) localCollector() string { return c.CollectorTLS.Scheme() + "://" + c.CollectorAddr }

// flagAddress is an address and the flag that gives it.
type flagAddress struct{ flag, addr string }

// addresses are those that are the same at every start.
func (c *upCmd) addresses() []flagAddress {
	all := []flagAddress{{"--admin-addr", c.AdminAddr}, {"--collector-addr", c.CollectorAddr}}
	if c.Demo {
		all = append(all, flagAddress{"--shop-addr", c.ShopAddr})
	}
	return all
}

// addressWait is how long an address may still be taken by a process of a run that was killed a
// moment ago.
const addressWait = 5 * time.Second

// checkAddresses finds out whether the public addresses are free, before anything starts.
func (c *upCmd) checkAddresses(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, addressWait)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := c.tryAddresses()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-ticker.C:
		}
	}
}

func (c *upCmd) tryAddresses() error {
	var errs []error
	for _, a := range c.addresses() {
		listener, err := net.Listen("tcp", a.addr)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: cannot listen on %s: %w; stop what uses it, or give another address", a.flag, a.addr, err))
			continue
		}
		defer func() { _ = listener.Close() }()
	}
	return errors.Join(errs...)
}

// layout decides where everything of this run is.
func (c *upCmd) layout(data *up.Data, here embedded) (*layout, error) {
	paths, err := engines.Find(c.EnginesDir)
	if err != nil && (here.clickHouse || here.postgres) {
		return nil, err
	}
	var errs []error
	if here.clickHouse {
		errs = append(errs, paths.CheckClickHouse())
	}
	if here.postgres {
		errs = append(errs, paths.CheckPostgres())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	secretsDir := data.Path("secrets")
	if err := engines.EnsureSecrets(secretsDir); err != nil {
		return nil, err
	}
	if err := envelope.Ensure(filepath.Join(secretsDir, signingKeys)); err != nil { // for admin and collector, whoever starts first
		return nil, err
	}
	ports, err := engines.FreePorts(portCount)
	if err != nil {
		return nil, err
	}
	l := &layout{cmd: c, data: data, here: here, paths: paths, ports: ports, stores: c.Stores}
	l.useEmbedded(secretsDir)
	return l, l.ensureGoogle()
}

// configFile returns the file that --config names, for child processes.
func (p *program) configFile() string {
	if p.file == nil {
		return ""
	}
	for i, arg := range os.Args {
		if value, ok := cutConfig(arg); ok {
			return value
		}
		if arg == "--config" && i+1 < len(os.Args) {
			return os.Args[i+1]
		}
	}
	return os.Getenv("NOCTRA_CONFIG")
}

func cutConfig(arg string) (string, bool) {
	const prefix = "--config="
	if len(arg) > len(prefix) && arg[:len(prefix)] == prefix {
		return arg[len(prefix):], true
	}
	return "", false
}
