package notes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Write brings what waits to the writer. After an error it waits again, as far as there is room.
func (n *Notes) Write(ctx context.Context) error {
	n.mu.Lock()
	b := n.waiting
	n.waiting, n.fresh = newBatch(), false
	n.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	var errs []error
	if len(b.uses) > 0 {
		err := n.writer.WriteUses(ctx, b.listUses())
		n.settle(b.uses, err)
		errs = append(errs, err)
	}
	if len(b.seen) > 0 {
		err := n.writer.WriteSightings(ctx, b.listSeen())
		n.settleSeen(b, err)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (b batch) listUses() []Use {
	uses := make([]Use, 0, len(b.uses))
	for key, u := range b.uses {
		uses = append(uses, Use{key, u.first.Time(), u.last.Time()})
	}
	return uses
}

func (b batch) listSeen() []Seen {
	all := make([]Seen, 0, len(b.seen))
	for s, one := range b.seen {
		all = append(all, Seen{s, s.hour.Time(), one.n, one.last.Time()})
	}
	return all
}

// settle remembers uses that were written, and keeps those that were not.
func (n *Notes) settle(uses map[int64]use, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.keys) > mostUses {
		clear(n.keys)
	}
	for key, u := range uses {
		if err == nil {
			n.keys[key] = true
			continue
		}
		if now, ok := n.waiting.uses[key]; ok {
			u.last = max(u.last, now.last)
		} else if len(n.waiting.uses) >= mostUses {
			continue
		}
		n.waiting.uses[key] = u
	}
}

func (n *Notes) settleSeen(b batch, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.known) > mostUses {
		clear(n.known)
	}
	for s, one := range b.seen {
		if err == nil {
			n.known[s] = true
			continue
		}
		now, of := n.waiting.seen[s], siteKind{s.Site, s.Kind}
		switch {
		case now != nil:
			now.n, now.last = now.n+one.n, max(now.last, one.last)
		case len(n.waiting.seen) < mostSeen && n.waiting.of[of] < mostOfSite:
			n.waiting.seen[s] = one
			n.waiting.of[of]++
		}
	}
}

// Postgres is the Writer to the tables server_key_uses and site_sightings.
type Postgres struct{ Pool *pgxpool.Pool }

// In the order of keys, so that two collectors do not wait for each other. What collectors say within a
// minute of each other is one writing.
const writeUses = `INSERT INTO server_key_uses AS u (key_id, first_used_at, last_used_at)
SELECT n.id, n.first, n.last FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS n (id, first, last)
WHERE EXISTS (SELECT FROM server_keys k WHERE k.id = n.id) ORDER BY n.id
ON CONFLICT (key_id) DO UPDATE SET last_used_at = excluded.last_used_at WHERE excluded.last_used_at >= u.last_used_at + interval '1 minute'`

// WriteUses implements Writer.
func (p Postgres) WriteUses(ctx context.Context, uses []Use) error {
	ids, firsts, lasts := make([]int64, len(uses)), make([]time.Time, len(uses)), make([]time.Time, len(uses))
	for i, u := range uses {
		ids[i], firsts[i], lasts[i] = u.Key, u.First, u.Last
	}
	if _, err := p.Pool.Exec(ctx, writeUses, ids, firsts, lasts); err != nil {
		return fmt.Errorf("write use of %d server keys: %w", len(uses), err)
	}
	return nil
}

const writeSightings = `INSERT INTO site_sightings AS s (site_id, hour, kind, host, detail, n, last_at)
SELECT v.* FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[]) AS v (site_id, hour, kind, host, detail, n, last_at)
WHERE EXISTS (SELECT FROM sites WHERE id = v.site_id) AND (
    (SELECT count(*) FROM site_sightings o WHERE o.site_id = v.site_id AND o.hour = v.hour AND o.kind = v.kind) < $8
    OR EXISTS (SELECT FROM site_sightings o WHERE (o.site_id, o.hour, o.kind, o.host, o.detail) = (v.site_id, v.hour, v.kind, v.host, v.detail)))
ORDER BY v.site_id, v.hour, v.kind, v.host, v.detail
ON CONFLICT (site_id, hour, kind, host, detail) DO UPDATE SET n = s.n + excluded.n, last_at = greatest(s.last_at, excluded.last_at)`

// WriteSightings implements Writer. An hour of a site that has enough of a kind gets no new ones.
func (p Postgres) WriteSightings(ctx context.Context, seen []Seen) error {
	var sites, counts []int64
	var hours, lasts []time.Time
	var kinds, hosts, details []string
	for _, s := range seen {
		sites, hours, kinds = append(sites, int64(s.Site)), append(hours, s.Hour), append(kinds, s.Kind)
		hosts, details = append(hosts, s.Host), append(details, s.Detail)
		counts, lasts = append(counts, s.N), append(lasts, s.Last)
	}
	if _, err := p.Pool.Exec(ctx, writeSightings, sites, hours, kinds, hosts, details, counts, lasts, mostOfSite); err != nil {
		return fmt.Errorf("write %d sightings: %w", len(seen), err)
	}
	return nil
}
