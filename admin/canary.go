package admin

import (
	"context"
	"fmt"
	"time"

	"noctra/admin/internal/canary"
	"noctra/admin/internal/report"
	"noctra/internal/ops"
)

// watchCanary prepares the look-out for the events that collectors send themselves, unless it is off.
func (s *Service) watchCanary(deps Deps) {
	if s.config.CanaryEvery > 0 {
		s.canary = canary.New(s.reader, canary.Options{Every: s.config.CanaryEvery, Log: deps.Log, Registry: deps.Registry, Now: deps.Now})
	}
}

// lookForCanaries looks until ctx ends.
func (s *Service) lookForCanaries(ctx context.Context) {
	if s.canary != nil {
		s.canary.Run(ctx)
	}
}

// lastCanary is what reports say of the newest canary, nil before the first.
func (s *Service) lastCanary() *report.Canary {
	if s.canary == nil {
		return nil
	}
	seen, ok := s.canary.Newest()
	if !ok {
		return nil
	}
	return &report.Canary{DelaySeconds: seen.Delay.Seconds(), SeenAt: seen.SeenAt.UTC().Truncate(time.Millisecond), Missing: s.canary.Missing() > 0}
}

// missingCanary returns a note where no canary has come for long, otherwise nil.
func (s *Service) missingCanary() error {
	if s.canary == nil {
		return nil
	}
	if age := s.canary.Missing(); age > 0 {
		return ops.Note(fmt.Sprintf("no canary has come through for %s: reports are behind, or no collector sends one", age.Round(time.Second)))
	}
	return nil
}
