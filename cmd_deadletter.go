package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"noctra/collector"
	"noctra/internal/kafka"
	"noctra/internal/logs"
	"noctra/internal/postgres"
	"noctra/internal/secrets"
	"noctra/internal/tlsconf"
	"noctra/internal/up"
	"noctra/schema"
)

type deadletterCmd struct {
	List   deadletterListCmd   `cmd:"" name:"ls" help:"List dead letters, and sum them by reason."`
	Show   deadletterShowCmd   `cmd:"" help:"Show one dead letter with its message and body."`
	Replay deadletterReplayCmd `cmd:"" help:"Send dead letters again: events through the front door of a collector, messages of the aggregator to Kafka. Only says what it would do unless --yes is given."`
}

// lettersIn is where dead letters are.
type lettersIn struct {
	Data  string       `name:"data" help:"Data of a running noctra up, whose servers are used unless --kafka names another." placeholder:"DIR" default:"./data"`
	Kafka kafka.Config `embed:"" set:"kafka_default=embedded:0"` //nolint:govet // kong's tags
}

// open returns the Kafka that was named, or that of the product which runs on --data, which is
// nil for none.
func (c *lettersIn) open() (kafka.Config, *up.Ready, error) {
	if !slices.Equal(c.Kafka.Brokers, []string{embeddedKafka}) {
		return c.Kafka, nil, c.Kafka.Validate()
	}
	ready, err := runningOn(c.Data)
	if err != nil {
		return kafka.Config{}, nil, err
	}
	config := c.Kafka
	config.Brokers = strings.Split(ready.Kafka, ",")
	return config, &ready, config.Validate()
}

// choice says which dead letters are meant.
type choice struct {
	Site     string          `name:"site" env:"-" help:"Number or public key of a site." placeholder:"SITE"`
	Since    instant         `name:"since" env:"-" help:"Set aside then or later: a time, a day (UTC), or how long ago, such as 2h or 7d." placeholder:"TIME"`
	Until    instant         `name:"until" env:"-" help:"Set aside before." placeholder:"TIME"`
	Reason   string          `name:"reason" env:"-" help:"Refused with this code." placeholder:"CODE"`
	Stage    string          `name:"stage" env:"-" help:"Refused by collector or aggregator." enum:",collector,aggregator" default:"" placeholder:"STAGE"`
	Door     string          `name:"door" env:"-" help:"Came by the door of browsers, servers or pixels." enum:",browser,server,pixel" default:"" placeholder:"DOOR"`
	Limit    int             `name:"limit" env:"-" help:"The first so many of them; 0 for all." default:"0"`
	Postgres postgres.Config `embed:"" set:"postgres_default=postgres://embedded/noctra"` //nolint:govet // kong's tags
}

// keys asks Postgres for the sites' public keys. They are nil where no Postgres is known.
func (c *choice) keys(ctx context.Context, ready *up.Ready) (collector.PublicKeys, error) {
	config := c.Postgres
	if config.URL == embeddedPostgres {
		if ready == nil {
			return nil, nil //nolint:nilnil // no Postgres is a valid setting
		}
		config = postgres.Config{URL: ready.Postgres}
	}
	return collector.ReadPublicKeys(ctx, config)
}

// filter is the choice as the collector takes it.
func (c *choice) filter(keys collector.PublicKeys) (f collector.LetterFilter, err error) {
	f = collector.LetterFilter{Since: c.Since.Time, Until: c.Until.Time, Reason: c.Reason, Stage: c.Stage, Limit: c.Limit}
	f.Door, _ = schema.ParseVia(c.Door)
	if c.Limit < 0 {
		return f, fmt.Errorf("--limit: %d is negative", c.Limit)
	}
	if c.Site != "" {
		if f.Site, err = keys.Site(c.Site); err != nil {
			return f, fmt.Errorf("--site: %w", err)
		}
	}
	return f, nil
}

// numbered tells whether the site can be understood without Postgres.
func (c *choice) numbered() bool {
	_, err := strconv.ParseUint(c.Site, 10, 64)
	return c.Site == "" || err == nil
}

// instant is a point in time as a flag; zero for none.
type instant struct{ time.Time }

// UnmarshalText reads RFC 3339, a day, or a time ago in hours, minutes or days.
func (i *instant) UnmarshalText(text []byte) (err error) {
	s := string(text)
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if i.Time, err = time.Parse(layout, s); err == nil {
			return nil
		}
	}
	ago, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		ago = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || ago < 0 {
		return fmt.Errorf("%q is no time: give 2026-11-24T12:00:00Z, 2026-11-24, 2h or 7d", s)
	}
	i.Time = time.Now().Add(-ago)
	return nil
}

type deadletterListCmd struct {
	In     lettersIn `embed:""`
	Choice choice    `embed:""`
	Format string    `name:"format" help:"How the list is written: table, csv (without sums) or json." enum:"table,csv,json" default:"table"`
}

// Run implements the command.
func (c *deadletterListCmd) Run(ctx context.Context, p *program) error {
	config, ready, err := c.In.open()
	if err != nil {
		return err
	}
	var keys collector.PublicKeys
	if !c.Choice.numbered() {
		if keys, err = c.Choice.keys(ctx, ready); err != nil {
			return err
		}
	}
	f, err := c.Choice.filter(keys)
	if err != nil {
		return err
	}
	list := newLetterList(p.stdout, c.Format)
	if err := collector.EachLetter(ctx, config, f, list.add); err != nil {
		return errors.Join(list.stop(), err)
	}
	return list.end()
}

type deadletterShowCmd struct {
	Place string    `arg:"" help:"Place of the letter as ls prints it: partition/offset."`
	In    lettersIn `embed:""`
}

// Run implements the command.
func (c *deadletterShowCmd) Run(ctx context.Context, p *program) error {
	place, err := collector.ParseLetterPlace(c.Place)
	if err != nil {
		return err
	}
	config, _, err := c.In.open()
	if err != nil {
		return err
	}
	l, err := collector.OneLetter(ctx, config, place)
	if err != nil {
		return err
	}
	return showLetter(p.stdout, &l)
}

type deadletterReplayCmd struct {
	In            lettersIn   `embed:""`
	Choice        choice      `embed:""`
	CollectorURL  string      `name:"collector-url" help:"Collector that events are sent to (default: that of --data)." placeholder:"URL"`
	ServerKeyFile string      `name:"server-key-file" help:"File with the server key that events are sent with; it has to be for their sites." placeholder:"FILE"`
	Yes           bool        `name:"yes" env:"-" help:"Send."`
	DryRun        *bool       `name:"dry-run" env:"-" help:"Only say what would be sent (default, unless --yes is given); --dry-run=false sends." negatable:""`
	Logs          logs.Config `embed:""`
}

// sends tells whether it is meant: by --yes or --dry-run=false, and --dry-run holds over both.
func (c *deadletterReplayCmd) sends() bool {
	if c.DryRun != nil {
		return !*c.DryRun
	}
	return c.Yes
}

// Run implements the command.
func (c *deadletterReplayCmd) Run(ctx context.Context, p *program) error {
	config, ready, err := c.In.open()
	if err != nil {
		return err
	}
	keys, err := c.Choice.keys(ctx, ready)
	if err != nil {
		return err
	}
	f, err := c.Choice.filter(keys)
	if err != nil {
		return err
	}
	log, err := c.Logs.New(os.Stderr, "deadletter")
	if err != nil {
		return err
	}
	replay := collector.Replay{Kafka: config, Filter: f, Sites: keys, DryRun: !c.sends(), Log: log}
	if !replay.DryRun && f.Stage != collector.StageAggregator {
		if replay.CollectorURL, replay.ServerKey, err = c.front(ready); err != nil {
			return err
		}
	}
	table := newReplayTable(p.stdout)
	replay.Note = table.add
	report, err := replay.Run(ctx)
	return errors.Join(err, table.end(report, replay.DryRun))
}

// front returns where events are sent to, and the key.
func (c *deadletterReplayCmd) front(ready *up.Ready) (address, key string, err error) {
	address = c.CollectorURL
	if address == "" && ready != nil {
		address = ready.CollectorURL
	}
	var errs []error
	if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" {
		errs = append(errs, fmt.Errorf("--collector-url: %q is no http:// or https:// address; name the collector that events are sent to", secrets.MaskURL(address)))
	} else if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && tlsconf.Elsewhere(u.Hostname()) && !ip.IsUnspecified() { // that one is this machine
		errs = append(errs, fmt.Errorf("--collector-url: a server key is not sent without TLS to another machine, %q: give https://, or run this where the collector is", u.Hostname()))
	}
	if c.ServerKeyFile == "" {
		errs = append(errs, errors.New("--server-key-file: events are sent with a server key; name the file that has it, or choose --stage aggregator"))
	} else if key, err = secrets.ReadFile(c.ServerKeyFile); err != nil {
		errs = append(errs, fmt.Errorf("--server-key-file: %w", err))
	}
	return address, key, errors.Join(errs...)
}
