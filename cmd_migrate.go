package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/clickhouse"
	"noctra/internal/kafka"
	"noctra/internal/logs"
	"noctra/internal/postgres"
	"noctra/schema"
)

// stores is where everything is kept.
type stores struct {
	Kafka      kafka.Config      `embed:""`
	ClickHouse clickhouse.Config `embed:""`
	Postgres   postgres.Config   `embed:""`
}

// Validate reports everything that is wrong with s, joined.
func (s stores) Validate() error {
	return errors.Join(s.Kafka.Validate(), s.ClickHouse.Validate(), s.Postgres.Validate())
}

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" default:"withargs" help:"Apply what is missing, in order (what noctra migrate does by itself)."`
	Status migrateStatusCmd `cmd:"" help:"Show what is applied and what is missing."`

	Partitions migratePartitionsCmd `cmd:"" help:"Spread events over more partitions, without a copy of an event being missed."`
}

type migrateUpCmd struct {
	stores     `embed:""`
	Partitions int         `name:"events-partitions" help:"Partitions of the topic of events, where it does not exist yet; later the number is kept, see noctra migrate partitions." placeholder:"N" default:"4"`
	Role       string      `name:"postgres-service-role" help:"Role of the services in Postgres: it gets rights on the tables, and may only add to the audit. Made where it is missing, if the user may; empty: no rights are given." default:"noctra_service"`
	DryRun     bool        `name:"dry-run" help:"Say what would be done, and do nothing."`
	Logs       logs.Config `embed:""`
}

// Run implements the command.
func (c *migrateUpCmd) Run(ctx context.Context) error {
	if err := errors.Join(c.Validate(), c.Logs.Validate()); err != nil {
		return err
	}
	log, err := c.Logs.New(os.Stderr, "migrate")
	if err != nil {
		return err
	}
	return migration{stores: c.stores, partitions: c.Partitions, role: c.Role, dryRun: c.DryRun, log: log}.run(ctx)
}

// migration brings all stores up to date.
type migration struct {
	stores     stores
	partitions int
	role       string // of the services in Postgres
	dryRun     bool
	log        *slog.Logger
}

func (m migration) run(ctx context.Context) error {
	begin := time.Now()
	err := m.postgres(ctx)
	if err == nil { // it keeps how many partitions there have to be
		err = m.topics(ctx)
	} else { // all that does not answer is said at once
		err = errors.Join(err, m.askKafka(ctx))
	}
	if err := errors.Join(err, m.clickHouse(ctx)); err != nil {
		return err
	}
	m.log.Info("schemas are up to date", "dry_run", m.dryRun, "took", time.Since(begin).Round(time.Millisecond).String())
	return nil
}

// askKafka returns why Kafka does not answer.
func (m migration) askKafka(ctx context.Context) error {
	err := m.withKafka(func(client *kafkago.Client) error {
		_, err := kafka.Partitions(ctx, client, schema.TopicEvents)
		return err
	})
	if err != nil {
		return fmt.Errorf("--kafka: %w", err)
	}
	return nil
}

func (m migration) postgres(ctx context.Context) error {
	err := postgres.Migrate(ctx, m.stores.Postgres, schema.Postgres(), postgres.MigrateOptions{DryRun: m.dryRun, Log: m.log})
	if err != nil {
		return fmt.Errorf("--postgres: %w", err)
	}
	if m.dryRun || m.role == "" {
		return nil
	}
	err = postgres.Grant(ctx, m.stores.Postgres, postgres.Grants{Role: m.role, AppendOnly: schema.AppendOnly(), Log: m.log})
	if err != nil {
		return fmt.Errorf("--postgres: %w", err)
	}
	return nil
}

func (m migration) clickHouse(ctx context.Context) error {
	config := m.stores.ClickHouse
	if err := config.Migrate(ctx, schema.ClickHouse(), clickhouse.MigrateOptions{DryRun: m.dryRun, Log: m.log}); err != nil {
		return fmt.Errorf("--clickhouse: %w", config.Explain(err))
	}
	return nil
}

type migrateStatusCmd struct {
	ClickHouse clickhouse.Config `embed:""`
	Postgres   postgres.Config   `embed:""`
}

// Run implements the command.
func (c *migrateStatusCmd) Run(ctx context.Context, p *program) error {
	if err := errors.Join(c.ClickHouse.Validate(), c.Postgres.Validate()); err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	if err := errors.Join(c.printPostgres(ctx, w), c.printClickHouse(ctx, w)); err != nil {
		return err
	}
	return w.Flush()
}

func (c *migrateStatusCmd) printPostgres(ctx context.Context, w io.Writer) error {
	states, err := postgres.Status(ctx, c.Postgres, schema.Postgres())
	if err != nil {
		return fmt.Errorf("--postgres: %w", err)
	}
	for _, s := range states {
		_, _ = fmt.Fprintf(w, "postgres\t%s\t%s\n", s.Name, applied(s.Applied, s.AppliedAt))
	}
	return nil
}

func (c *migrateStatusCmd) printClickHouse(ctx context.Context, w io.Writer) error {
	conn, err := c.ClickHouse.Open(clickhouse.Migrator)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	states, err := clickhouse.Status(ctx, conn, schema.ClickHouse())
	if err != nil {
		return fmt.Errorf("--clickhouse: %w", c.ClickHouse.Explain(err))
	}
	for _, s := range states {
		state := applied(s.Applied, s.AppliedAt)
		switch {
		case !s.Known:
			state = "unknown to this program"
		case s.Changed:
			state = "applied with another content"
		case s.Done > 0 && !s.Applied:
			state = fmt.Sprintf("%d of %d statements applied", s.Done, s.Steps)
		}
		_, _ = fmt.Fprintf(w, "clickhouse\t%s\t%s\n", s.Name, state)
	}
	return nil
}

func applied(yes bool, at time.Time) string {
	if !yes {
		return "missing"
	}
	return "applied " + at.UTC().Format(time.RFC3339)
}
