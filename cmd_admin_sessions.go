package main

import (
	"context"
	"fmt"

	"noctra/admin"
)

type endSessionsCmd struct {
	Email string `arg:"" help:"E-mail address of the account."`
	Yes   bool   `name:"yes" help:"Do it; without it only says what would be done."`

	onRunning `embed:""`
}

// Run implements the command.
func (c *endSessionsCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
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
