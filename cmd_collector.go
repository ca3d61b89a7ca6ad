package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/collector"
)

type collectorCmd struct {
	collector.Config `embed:""`
	Process          process `embed:"" set:"ops_addr=127.0.0.1:9091"`
}

// Validate reports all problems of the settings at once.
func (c *collectorCmd) Validate() error {
	return errors.Join(c.Config.Validate(), c.Process.Validate())
}

// Run implements the command.
func (c *collectorCmd) Run(ctx context.Context) error {
	return c.Process.serve(ctx, "collector", func(log *slog.Logger, registry *prometheus.Registry) (service, error) {
		return collector.New(c.Config, collector.Deps{Log: log, Registry: registry})
	})
}
