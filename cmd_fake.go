package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/fakes/google"
	"noctra/fakes/mail"
)

// fakeCmd has the stand-ins for services outside this machine; up --demo runs them.
type fakeCmd struct {
	Mail   fakeMailCmd   `cmd:"" help:"Take mail over SMTP and show it in an inbox page, instead of delivering it."`
	Google fakeGoogleCmd `cmd:"" help:"Answer for Google: consent and tokens, Data Manager, Google Ads, and a ledger of what counts."`
}

type fakeMailCmd struct {
	mail.Config `embed:""`
	Process     process `embed:"" set:"ops_addr=127.0.0.1:0"`
}

// Validate reports all problems of the settings at once.
func (c *fakeMailCmd) Validate() error {
	return errors.Join(c.Config.Validate(), c.Process.Validate())
}

// Run implements the command.
func (c *fakeMailCmd) Run(ctx context.Context) error {
	return c.Process.serve(ctx, "mail", func(log *slog.Logger, _ *prometheus.Registry) (service, error) {
		return mail.New(c.Config, log)
	})
}

type fakeGoogleCmd struct {
	google.Config `embed:""`
	Process       process `embed:"" set:"ops_addr=127.0.0.1:0"`
}

// Validate reports all problems of the settings at once.
func (c *fakeGoogleCmd) Validate() error {
	return errors.Join(c.Config.Validate(), c.Process.Validate())
}

// Run implements the command.
func (c *fakeGoogleCmd) Run(ctx context.Context) error {
	return c.Process.serve(ctx, "google", func(log *slog.Logger, _ *prometheus.Registry) (service, error) {
		return google.New(c.Config, log)
	})
}
