package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/uploader"
)

type uploaderCmd struct {
	uploader.Config `embed:""`
	Process         process `embed:"" set:"ops_addr=127.0.0.1:9093"`
}

// Validate reports all problems of the settings at once.
func (c *uploaderCmd) Validate() error {
	return errors.Join(c.Config.Validate(), c.Process.Validate())
}

// Run implements the command.
func (c *uploaderCmd) Run(ctx context.Context) error {
	return c.Process.serve(ctx, "uploader", func(log *slog.Logger, registry *prometheus.Registry) (service, error) {
		return uploader.New(c.Config, uploader.Deps{Log: log, Registry: registry, Now: time.Now})
	})
}
