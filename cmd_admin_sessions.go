package main

import (
	"context"
	"fmt"

	"noctra/admin"
)

type endSessionsCmd struct {
	Email string `arg:"" help:"E-mail address of the account."`
	Data  string `name:"data" help:"Data of a running noctra up, whose Postgres is meant unless --postgres names another." placeholder:"DIR" default:"./data"`
	Yes   bool   `name:"yes" help:"Do it; without it only says what would be done."`

	admin.Config `embed:"" set:"postgres_default=postgres://embedded/noctra" set:"clickhouse_default=http://embedded"` //nolint:govet,staticcheck // kong reads a tag that stands several times
}

// Run implements the command.
func (c *endSessionsCmd) Run(ctx context.Context, p *program) error {
	config, err := ofRunning(c.Config, c.Data)
	if err != nil {
		return err
	}
	ended, err := admin.EndSessions(ctx, config, c.Email, c.Yes)
	if err != nil {
		return err
	}
	done := "would end; " + nothingDone
	if c.Yes {
		done = "have ended"
	}
	_, err = fmt.Fprintf(p.stdout, "%d sign-ins %s\n", ended, done)
	return err
}
