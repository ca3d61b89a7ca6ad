package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
	"noctra/internal/layouts"
	"noctra/internal/postgres"
	"noctra/schema"
)

// safeLead is how far ahead of now the clocks of senders are taken to be at most, and how long
// every collector has at least to hear of a change.
const safeLead = 24 * time.Hour

type migratePartitionsCmd struct {
	To       int             `name:"to" env:"-" help:"Partitions that events are to be placed in; more than now." placeholder:"N" required:""`
	Lead     time.Duration   `name:"lead" env:"-" help:"From when on ids with a time (UUIDv7) of sites that exist already use them. Less than a day needs --yes: copies whose sender's clock is ahead by more, or that come through a collector that has not heard of it by then, would count again." default:"24h"`
	Yes      bool            `name:"yes" env:"-" help:"Take a shorter --lead."`
	DryRun   bool            `name:"dry-run" env:"-" help:"Say what would be done, and do nothing."`
	In       lettersIn       `embed:""`
	Postgres postgres.Config `embed:"" set:"postgres_default=postgres://embedded/noctra"` //nolint:govet // kong's tags
}

// Validate reports everything that is wrong with c, joined.
func (c *migratePartitionsCmd) Validate() error {
	errs := []error{c.In.Kafka.Validate(), c.Postgres.Validate()}
	if c.To < 1 || c.To >= schema.MaxPartitions {
		errs = append(errs, fmt.Errorf("--to: %d is not between 1 and %d", c.To, schema.MaxPartitions-1))
	}
	if c.Lead < 0 {
		errs = append(errs, fmt.Errorf("--lead: %s is negative", c.Lead))
	}
	if c.Lead < safeLead && !c.Yes && !c.DryRun {
		errs = append(errs, fmt.Errorf("--lead: within seven days, copies of events on both sides of the change are recognised only where clocks of senders are less than %s ahead and every collector hears of it in that time; give %s, or --yes", c.Lead, safeLead))
	}
	return errors.Join(errs...)
}

// Run implements the command.
func (c *migratePartitionsCmd) Run(ctx context.Context, p *program) error {
	brokers, store, err := c.stores()
	if err != nil {
		return err
	}
	pool, err := store.Open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	kept, err := layouts.Read(ctx, pool)
	if err != nil {
		return fmt.Errorf("--postgres: %w", err)
	}
	used := kept.Partitions()
	switch {
	case used == 0:
		return fmt.Errorf("--postgres: %w", layouts.ErrNone)
	case c.To < used:
		return fmt.Errorf("--to: events are placed in %d partitions: %w", used, layouts.ErrFewer)
	case c.To == used:
		_, err := fmt.Fprintf(p.stdout, "events are placed in %d partitions already\n", used)
		return err
	}
	has, err := c.partitions(ctx, brokers)
	if err != nil {
		return fmt.Errorf("--kafka: %w", err)
	}
	from := time.Now().Add(c.Lead)
	if !c.DryRun {
		added, err := layouts.Add(ctx, pool, c.To, from)
		if err != nil {
			return fmt.Errorf("--postgres: %w", err)
		}
		from = added.IDsFrom.Time()
	}
	return c.tell(p.stdout, [3]int{used, has, c.To}, from)
}

// stores are those that were named, or those of the product which runs on --data.
func (c *migratePartitionsCmd) stores() (kafka.Config, postgres.Config, error) {
	brokers, ready, err := c.In.open()
	store := c.Postgres
	if err == nil && store.URL == embeddedPostgres {
		if ready == nil {
			return brokers, store, errors.New("--postgres: name it beside --kafka; it keeps the number of partitions")
		}
		store = postgres.Config{URL: ready.Postgres}
	}
	return brokers, store, err
}

// partitions makes what the topic of events lacks, and returns how many it had.
func (c *migratePartitionsCmd) partitions(ctx context.Context, brokers kafka.Config) (has int, err error) {
	client, err := brokers.Client()
	if err != nil {
		return 0, err
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	has, err = kafka.Partitions(ctx, client, schema.TopicEvents)
	switch {
	case err != nil:
		return 0, err
	case has == 0:
		return 0, fmt.Errorf("there is no topic %q: run `noctra migrate up`", schema.TopicEvents)
	case has >= c.To || c.DryRun:
		return has, nil
	}
	return has, kafka.AddPartitions(ctx, client, schema.TopicEvents, c.To)
}

// tell writes what was done. n are the partitions in use, those that there were, and those to be used.
func (c *migratePartitionsCmd) tell(w io.Writer, n [3]int, from time.Time) error {
	text := "%[1]s is placed in %[4]d partitions instead of %[2]d; Kafka had %[3]d.\n" +
		"- Sites that are made from now on: at once.\n" +
		"- UUIDv7 ids (the tracker's, and those that collectors make) of other sites: ids of %[5]s and later.\n" +
		"- Other ids of other sites: never, they stay in the first %[2]d.\n" +
		"No event moves, so copies are recognised on both sides. Each collector has to reach Postgres before that time.\n"
	if c.DryRun {
		text += "Nothing was changed.\n"
	}
	_, err := fmt.Fprintf(w, text, schema.TopicEvents, n[0], n[1], n[2], from.UTC().Format(time.RFC3339))
	return err
}
