package main

import (
	"context"
	"errors"
	"os"

	"noctra/admin"
	"noctra/internal/clickhouse"
	"noctra/internal/failpoint"
	"noctra/internal/logs"
	"noctra/internal/postgres"
)

type rebuildCmd struct {
	Site string `name:"site" help:"Public key or number of a site (default: all sites)." placeholder:"SITE"`
	From string `name:"from" help:"First local day." placeholder:"YYYY-MM-DD"`
	To   string `name:"to" help:"Last local day." placeholder:"YYYY-MM-DD"`
	Data string `name:"data" help:"Data of a running noctra up, whose databases are used unless --clickhouse and --postgres name others." placeholder:"DIR" default:"./data"`

	databases `embed:"" set:"clickhouse_default=http://embedded" set:"postgres_default=postgres://embedded/noctra"` //nolint:govet,staticcheck // kong reads a tag that stands several times
	Logs      logs.Config                                                                                           `embed:""`
}

// databases are where reports and accounts are kept.
type databases struct {
	ClickHouse clickhouse.Config `embed:""`
	Postgres   postgres.Config   `embed:""`
}

// Run implements the command.
func (c *rebuildCmd) Run(ctx context.Context) error {
	log, err := c.Logs.New(os.Stderr, "rebuild")
	if err != nil {
		return err
	}
	if err := failpoint.Start("rebuild", log); err != nil {
		return err
	}
	config := admin.RebuildConfig{ClickHouse: c.ClickHouse, Postgres: c.Postgres, Site: c.Site, From: c.From, To: c.To, Log: log}
	if c.ClickHouse.Addr == embeddedClickHouse {
		if config.ClickHouse, err = runningClickHouse(c.Data); err != nil {
			return err
		}
	}
	if c.Postgres.URL == embeddedPostgres {
		ready, err := runningOn(c.Data)
		if err != nil {
			return err
		}
		config.Postgres = postgres.Config{URL: ready.Postgres}
	}
	if err := errors.Join(config.ClickHouse.Validate(), config.Postgres.Validate()); err != nil {
		return err
	}
	return admin.Rebuild(ctx, config)
}
