package aggregator

import (
	"context"
	"time"

	"noctra/aggregator/internal/rows"
)

const (
	lookAtTables = 5 * time.Second
	tablesAtMost = time.Second // between two looks, however much fails
)

// watchTables looks whether somebody altered the tables: regularly, since without its view inserts
// succeed, and soon after something has failed. Until ctx ends.
func (s *Service) watchTables(ctx context.Context) {
	ticker := time.NewTicker(lookAtTables)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.suspect:
		}
		s.lookAtTables(ctx)
		wait(ctx, tablesAtMost)
	}
}

// lookAtTables stops inserts while tables are not right. Once the view is back, touched is made right
// for what came in without it, before anything else comes in.
func (s *Service) lookAtTables(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	altered, err := s.store.Check(asking, rows.New().Block().Entries)
	if err != nil {
		return // whoever inserts says so
	}
	before := s.altered.Load()
	switch {
	case altered != nil:
		altered.ViewGone = altered.ViewGone || before != nil && before.ViewGone
		s.altered.Store(altered)
		s.sick(tables, altered)
		s.warn.Error("tables are altered, nothing is inserted until they are put right", "error", altered.Error())
	case before != nil:
		if before.ViewGone {
			s.inserts.Lock()
			defer s.inserts.Unlock()
			if err := s.store.MendAll(ctx); err != nil {
				s.warn.Warn("touched hours not mended, it is tried again", "error", err.Error())
				return
			}
		}
		s.altered.Store(nil)
		s.healthy(tables)
		s.log.Info("tables are right again")
	}
}
