package uploader

import (
	"context"
	"time"
)

// sum adds up days that were marked, over and over. It rests longer the longer that took, so that days with
// very many sales, which are marked all the time, do not keep Postgres busy.
func (s *Service) sum(ctx context.Context) {
	for ctx.Err() == nil {
		began := s.now()
		within, cancel := context.WithTimeout(ctx, sumTimeout)
		more, err := s.sums.Step(within)
		cancel()
		if err != nil && ctx.Err() == nil {
			s.warn.Warn("sales not added up, it is tried again", "error", err.Error())
		}
		took := s.now().Sub(began)
		rest := max(sumEvery, sumRest*took)
		if more {
			rest = took
		}
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
}
