package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/aggregator"
)

type aggregatorCmd struct {
	aggregator.Config `embed:""`
	Process           process `embed:"" set:"ops_addr=127.0.0.1:9096"`
}

// Validate reports all problems of the settings at once.
func (c *aggregatorCmd) Validate() error {
	return errors.Join(c.Config.Validate(), c.Process.Validate())
}

// Run implements the command.
func (c *aggregatorCmd) Run(ctx context.Context) error {
	return c.Process.serve(ctx, "aggregator", func(log *slog.Logger, registry *prometheus.Registry) (service, error) {
		return aggregator.New(c.Config, aggregator.Deps{Log: log, Registry: registry})
	})
}
