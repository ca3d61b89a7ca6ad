package demo

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"noctra/demo/internal/crowd"
)

const (
	historyBatch = 800
	historyPace  = 110 * time.Millisecond // between batches: about 7,000 events a second, so that others get their turn
	day          = 24 * time.Hour
	// frontDays are the days, today included, that the collector takes: it refuses what lies
	// more than seven days back.
	frontDays = 7
)

// sink takes records; see front and topic.
type sink interface {
	send(ctx context.Context, records []record) error
}

// history sends the days before now, the newest first, so that the chart fills from its end.
type history struct {
	crowd    *crowd.Crowd
	days     int
	front    sink
	topic    sink
	progress *progress
	today    func() // is called when today has been sent
	pace     time.Duration
	log      *slog.Logger
}

// run sends what is missing of each day before now. Steps of today that lie after now are left out:
// today's visits end with the live ones.
func (h *history) run(ctx context.Context, now time.Time) error {
	begin, total := time.Now(), 0
	today := now.UTC().Truncate(day)
	for back := range h.days {
		date := today.AddDate(0, 0, -back)
		to := h.front
		if back >= frontDays {
			to = h.topic
		}
		end := date.Add(day)
		if back == 0 {
			end = now
		}
		sent, err := h.sendDay(ctx, to, date, h.progress.until(date), end)
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

// sendDay sends the steps of the visits that begin on date, from the first at or after from to the
// last before end. A visit over midnight belongs to the day on which it began, whole.
func (h *history) sendDay(ctx context.Context, to sink, date, from, end time.Time) (sent int, err error) {
	if !from.Before(end) {
		return 0, nil
	}
	whole := end.Equal(date.Add(day))
	var batch []record
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := to.send(ctx, batch); err != nil {
			return err
		}
		sent, batch = sent+len(batch), nil
		return pause(ctx, h.pace)
	}
	for _, visit := range h.crowd.Day(date) {
		for i := range visit.Steps {
			step := &visit.Steps[i]
			if step.At.Before(from) || !whole && !step.At.Before(end) {
				continue
			}
			if batch = append(batch, record{visit, step}); len(batch) < historyBatch {
				continue
			}
			if err := flush(); err != nil {
				return sent, err
			}
		}
	}
	return sent, flush()
}

// errEnded reports whether err only says that the service is asked to end.
func errEnded(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}
