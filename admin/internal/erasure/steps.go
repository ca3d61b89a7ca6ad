package erasure

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	visits "noctra/admin/internal/slices"
	"noctra/admin/internal/store"
	"noctra/internal/clickhouse"
	"noctra/internal/pseudonym"
	"noctra/schema"
)

// States of an erasure.
const (
	requested  = "requested"
	keepingOut = "keeping_out"
	erasing    = "erasing"
	checking   = "checking"
	done       = "done"
)

// step does what the state asks for and moves on.
func (r *Runner) step(ctx context.Context, j *job) error {
	switch j.State {
	case requested:
		return r.findPeople(ctx, j)
	case keepingOut:
		return r.awaitStored(ctx, j)
	case erasing:
		return r.erase(ctx, j)
	case checking:
		return r.check(ctx, j)
	}
	return r.watch(ctx, j)
}

func (r *Runner) move(j *job, state string) {
	now := r.deps.Now()
	j.State, j.StateAt, j.NextAt, j.DoneAt = state, now, now, nil
}

// people are who is erased, by site.
func (j *job) people() []*person {
	var all []*person
	for _, s := range j.sites {
		p := &person{site: s.SiteID, keys: pseudonym.ErasureKeysOf(s.IdentityKey)}
		for _, b := range j.blocks {
			if b.site == s.SiteID {
				p.of(b)
			}
		}
		all = append(all, p)
	}
	return all
}

// findPeople finds out what else belongs to who was named, and has it kept out as well.
func (r *Runner) findPeople(ctx context.Context, j *job) error {
	if _, err := r.widen(ctx, j); err != nil {
		return err
	}
	r.move(j, keepingOut)
	return nil
}

func (r *Runner) widen(ctx context.Context, j *job) (fresh bool, err error) {
	if j.Scope != Visitor {
		return false, nil
	}
	for _, p := range j.people() {
		blocks, err := p.widen(ctx, r.deps.Conn)
		if err != nil {
			return fresh, err
		}
		for _, b := range blocks {
			added, err := b.add(ctx, store.New(r.deps.Pool), j.ID)
			if err != nil {
				return fresh, err
			}
			fresh = fresh || added
			j.blocks = append(j.blocks, b)
		}
	}
	return fresh, nil
}

// awaitStored waits until every collector keeps the events out, and then until all that Kafka had is
// stored. What is there goes meanwhile: that takes the longer the more there is.
func (r *Runner) awaitStored(ctx context.Context, j *job) error {
	since := j.StateAt.Add(r.deps.Settle)
	if r.deps.Now().Before(since) {
		return waiting{until: since}
	}
	if j.receipt.KeptOutAt == nil {
		at := since.UTC()
		j.receipt.KeptOutAt = &at
		if err := r.erasePeople(ctx, j); err != nil {
			return err
		}
	}
	until, known, err := storedUntil(ctx, r.deps.Conn)
	if err != nil {
		return err
	}
	if known && until.Before(since) {
		if r.deps.Now().Sub(since) < time.Minute {
			return waiting{}
		}
		return waiting{why: "Events that were on their way are not stored yet: the aggregator is behind or gone."}
	}
	r.move(j, erasing)
	return nil
}

// storedUntil says up to when everything that Kafka took is stored; known is false where no aggregator
// ever ran.
func storedUntil(ctx context.Context, conn Conn) (until time.Time, known bool, err error) {
	const settling = 5000 // an aggregator may know of a new message that much later, in milliseconds
	err = clickhouse.Each(ctx, conn, fmt.Sprintf(`SELECT min(if(toUnixTimestamp64Milli(oldest) > 0, toUnixTimestamp64Milli(oldest), toUnixTimestamp64Milli(at) - %d)), count()
		FROM partitions FINAL WHERE topic = %s`, settling, clickhouse.Quote(schema.TopicEvents)), func(rows driver.Rows) error {
		var ms int64
		var n uint64
		err := rows.Scan(&ms, &n)
		until, known = time.UnixMilli(ms), n > 0
		return err
	})
	if err != nil {
		return until, false, fmt.Errorf("read how far the aggregators are: %w", err)
	}
	return until, known, nil
}

// erase hides everything from every question, and makes the days anew without it.
func (r *Runner) erase(ctx context.Context, j *job) error {
	if j.Scope != Visitor {
		for _, s := range j.sites {
			if err := r.clearSite(ctx, j, s.SiteID); err != nil {
				return err
			}
		}
		return r.hidden(j)
	}
	if err := r.erasePeople(ctx, j); err != nil {
		return err
	}
	f, err := erasedOf(ctx, r.deps.Conn, j.ID)
	if err != nil {
		return err
	}
	j.receipt.note(f)
	return r.hidden(j)
}

func (r *Runner) hidden(j *job) error {
	at := r.deps.Now().UTC()
	j.receipt.HiddenAt = &at
	r.move(j, checking)
	return nil
}

// erasePeople does so with what there is of each person now.
func (r *Runner) erasePeople(ctx context.Context, j *job) error {
	if j.Scope != Visitor {
		return nil
	}
	if _, err := r.widen(ctx, j); err != nil {
		return err
	}
	people := j.people()
	for i := range j.sites {
		if err := r.erasePerson(ctx, j, &j.sites[i], people[i]); err != nil {
			return err
		}
	}
	return nil
}

// erasePerson deletes a person's events of a site, and makes their days anew.
func (r *Runner) erasePerson(ctx context.Context, j *job, s *store.ErasureSitesRow, p *person) error {
	if s.TimeZone == "" {
		return nil // the site is gone, and everything of it
	}
	r.deps.Turn.Lock()
	defer r.deps.Turn.Unlock()
	for {
		f, err := find(ctx, r.deps.Conn, p.where(), s.TimeZone)
		if err != nil {
			return err
		}
		if len(f.places) == 0 {
			break
		}
		if err := r.saveDays(ctx, j, s, f.days, 0); err != nil { // first: afterwards nothing tells them
			return err
		}
		where := f.where(p.site)
		if err := keep(ctx, r.deps.Conn, j.ID, where); err != nil {
			return err
		}
		if err := r.dropLedger(ctx, j, p, f.ids); err != nil {
			return err
		}
		if err := r.hide(ctx, where); err != nil {
			return err
		}
	}
	if err := r.dropLedger(ctx, j, p, nil); err != nil {
		return err
	}
	if s.Remade != 0 || len(s.Days) == 0 {
		return nil
	}
	if len(p.visitors) > 0 {
		n, err := count(ctx, r.deps.Conn, "visits", fmt.Sprintf("site_id = %d AND visitor_id IN (%s)", s.SiteID, list(p.visitors)))
		if err != nil {
			return err
		}
		j.receipt.note(Found{Store: "clickhouse", Table: "visits", Rows: n})
	}
	from, err := visits.MakeWithout(ctx, r.deps.Conn, siteOf(s), dayNumbers(s))
	if err != nil {
		return err
	}
	return r.saveDays(ctx, j, s, nil, int64(from))
}
