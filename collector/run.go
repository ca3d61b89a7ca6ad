package collector

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/logs"
	"noctra/internal/postgres"
	"noctra/schema"
)

// Times of a stop; together less than the 15 s that a process has.
const (
	closeTime = 9 * time.Second // what is in flight is answered, after --drain-time
	tendEvery = 30 * time.Second
	watchGeo  = time.Minute
)

// Run serves until ctx ends; then what is in flight is answered. It returns when everything that
// it started has ended.
func (s *Service) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, s.closeStores()) }()
	if err := s.checkSchema(ctx); err != nil {
		return errors.Join(err, s.listener.Close())
	}
	background, stop := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	start := func(run func(context.Context)) {
		parts.Add(1)
		go func() {
			defer parts.Done()
			run(background)
		}()
	}
	producing, stopProducing := context.WithCancel(context.Background())
	var producers sync.WaitGroup
	producers.Go(func() { s.events.Run(producing) })
	producers.Go(func() { s.deadLetters.Run(producing) })
	start(s.sites.Run)
	start(s.tendSalts)
	start(s.keepCopy)
	start(s.noted.Run)
	start(s.letters.run)
	start(s.tally.run)
	start(s.guard.Run)
	start(func(context.Context) { s.canary.run(ctx) }) // ends with the first sign of a stop
	if s.keeper != nil {
		producers.Go(func() { s.keeper.drains.Run(producing) })
		start(s.keeper.run)
	}
	start(func(ctx context.Context) { s.places.Watch(ctx, watchGeo, s.log) })

	served := make(chan error, 1)
	go func() { served <- s.server.Serve(s.listener) }()
	select {
	case err = <-served:
		err = fmt.Errorf("serve events: %w", err)
	case <-ctx.Done():
		err = errors.Join(s.drain(), <-served)
	}
	stop()
	parts.Wait()
	stopProducing()
	producers.Wait()
	s.kafka.Transport.(*kafkago.Transport).CloseIdleConnections()
	return err
}

// closeStores ends what New opened, when nothing uses it any more.
func (s *Service) closeStores() error {
	s.pool.Close()
	if s.spool == nil {
		return nil
	}
	return s.spool.Close()
}

// drain ends the server: first answers tell clients to go, then nothing new is taken, then what
// is in flight is waited for.
func (s *Service) drain() error {
	s.draining.Store(true)
	timer := time.NewTimer(s.config.DrainTime)
	defer timer.Stop()
	<-timer.C
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := s.server.ShutdownWithContext(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop serving events: %w", err)
	}
	return nil
}

// checkSchema refuses to run on a database that this version does not know. A database that does
// not answer is no reason: the last known sites are on disk, or the service is not ready.
func (s *Service) checkSchema(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := s.pool.Ping(ctx); err != nil {
		s.log.Warn("postgres does not answer, its schema is not checked", "error", err.Error())
		return nil
	}
	return postgres.CheckSchema(ctx, s.pool, schema.Postgres())
}

// tendSalts keeps salts in time until ctx ends.
func (s *Service) tendSalts(ctx context.Context) {
	ticker := time.NewTicker(tendEvery)
	defer ticker.Stop()
	quiet := logs.Throttle(s.log, time.Minute, time.Now)
	for {
		asking, cancel := context.WithTimeout(ctx, 10*time.Second)
		if err := s.salts.Tend(asking, s.sites.Snapshot().Zones()); err != nil && ctx.Err() == nil {
			quiet.Warn("salts not tended", "error", err.Error())
		}
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// panicText is what the log gets of a panic.
func panicText(cause any) string { return fmt.Sprintf("%v\n%s", cause, debug.Stack()) }
