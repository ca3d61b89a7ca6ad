package demo

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"noctra/demo/internal/crowd"
)

const (
	historyBatch = 800
	historyPace  = 110 * time.Millisecond // between batches: about 7,000 events a second, so that others get their turn
	day          = 24 * time.Hour
	// frontReach is how far a day may lie back to go through the collector, which refuses what is
	// older than seven days: some time is left for sending it. These are today and the six days
	// before, in the last two hours of a day one less.
	frontReach = 7*day - 2*time.Hour
)

// sink takes records; see front and topic.
type sink interface {
	send(ctx context.Context, records []record) error
}

// history sends the days before now, the newest first, so that the chart fills from its end.
type history struct {
	crowd    *crowd.Crowd
	days     int
	zone     time.Duration // after midnight of UTC, when the first day begins in the shop's own time
	front    sink
	topic    sink
	progress *progress
	today    func() // is called when today has been sent
	now      func() time.Time
	pace     time.Duration
	log      *slog.Logger
}

// run sends what is missing of each day, as far as it lies before start: the visits of today end
// where the live ones begin.
func (h *history) run(ctx context.Context, start time.Time) error {
	begin, total := time.Now(), 0
	today := start.UTC().Truncate(day)
	for back := range h.days {
		date := today.AddDate(0, 0, -back)
		end := date.Add(day)
		if end.After(start) {
			end = start
		}
		sent, err := h.sendDay(ctx, date, end, start)
		if err != nil {
			return err
		}
		total += sent
		if err := h.progress.reach(date, end); err != nil {
			return err
		}
		if back == 0 {
			h.today()
		}
	}
	if total > 0 {
		h.log.Info("history is complete", "days", h.days, "events", total, "took", time.Since(begin).Round(time.Millisecond).String())
	}
	return nil
}

// sendDay sends the steps of the visits that begin on date, but for those that were sent before.
// A visit over midnight belongs to the day on which it began; what of it lies after start is left
// out.
func (h *history) sendDay(ctx context.Context, date, end, start time.Time) (sent int, err error) {
	from := h.progress.until(date)
	if begin := date.Add(h.zone); date.Equal(start.UTC().Truncate(day).AddDate(0, 0, 1-h.days)) && from.Before(begin) {
		from = begin
	}
	if !from.Before(end) {
		return 0, nil
	}
	to := h.front
	if date.Before(h.now().Add(-frontReach)) {
		to = h.topic
	}
	missing := h.missing(date, from, start)
	for batch := range slices.Chunk(missing, historyBatch) {
		if err := to.send(ctx, batch); err != nil {
			return sent, err
		}
		sent += len(batch)
		if err := pause(ctx, h.pace); err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// missing lists the steps at or after from and before start.
func (h *history) missing(date, from, start time.Time) []record {
	var records []record
	for _, visit := range h.crowd.Day(date) {
		for i := range visit.Steps {
			if at := visit.Steps[i].At; !at.Before(from) && at.Before(start) {
				records = append(records, record{visit, &visit.Steps[i]})
			}
		}
	}
	return records
}

// errEnded reports whether err only says that the service is asked to end.
func errEnded(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}
