package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"noctra/collector/tracker"
)

// Command is `noctra bench` with its measurements.
type Command struct {
	Ingest         ingestCommand         `cmd:"" help:"Acknowledged events a second and CPU an event, beside an empty handler."`
	Aggregate      aggregateCommand      `cmd:"" help:"CPU a row of aggregator and ClickHouse, bytes an event."`
	Query          queryCommand          `cmd:"" help:"Time of the overview's queries."`
	Erase          eraseCommand          `cmd:"" help:"Time until a visitor is erased."`
	Attribution    attributionCommand    `cmd:"" help:"Sales whose clicks are found and that are decided, a second of one core."`
	Reconciliation reconciliationCommand `cmd:"" help:"Time of sums and lists of a million conversions."`
	Tracker        trackerCommand        `cmd:"" help:"Size of the tracker."`
	Overload       overloadCommand       `cmd:"" help:"What is acknowledged at twice the capacity, and how soon the rest is refused."`
	Rolling        rollingCommand        `cmd:"" help:"Requests that fail while two collectors behind one address are restarted in turn."`
	Spool          spoolCommand          `cmd:"" help:"How soon the spool takes over when Kafka stops, its rate, and how fast it is drained."`
	Admin          adminCommand          `cmd:"" help:"Pages of settings among many people, sign-ins, and how soon a new site is known."`
	Uploads        uploadsCommand        `cmd:"" help:"Conversions sent to a fake Google while uploaders are killed, at its quota, and out of a long queue."`
	All            allCommand            `cmd:"" help:"All of them, one after the other."`
	Limit          limitCommand          `cmd:"" hidden:"" help:"Serve the empty handler."`
}

// common are the flags of every measurement.
type common struct {
	JSON    bool   `name:"json" help:"Print the report as JSON."`
	UpFlags string `name:"up-flags" help:"Further flags for noctra up, for instance --up-flags='--kafka 127.0.0.1:9092'."`
}

func (c common) flags() []string { return strings.Fields(c.UpFlags) }

// progress is where lines for a person go: not into the JSON.
func (c common) progress() io.Writer {
	if c.JSON {
		return os.Stderr
	}
	return os.Stdout
}

func (c common) print(name string, report any) error {
	text, err := json.MarshalIndent(map[string]any{name: report}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	_, err = fmt.Println(string(text))
	return err
}

type ingestCommand struct {
	common
	Rounds   int           `default:"5" help:"Rounds of each case; medians are reported."`
	Duration time.Duration `default:"4s" help:"Length of a round."`
}

// Run measures ingestion.
func (c *ingestCommand) Run(ctx context.Context) error {
	report, err := Ingest(ctx, IngestOptions{Rounds: c.Rounds, Duration: c.Duration, UpFlags: c.flags()}, c.progress())
	if err != nil {
		return fmt.Errorf("bench ingest: %w", err)
	}
	return c.print("ingest", report)
}

type aggregateCommand struct {
	common
	Rows int `default:"1000000" help:"Events to store."`
}

// Run measures the aggregator.
func (c *aggregateCommand) Run(ctx context.Context) error {
	report, err := Aggregate(ctx, AggregateOptions{Rows: c.Rows, UpFlags: c.flags()}, c.progress())
	if err != nil {
		return fmt.Errorf("bench aggregate: %w", err)
	}
	return c.print("aggregate", report)
}

type queryCommand struct {
	common
	Rows   int `default:"3000000" help:"Events to store before."`
	Days   int `default:"30" help:"Days over which they are spread, today included."`
	Rounds int `default:"15" help:"Rounds of each set of queries."`
}

// Run measures the reports.
func (c *queryCommand) Run(ctx context.Context) error {
	report, err := Query(ctx, QueryOptions{Rows: c.Rows, Days: c.Days, Rounds: c.Rounds, UpFlags: c.flags()}, c.progress())
	if err != nil {
		return fmt.Errorf("bench query: %w", err)
	}
	return c.print("query", report)
}

type trackerCommand struct{ common }

// TrackerReport is the size of the newest tracker.
type TrackerReport struct {
	Bytes  int `json:"bytes"`
	Gzip   int `json:"gzip_bytes"`
	Brotli int `json:"brotli_bytes"`
}

// Run measures the tracker.
func (c *trackerCommand) Run() error {
	newest := tracker.Newest()
	return c.print("tracker", TrackerReport{Bytes: len(newest.Body), Gzip: len(newest.Gzip), Brotli: len(newest.Brotli)})
}

type allCommand struct{ common }

// Run makes all measurements with their usual bounds. A figure that is missed does not end it.
func (c *allCommand) Run(ctx context.Context) error {
	runs := []func() error{
		(&trackerCommand{c.common}).Run,
		func() error { return (&ingestCommand{c.common, 5, 4 * time.Second}).Run(ctx) },
		func() error { return (&aggregateCommand{c.common, 1_000_000}).Run(ctx) },
		func() error { return (&queryCommand{c.common, 3_000_000, 30, 15}).Run(ctx) },
		func() error { return (&overloadCommand{c.common, 3, 4 * time.Second}).Run(ctx) },
		func() error { return (&rollingCommand{c.common, 20 * time.Second, 2000}).Run(ctx) },
		func() error { return (&spoolCommand{c.common, 6 * time.Second}).Run(ctx) },
	}
	var missed error
	for _, run := range runs {
		err := run()
		if err != nil && !errors.Is(err, errMissed) {
			return errors.Join(missed, err)
		}
		missed = errors.Join(missed, err)
	}
	return missed
}

type limitCommand struct {
	Addr string `default:"127.0.0.1:0" help:"Address to serve."`
}

// Run serves the empty handler until ctx ends.
func (c *limitCommand) Run(ctx context.Context) error { return ServeLimit(ctx, c.Addr) }
