package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"noctra/internal/clickhouse"
	"noctra/internal/engines"
	"noctra/internal/postgres"
	"noctra/internal/up"
)

// Indexes into layout.ports.
const (
	portKafka = iota
	portClickHouse
	portClickHouseTCP
	portPostgres
	portCollectorOps
	portAggregatorOps
	portUploaderOps
	portAdminOps
	portDemoOps
	portMail
	portMailSMTP
	portMailOps
	portGoogle
	portGoogleOps
	portCount
)

// layout is where everything of one run of `up` is, and how its processes are started.
type layout struct {
	cmd    *upCmd
	data   *up.Data
	here   embedded
	paths  engines.Paths
	ports  []int
	stores stores // as the services are told
	config string // configuration file, empty for none
}

// useEmbedded fills in the addresses of the engines that run here.
func (l *layout) useEmbedded(secretsDir string) {
	if l.here.kafka {
		l.stores.Kafka.Brokers = []string{l.local(portKafka)}
	}
	if l.here.clickHouse {
		l.stores.ClickHouse = embeddedConfig("http://"+l.local(portClickHouse), secretsDir)
	}
	if l.here.postgres {
		address := url.URL{Scheme: "postgres", User: url.User("noctra"), Host: l.local(portPostgres), Path: "/noctra", RawQuery: "sslmode=disable"}
		l.stores.Postgres.URL = address.String()
		l.stores.Postgres.PasswordFile = filepath.Join(secretsDir, "postgres")
	}
}

// servicePostgres is Postgres as services connect to it: as a user who does not own the tables, where the
// engine runs here.
func (l *layout) servicePostgres() postgres.Config {
	config := l.stores.Postgres
	if l.here.postgres {
		config.URL = strings.Replace(config.URL, "//noctra@", "//"+engines.PostgresService+"@", 1)
		config.PasswordFile += "_service"
	}
	return config
}

func (l *layout) local(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(l.ports[port]))
}

// steps lists everything in the order of the start.
func (l *layout) steps(log *slog.Logger) []up.Step {
	schemas := migration{stores: l.stores, partitions: l.cmd.Partitions, role: engines.PostgresService, log: log}
	steps := []up.Step{{Processes: l.engines(), Name: "schemas", Then: schemas.run}}
	return append(steps, l.services()...)
}

func (l *layout) engines() []up.Process {
	var all []up.Process
	engine := func(name string, port int, more ...string) up.Process {
		args := []string{"engine", name, "--dir=" + l.data.Path(name), "--port=" + strconv.Itoa(l.ports[port]), "--secrets=" + l.data.Path("secrets")}
		if l.cmd.EnginesDir != "" {
			args = append(args, "--engines-dir="+l.cmd.EnginesDir)
		}
		return up.Process{Name: name, Args: append(args, more...), Grace: engineGrace}
	}
	if l.here.kafka {
		p := engine("kafka", portKafka)
		p.Ready = kafkaAnswers(l.stores.Kafka)
		all = append(all, p)
	}
	if l.here.clickHouse {
		p := engine("clickhouse", portClickHouse, "--tcp-port="+strconv.Itoa(l.ports[portClickHouseTCP]))
		if l.cmd.MemoryMB > 0 {
			p.Args = append(p.Args, "--clickhouse-memory-mb="+strconv.FormatInt(l.cmd.MemoryMB, 10))
		}
		p.Ready = clickHouseAnswers(l.stores.ClickHouse)
		all = append(all, p)
	}
	if l.here.postgres {
		p := engine("postgres", portPostgres)
		p.Ready = postgresAnswers(l.stores.Postgres)
		p.Pid = func() (int, error) { return firstNumber(l.data.Path("postgres", "postmaster.pid")) }
		all = append(all, p)
	}
	return all
}

// ready is the content of ready.json.
func (l *layout) ready() (up.Ready, error) {
	reader, err := l.stores.ClickHouse.URL(clickhouse.Reader)
	if err != nil {
		return up.Ready{}, err
	}
	address, err := l.stores.Postgres.Resolve()
	if err != nil {
		return up.Ready{}, err
	}
	content := up.Ready{
		AdminURL:     l.cmd.localAdmin(),
		CollectorURL: l.cmd.localCollector(),
		PublicURL:    l.cmd.AdminURL,
		Kafka:        strings.Join(l.stores.Kafka.Brokers, ","),
		ClickHouse:   reader,
		Postgres:     address,
		Metrics:      l.metrics(),
		Fakes:        l.fakeURLs(),
	}
	if l.cmd.Demo {
		content.ShopURL = "http://" + l.cmd.ShopAddr
		raw, err := os.ReadFile(l.data.Path("demo.json"))
		if err != nil {
			return up.Ready{}, fmt.Errorf("read what the admin service says of the demo: %w", err)
		}
		content.Demo = raw
	}
	return content, nil
}

// printAddresses ends the start on the terminal.
func (l *layout) printAddresses(w io.Writer) error {
	var links struct {
		SignIn string `json:"sign_in_url"`
		Setup  string `json:"setup_url"`
	}
	for _, name := range []string{"demo.json", "first-run.json"} {
		raw, err := os.ReadFile(l.data.Path(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(raw, &links)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	line := func(name, value string) { _, _ = fmt.Fprintf(w, "  %-11s %s\n", name, value) }
	_, _ = fmt.Fprintln(w)
	switch {
	case l.cmd.Demo && links.SignIn != "":
		line("Dashboard", links.SignIn)
		line("Demo shop", "http://"+l.cmd.ShopAddr)
		line("Inbox", l.fakeURLs()["mail"])
		line("Google", l.fakeURLs()["google"]+"/_ledger")
	case links.Setup != "":
		line("Set up", links.Setup)
		fallthrough
	default:
		line("Dashboard", cmp.Or(l.cmd.AdminURL, l.cmd.localAdmin()))
	}
	line("Collector", cmp.Or(l.cmd.CollectorURL, l.cmd.localCollector()))
	line("Details", l.data.Path("ready.json"))
	line("Logs", l.data.Path("logs"))
	_, _ = fmt.Fprintln(w, "\nCtrl-C stops everything; data stays.")
	return nil
}

func firstNumber(path string) (int, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("read process id: %w", err)
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	return strconv.Atoi(strings.TrimSpace(line))
}

// answers is a probe; see up.Process.
type answers = func(ctx context.Context) error
