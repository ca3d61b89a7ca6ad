package slices

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"noctra/schema"
)

// Mode says where a day's visits come from.
type Mode uint8

// Modes of a day.
const (
	Raw   Mode = iota // made from raw events
	Clean             // its slice
	Dirty             // its slice, without the visitors that changed since
)

// DayState is a local day with the slice that counts for it.
type DayState struct {
	Number   DayNumber
	From, To int64 // Unix milliseconds, without To
	Mode     Mode
	Gen      uint64 // of the slice; Clean and Dirty only
	MadeAt   int64  // Unix milliseconds

	// Empty says that the day has no slice and never received a row. Lasting and Shared are of the slice's visitors: some
	// have ids that live longer than a day; some ids for a day were seen on a neighbouring day.
	Empty, Lasting, Shared bool
	// OnlyLasting asks Relation for the visits of lasting visitors alone; it is for days with rollups.
	OnlyLasting bool

	rollups  uint8
	currency string
}

// Rolled says that the slice has rollups, with money in that currency.
func (d DayState) Rolled(currency string) bool {
	return d.Mode != Raw && d.rollups == rollupVersion && d.currency == currency
}

// WithSums is d as if its slice had been made with rollups in that currency; it is for tests.
func WithSums(d DayState, currency string) DayState {
	d.rollups, d.currency = rollupVersion, currency
	return d
}

// overlapMillis is longer than the longest insert: a row's time of insertion is set before the row
// can be seen, so rows inserted a little before a slice was made may not be in it.
const overlapMillis = 2 * minuteMillis

// stateAge is how old the known state of a site may be when a report uses it.
const stateAge = 250 * time.Millisecond

// readTimeout ends a read of it that hangs, so that the next report tries anew.
const readTimeout = 15 * time.Second

// Reader knows which slices there are and which hours received rows since. It is safe for
// concurrent use; what it says is at most a quarter of a second old.
type Reader struct {
	conn   Querier
	now    func() time.Time
	flight singleflight.Group
	mu     sync.Mutex
	sites  map[schema.SiteID]*State
}

// NewReader returns a reader with the given clock.
func NewReader(conn Querier, now func() time.Time) *Reader {
	return &Reader{conn: conn, now: now, sites: map[schema.SiteID]*State{}}
}

// State is what is known of one site at one moment.
type State struct {
	readAt  time.Time
	slices  map[DayNumber]slice
	touched map[int64]int64 // UTC hour → when it last received rows; Unix milliseconds both
	newest  Newest
}

// Newest is a site's event with the greatest occurred_at. All zero while there is none.
type Newest struct{ OccurredAt, ReceivedAt, InsertedAt time.Time }

// Newest returns the newest event.
func (s *State) Newest() Newest { return s.newest }

type slice struct {
	gen             uint64
	madeAt          int64
	zone, currency  string
	rollups         uint8
	lasting, shared uint8
}

// State returns the state of a site.
func (r *Reader) State(ctx context.Context, site schema.SiteID) (*State, error) {
	r.mu.Lock()
	known := r.sites[site]
	r.mu.Unlock()
	if known != nil && r.now().Sub(known.readAt) < stateAge {
		return known, nil
	}
	// The first caller's end must not fail the others who wait for the same answer.
	got := r.flight.DoChan(fmt.Sprint(site), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
		defer cancel()
		return r.read(ctx, site)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case result := <-got:
		if result.Err != nil {
			return nil, fmt.Errorf("read slices of site %d: %w", site, result.Err)
		}
		return result.Val.(*State), nil
	}
}

func (r *Reader) read(ctx context.Context, site schema.SiteID) (*State, error) {
	readAt := r.now()
	state, err := load(ctx, r.conn, site)
	if err != nil {
		return nil, err
	}
	state.readAt = readAt
	if err := r.readNewest(ctx, site, state); err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.sites[site] = state
	r.mu.Unlock()
	return state, nil
}

// load reads which slices there are and which hours received rows. The slices first: a slice that
// appears later is then only missed, never taken for newer than the rows that came.
func load(ctx context.Context, conn Querier, site schema.SiteID) (*State, error) {
	state := &State{slices: map[DayNumber]slice{}, touched: map[int64]int64{}}
	if err := state.readSlices(ctx, conn, site); err != nil {
		return nil, err
	}
	if err := state.readTouched(ctx, conn, site); err != nil {
		return nil, err
	}
	return state, nil
}

// readNewest looks only into the newest hour that ever received rows.
func (r *Reader) readNewest(ctx context.Context, site schema.SiteID, state *State) error {
	_, hour, _, ok := state.Extent()
	if !ok {
		return nil
	}
	rows, err := r.conn.Query(ctx, fmt.Sprintf(`SELECT occurred_at, received_at, inserted_at FROM events WHERE %s
		ORDER BY site_id DESC, occurred_at DESC LIMIT 1`, RawRows(site, []Span{{hour, hour + dayMillis}})))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(&state.newest.OccurredAt, &state.newest.ReceivedAt, &state.newest.InsertedAt); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *State) readSlices(ctx context.Context, conn Querier, site schema.SiteID) error {
	rows, err := conn.Query(ctx, fmt.Sprintf(`SELECT toInt32(toUInt16(day)), argMax(gen, (made_at, gen)), toUnixTimestamp64Milli(max(made_at)),
		argMax(time_zone, (made_at, gen)), argMax(currency, (made_at, gen)), argMax(rollups, (made_at, gen)),
		argMax(lasting, (made_at, gen)), argMax(shared, (made_at, gen)) FROM slices WHERE site_id = %d GROUP BY day`, site))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var day int32
		var made slice
		if err := rows.Scan(&day, &made.gen, &made.madeAt, &made.zone, &made.currency, &made.rollups, &made.lasting, &made.shared); err != nil {
			return err
		}
		s.slices[DayNumber(day)] = made
	}
	return rows.Err()
}

func (s *State) readTouched(ctx context.Context, conn Querier, site schema.SiteID) error {
	rows, err := conn.Query(ctx, fmt.Sprintf(`SELECT toInt64(toUnixTimestamp(hour)) * 1000, toUnixTimestamp64Milli(max(at))
		FROM touched WHERE site_id = %d GROUP BY hour`, site))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var hour, at int64
		if err := rows.Scan(&hour, &at); err != nil {
			return err
		}
		s.touched[hour] = at
	}
	return rows.Err()
}

// Days returns the states of the local days first to last of the zone loc, in order.
func (s *State) Days(loc *time.Location, first, last DayNumber) []DayState {
	var out []DayState
	for n := first; n <= last; n++ {
		span := n.Span(loc)
		touched := s.lastTouched(span)
		day := DayState{Number: n, From: span.From, To: span.To}
		if made, ok := s.slices[n]; ok && made.zone == loc.String() {
			day.Gen, day.MadeAt, day.Mode = made.gen, made.madeAt, Clean
			day.Lasting, day.Shared, day.rollups, day.currency = made.lasting == 1, made.shared == 1, made.rollups, made.currency
			if touched > made.madeAt-overlapMillis {
				day.Mode = Dirty
			}
		}
		day.Empty = day.Mode == Raw && touched == 0
		out = append(out, day)
	}
	return out
}

// lastTouched returns when the hours of span last received rows, 0 if never.
func (s *State) lastTouched(span Span) int64 {
	last := int64(0)
	for hour := span.From - span.From%hourMillis; hour < span.To; hour += hourMillis {
		last = max(last, s.touched[hour])
	}
	return last
}

// Extent returns the first hour that received rows or that a slice has, the last that received rows (or,
// where none is known, that a slice has), and when rows came last; ok is false while there is none. Slices
// outlive their hours in touched where events are kept for a while only (Settle). Unix milliseconds.
func (s *State) Extent() (first, last, at int64, ok bool) {
	for hour, when := range s.touched {
		if !ok || hour < first {
			first = hour
		}
		if !ok || hour > last {
			last = hour
		}
		at, ok = max(at, when), true
	}
	zones, touched := map[string]*time.Location{}, ok
	for n, made := range s.slices {
		if touched && int64(n)*dayMillis >= first+dayMillis { // no zone is that far from UTC
			continue
		}
		zone := zones[made.zone]
		if zone == nil {
			loaded, err := time.LoadLocation(made.zone)
			if err != nil {
				continue
			}
			zone, zones[made.zone] = loaded, loaded
		}
		span := n.Span(zone)
		// The first whole hour: where midnight is not at an hour's start, the hour before is the day before's too.
		if from := (span.From + hourMillis - 1) / hourMillis * hourMillis; !ok || from < first {
			first = from
		}
		if !touched {
			last = max(last, span.To-hourMillis)
		}
		ok = true
	}
	return first, last, at, ok
}
