package main

import (
	"context"
	"log/slog"
	"os"

	"noctra/internal/engines"
	"noctra/internal/logs"
	"noctra/internal/proc"
	"noctra/schema"
)

type engineCmd struct {
	ClickHouse clickHouseEngine `cmd:"" name:"clickhouse"`
	Kafka      kafkaEngine      `cmd:"" name:"kafka"`
	Postgres   postgresEngine   `cmd:"" name:"postgres"`
}

// engineFlags are common to all engines.
type engineFlags struct {
	Dir        string      `name:"dir" required:"" help:"Data directory of the engine."`
	Port       int         `name:"port" required:"" help:"Port on 127.0.0.1."`
	Secrets    string      `name:"secrets" help:"Folder with passwords."`
	EnginesDir string      `name:"engines-dir" help:"Folder with the engines' packages."`
	Logs       logs.Config `embed:""`
}

func (f engineFlags) start(name string) (context.Context, context.CancelFunc, *slog.Logger, error) {
	log, err := f.Logs.New(os.Stderr, name)
	if err != nil {
		return nil, nil, nil, err
	}
	ctx, cancel := proc.Context(context.Background())
	return ctx, cancel, log, nil
}

type clickHouseEngine struct {
	engineFlags `embed:""`
	TCPPort     int   `name:"tcp-port" help:"Port of the native protocol on 127.0.0.1."`
	MemoryMB    int64 `name:"clickhouse-memory-mb" help:"Most memory that it takes, in MiB."`
}

// Run implements the command.
func (c *clickHouseEngine) Run() error {
	paths, err := engines.Find(c.EnginesDir)
	if err != nil {
		return err
	}
	ctx, cancel, _, err := c.start("clickhouse")
	if err != nil {
		return err
	}
	defer cancel()
	return engines.ClickHouse{Library: paths.ClickHouse, Dir: c.Dir, HTTPPort: c.Port, TCPPort: c.TCPPort, Memory: c.MemoryMB << 20, Secrets: c.Secrets}.Run(ctx)
}

type kafkaEngine struct {
	engineFlags `embed:""`
}

// Run implements the command.
func (c *kafkaEngine) Run() error {
	ctx, cancel, log, err := c.start("kafka")
	if err != nil {
		return err
	}
	defer cancel()
	return engines.Kafka{Dir: c.Dir, Port: c.Port, Group: schema.AggregatorGroup,
		Others: []string{schema.TopicConversions, schema.TopicDeadLetter}, Log: log}.Run(ctx)
}

type postgresEngine struct {
	engineFlags `embed:""`
}

// Run implements the command.
func (c *postgresEngine) Run() error {
	paths, err := engines.Find(c.EnginesDir)
	if err != nil {
		return err
	}
	ctx, cancel, log, err := c.start("postgres")
	if err != nil {
		return err
	}
	defer cancel()
	return engines.Postgres{Programs: paths.Postgres, Dir: c.Dir, Port: c.Port, Secrets: c.Secrets, Output: os.Stderr, Log: log}.Run(ctx)
}
