// Command noctra is the whole product in one binary: a subcommand per service, `up`, which
// runs all of them on embedded engines, and the tools around them.
//
// The commands stand in cmd_*.go; they read settings, wire a service to its dependencies and
// run it. What the services do is theirs.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"noctra/bench"
	"noctra/internal/engines"
	"noctra/internal/proc"
	"noctra/internal/settings"
)

// version is set by the build.
var version = "unknown"

const description = "Noctra measures websites and proves which ad clicks became sales.\n\n" +
	"Settings come from flags, then from NOCTRA_… environment variables, then from the file of --config."

// commands is the command line.
type commands struct {
	Config kong.ConfigFlag `name:"config" help:"File with settings, JSON or YAML." placeholder:"FILE"`

	Up         upCmd         `cmd:"" help:"Run everything on this machine, on embedded engines."`
	Collector  collectorCmd  `cmd:"" help:"Run the collector: takes events over HTTP, and answers once Kafka has them."`
	Aggregator aggregatorCmd `cmd:"" help:"Run the aggregator: stores each event once in ClickHouse."`
	Uploader   uploaderCmd   `cmd:"" help:"Run the uploader: conversions to Google Ads."`
	Audit      auditGroup    `cmd:"" help:"Check the record of who did what."`
	Admin      adminCmd      `cmd:"" help:"Run the admin service: accounts, sites, reports API and dashboard."`
	Demo       demoCmd       `cmd:"" help:"Run the demo shop and its traffic beside the services."`
	Spool      spoolCmd      `cmd:"" help:"Look into a collector's spool, or drain it by hand."`
	Letters    deadletterCmd `cmd:"" name:"deadletter" help:"Look at events and messages that were refused, and send them again."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the schemas of ClickHouse, Postgres and Kafka up to date, or show their state."`
	Rebuild    rebuildCmd    `cmd:"" help:"Make visits and the other derived tables anew from the raw events."`
	Erase      eraseCmd      `cmd:"" help:"Erase a person, a site or a workspace from every store; says first what is found where."`
	SQL        sqlCmd        `cmd:"" name:"sql" help:"Ask ClickHouse a question as the reader, which can change nothing."`
	Bench      bench.Command `cmd:"" help:"Measure this machine: load, CPU an event, speed of reports."`
	Show       configCmd     `cmd:"" name:"config" help:"Print the settings in force and where each came from."`
	Version    versionCmd    `cmd:"" help:"Print the version."`

	Fake   fakeCmd   `cmd:"" help:"Run a stand-in for a service outside this machine, as up --demo does."`
	Engine engineCmd `cmd:"" hidden:"" help:"Run one embedded engine; up does."`
}

func main() {
	engines.RunAs()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program without the process: it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	p, err := newProgram(stdout, stderr)
	if err != nil {
		return fail(stderr, err)
	}
	command, err := p.parser.Parse(args)
	if p.exited {
		return p.status
	}
	if err != nil {
		return fail(stderr, err)
	}
	ctx, cancel := proc.Context(context.Background())
	defer cancel()
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(p); err != nil {
		return fail(stderr, err)
	}
	return 0
}

// program is what commands need beyond their own settings.
type program struct {
	parser *kong.Kong
	file   *settings.File // that was read, nil for none
	stdout io.Writer
	stderr io.Writer
	exited bool // --help was asked for
	status int
}

func newProgram(stdout, stderr io.Writer) (*program, error) {
	p := &program{stdout: stdout, stderr: stderr}
	parser, err := kong.New(&commands{},
		kong.Name("noctra"),
		kong.Description(description),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.DefaultEnvars("NOCTRA"),
		kong.Configuration(p.load),
		kong.Writers(stdout, stderr),
		kong.Exit(func(status int) { p.exited, p.status = true, status }),
		kong.Vars{
			"ops_addr":           "127.0.0.1:0",
			"kafka_default":      "127.0.0.1:9092",
			"clickhouse_default": "http://127.0.0.1:8123",
			"postgres_default":   "postgres://noctra@127.0.0.1:5432/noctra",
		},
	)
	if err != nil {
		return nil, fmt.Errorf("read command line: %w", err)
	}
	p.parser = parser
	return p, nil
}

func (p *program) load(r io.Reader) (kong.Resolver, error) {
	resolver, err := settings.Load(r)
	if err != nil {
		return nil, err
	}
	p.file = resolver.(*settings.File)
	return resolver, nil
}

func fail(w io.Writer, err error) int {
	_, _ = fmt.Fprintln(w, "noctra:", err)
	return 1
}
