package demo

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"noctra/demo/internal/crowd"
	"noctra/demo/internal/shop"
)

// place is a shop with the keys of its site.
type place struct {
	shop     *crowd.Shop
	keys     keys
	seed     uint64
	progress string        // file
	zone     time.Duration // from the midnight of UTC to that of the site, in summer and winter
}

// startTraffic lets the owner set things up, and begins with history and live visits side by side.
func (s *Service) startTraffic(ctx context.Context, k keys, run func(func() error)) error {
	w := &work{service: s, keys: k, run: run, file: filepath.Join(s.cfg.Dir, "branch.json")}
	first := w.setUp(ctx) // before what it is about comes in
	err := s.open(ctx, place{shop: crowd.Main(), keys: k, seed: s.cfg.Seed, progress: "history.json"}, run)
	if err != nil {
		return err
	}
	run(func() error { return w.goOn(ctx, first) })
	return nil
}

// open begins with history and live visits of a shop.
func (s *Service) open(ctx context.Context, p place, run func(func() error)) error {
	known, err := openProgress(filepath.Join(s.cfg.Dir, p.progress), p.seed, p.keys.SiteKey)
	if err != nil {
		return err
	}
	old, err := newTopic(s.cfg.Kafka, p.keys, s.deps, s.metrics)
	if err != nil {
		return err
	}
	now := s.deps.Now()
	send := newFront(s.cfg.CollectorURL, p.keys, s.deps.Log, s.metrics)
	present := newLive(p.shop, send, p.seed, s.deps.Now)
	s.join(present)
	past := &history{
		crowd: crowd.New(p.shop, p.seed), days: s.cfg.HistoryDays, front: send, topic: old, progress: known, log: s.deps.Log, now: s.deps.Now, pace: historyPace, zone: p.zone,
		today: func() {
			present.follow(func(until time.Time) error { return known.reach(until.UTC().Truncate(day), until.UTC()) })
		},
	}
	run(func() error { return errors.Join(past.run(ctx, now), old.close()) })
	run(func() error { return present.run(ctx) })
	return nil
}

// join adds live visits to those that the shop's switch stops; a later shop is as the others are.
func (s *Service) join(l *live) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.lives) > 0 && s.lives[0].isPaused() {
		l.setPaused(true)
	}
	s.lives = append(s.lives, l)
}

// State is off when the demo makes no traffic at all, else paused or running.
func (s *Service) State() shop.TrafficState {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(s.lives) == 0:
		return shop.TrafficOff
	case s.lives[0].isPaused():
		return shop.TrafficPaused
	}
	return shop.TrafficRunning
}

// SetPaused stops live visits or lets them go on. It does nothing where the demo makes no traffic.
func (s *Service) SetPaused(paused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lives {
		l.setPaused(paused)
	}
}
