package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/failpoint"
	"noctra/internal/logs"
	"noctra/internal/ops"
)

// stopLimit is how long a service may take to end once it was asked to.
const stopLimit = 15 * time.Second

// service is what every service folder exports.
type service interface {
	Run(ctx context.Context) error
	Ready() error
}

// process is the settings that every service has besides its own.
type process struct {
	Ops  ops.Config  `embed:""`
	Logs logs.Config `embed:""`
}

// Validate reports everything that is wrong with p, joined.
func (p process) Validate() error { return errors.Join(p.Ops.Validate(), p.Logs.Validate()) }

// serve runs one service with its private server until it is asked to stop. build makes the
// service; it gets everything that the process provides.
func (p process) serve(ctx context.Context, name string, build func(log *slog.Logger, registry *prometheus.Registry) (service, error)) error {
	log, err := p.Logs.New(os.Stderr, name)
	if err != nil {
		return err
	}
	if err := failpoint.Start(name, log); err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	s, err := build(log, registry)
	if err != nil {
		return err
	}
	private, err := ops.New(p.Ops, ops.Deps{Log: log, Registry: registry, Ready: s.Ready})
	if err != nil {
		return err
	}
	log.Info("service starts", "ops_addr", private.Addr(), "version", versionText())
	return runBoth(ctx, log, s, private)
}

// runBoth runs the service and its private server; the server outlives the service, so that
// its end can be watched.
func runBoth(ctx context.Context, log *slog.Logger, s service, private *ops.Server) error {
	serving, stopServing := context.WithCancel(context.Background())
	defer stopServing()
	privateEnded := make(chan error, 1)
	go func() { privateEnded <- private.Run(serving) }()

	working, stopWorking := context.WithCancel(ctx)
	defer stopWorking()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(working) }()

	var err error
	select {
	case err = <-ended:
	case err = <-privateEnded:
		stopWorking()
		return errors.Join(err, <-ended)
	case <-ctx.Done():
		begin := time.Now()
		select {
		case err = <-ended:
			log.Info("service stopped", "took", time.Since(begin).Round(time.Millisecond).String())
		case <-time.After(stopLimit):
			return fmt.Errorf("service did not stop within %s", stopLimit)
		}
	}
	stopServing()
	return errors.Join(err, <-privateEnded)
}
