package corrections

import (
	"context"
	"fmt"
	"strings"
	"time"

	"noctra/internal/clickhouse"
	"noctra/internal/pseudonym"
	"noctra/schema"
)

// MostFound bounds how many events a search returns.
const MostFound = 50

// Search says which events of a site are looked for. All that is set has to fit. Without an event id it
// is for a day, since events lie by site and time.
type Search struct {
	Site      schema.SiteID
	From, To  time.Time // zero: all times
	EventID   string
	OrderID   string
	VisitorID string // as the site sends it
	UserID    string // as the site sends it
}

// Hit is an event that was found.
type Hit struct {
	EventID    string
	Kind       string
	Name       string // of a goal or interaction
	OccurredAt time.Time
	Hostname   string
	Path       string
	Title      string
	OrderID    string
	Amount     schema.Micros
	Currency   string
	Corrected  bool
}

// Find looks for events, the newest first; more is true when there are others. Time is bounded by ctx.
func (s *Service) Find(ctx context.Context, q Search) (hits []Hit, more bool, err error) {
	where, err := s.where(ctx, q)
	if err != nil {
		return nil, false, err
	}
	rows, err := s.deps.Conn.Query(ctx, fmt.Sprintf(`SELECT event_id, toString(kind), toString(name), occurred_at, toString(hostname), toString(path), toString(title), order_id, amount, toString(currency), corrected = 1
FROM events WHERE %s ORDER BY site_id DESC, occurred_at DESC LIMIT %d`, where, MostFound+1))
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrLook, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var h Hit
		if err := rows.Scan(&h.EventID, &h.Kind, &h.Name, &h.OccurredAt, &h.Hostname, &h.Path, &h.Title, &h.OrderID, (*int64)(&h.Amount), &h.Currency, &h.Corrected); err != nil {
			return nil, false, fmt.Errorf("%w: %w", ErrLook, err)
		}
		hits = append(hits, h)
	}
	if err := rows.Err(); err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrLook, err)
	}
	if len(hits) > MostFound {
		return hits[:MostFound], true, nil
	}
	return hits, false, nil
}

// where is the condition of a search.
func (s *Service) where(ctx context.Context, q Search) (string, error) {
	all := []string{fmt.Sprintf("site_id = %d", q.Site)}
	if !q.From.IsZero() {
		all = append(all, fmt.Sprintf("occurred_at >= fromUnixTimestamp64Milli(%d) AND occurred_at < fromUnixTimestamp64Milli(%d)", q.From.UnixMilli(), q.To.UnixMilli()))
	}
	if q.EventID != "" {
		all = append(all, "event_id = "+clickhouse.Quote(q.EventID))
	}
	if q.OrderID != "" {
		all = append(all, "order_id = "+clickhouse.Quote(q.OrderID))
	}
	if q.VisitorID+q.UserID == "" {
		return strings.Join(all, " AND "), nil
	}
	key, err := s.q.IdentityKeyOf(ctx, int64(q.Site))
	if err != nil {
		return "", fmt.Errorf("read key of site: %w", err)
	}
	keys := pseudonym.KeysOf(key)
	if q.VisitorID != "" {
		hash, _ := keys.Visitor(q.VisitorID, nil)
		all = append(all, fmt.Sprintf("visitor_id = %d", uint64(hash)))
	}
	if q.UserID != "" {
		hash, _ := keys.User(q.UserID, nil)
		all = append(all, fmt.Sprintf("user_hash = %d", uint64(hash)))
	}
	return strings.Join(all, " AND "), nil
}
