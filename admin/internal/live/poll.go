package live

import (
	"context"
	"time"
)

// settle is how many more times figures are asked for after a change: the mark may be seen a moment
// before the rows behind it.
const settle = 2

// poll looks after one site until ctx ends.
func (h *Hub) poll(ctx context.Context, w *watch) {
	ticker := time.NewTicker(h.opts.Every)
	defer ticker.Stop()
	p := poller{hub: h, watch: w}
	for {
		if err := p.look(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("live figures not read", "site_id", uint64(w.site.ID), "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// poller is what is known of a site between two looks.
type poller struct {
	hub   *Hub
	watch *watch
	mark  any // nil before the first
	more  int // times to ask again without a change
	asked time.Time
}

// look asks whether something changed, and for the figures when it did, or when they are old.
func (p *poller) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.hub.opts.Timeout)
	defer cancel()
	mark, err := p.hub.source.Mark(ctx, p.watch.site)
	if err != nil {
		return err
	}
	if mark != p.mark {
		p.more = 1 + settle
	}
	p.mark = mark
	if p.more == 0 && time.Since(p.asked) < p.hub.opts.Refresh {
		return nil
	}
	figures, err := p.hub.source.Figures(ctx, p.watch.site)
	if err != nil {
		p.more = max(p.more, 1) // the change is still owed
		return err
	}
	p.more = max(p.more-1, 0)
	p.asked = time.Now()
	p.hub.send(p.watch, figures)
	return nil
}
