package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/admin"
)

type adminCmd struct {
	Serve      adminServeCmd `cmd:"" default:"withargs" help:"Run the service (what noctra admin does by itself)."`
	SignInLink signInLinkCmd `cmd:"" name:"sign-in-link" help:"Print a link that signs an account in, once, within an hour."`
}

type adminServeCmd struct {
	admin.Config `embed:""`
	Process      process `embed:"" set:"ops_addr=127.0.0.1:9094"`
}

// Validate reports all problems of the settings at once.
func (c *adminServeCmd) Validate() error {
	return errors.Join(c.Config.Validate(), c.Process.Validate())
}

// Run implements the command.
func (c *adminServeCmd) Run(ctx context.Context) error {
	return c.Process.serve(ctx, "admin", func(log *slog.Logger, registry *prometheus.Registry) (service, error) {
		return admin.New(c.Config, admin.Deps{Log: log, Registry: registry})
	})
}

type signInLinkCmd struct {
	Email string `arg:"" help:"E-mail address of the account."`
	Data  string `name:"data" help:"Data of a running noctra up, whose Postgres is asked unless --postgres names another." placeholder:"DIR" default:"./data"`

	admin.Config `embed:"" set:"postgres_default=postgres://embedded/noctra" set:"clickhouse_default=http://embedded"` //nolint:govet,staticcheck // kong reads a tag that stands several times
}

// Run implements the command.
func (c *signInLinkCmd) Run(ctx context.Context, p *program) error {
	config := c.Config
	if config.Postgres.URL == embeddedPostgres {
		ready, err := runningOn(c.Data)
		if err != nil {
			return err
		}
		config.Postgres.URL, config.PublicURL = ready.Postgres, ready.AdminURL
	}
	link, err := admin.SignInLink(ctx, config, c.Email)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, link)
	return err
}
