package main

import (
	"context"
	"os"

	"noctra/internal/engines"
	"noctra/internal/logs"
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

type clickHouseEngine struct {
	engineFlags `embed:""`
	TCPPort     int      `name:"tcp-port" help:"Port of the native protocol."`
	MemoryMB    int64    `name:"clickhouse-memory-mb" help:"Most memory that it takes, in MiB."`
	Host        string   `name:"host" help:"Loopback address to listen on." default:"127.0.0.1"`
	Shards      []string `name:"shard" help:"Native address of each shard of the cluster noctra." placeholder:"HOST:PORT"`
}

// Run implements the command.
func (c *clickHouseEngine) Run(ctx context.Context) error {
	paths, err := engines.Find(c.EnginesDir)
	if err != nil {
		return err
	}
	return engines.ClickHouse{Library: paths.ClickHouse, Dir: c.Dir, Host: c.Host, HTTPPort: c.Port, TCPPort: c.TCPPort, Shards: c.Shards,
		Memory: c.MemoryMB << 20, Secrets: c.Secrets}.Run(ctx)
}

type kafkaEngine struct {
	engineFlags `embed:""`
}

// Run implements the command.
func (c *kafkaEngine) Run(ctx context.Context) error {
	log, err := c.Logs.New(os.Stderr, "kafka")
	if err != nil {
		return err
	}
	return engines.Kafka{Dir: c.Dir, Port: c.Port, Group: schema.AggregatorGroup,
		Others: []string{schema.TopicDeadLetter}, Log: log}.Run(ctx)
}

type postgresEngine struct {
	engineFlags `embed:""`
}

// Run implements the command.
func (c *postgresEngine) Run(ctx context.Context) error {
	paths, err := engines.Find(c.EnginesDir)
	if err != nil {
		return err
	}
	log, err := c.Logs.New(os.Stderr, "postgres")
	if err != nil {
		return err
	}
	return engines.Postgres{Programs: paths.Postgres, Dir: c.Dir, Port: c.Port, Secrets: c.Secrets, Output: os.Stderr, Log: log}.Run(ctx)
}
