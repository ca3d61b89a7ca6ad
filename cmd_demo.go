package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/demo"
)

type demoCmd struct {
	demo.Config `embed:""`
	Process     process `embed:"" set:"ops_addr=127.0.0.1:9095"`
}

// Validate reports all problems of the settings at once.
func (c *demoCmd) Validate() error {
	return errors.Join(c.Config.Validate(), c.Process.Validate())
}

// Run implements the command.
func (c *demoCmd) Run(ctx context.Context) error {
	return c.Process.serve(ctx, "demo", func(log *slog.Logger, registry *prometheus.Registry) (service, error) {
		return demo.New(c.Config, demo.Deps{Log: log, Registry: registry, Now: time.Now})
	})
}
