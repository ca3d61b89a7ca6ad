// Package ingestion answers what became of the events of a site: how many were received, accepted,
// refused and why, stored, repeated and set aside, by minute, hour or day of receipt.
//
// It reads what aggregators wrote: the tables events (through its projection), ingestion and
// partitions. It decides nothing about who may ask.
package ingestion

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/schema"
)

// Conn is what is needed of ClickHouse. The user behind it may be readonly = 1.
type Conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

// Interval is the length of a bucket.
type Interval string

// Intervals, all in UTC.
const (
	Minute Interval = "minute"
	Hour   Interval = "hour"
	Day    Interval = "day"
)

var lengths = map[Interval]time.Duration{Minute: time.Minute, Hour: time.Hour, Day: 24 * time.Hour}

// Length returns the length of i, 0 where there is no such interval.
func (i Interval) Length() time.Duration { return lengths[i] }

// Kept is how long what is no row of events is kept.
const Kept = 90 * 24 * time.Hour

// Most is how many buckets an answer has at most.
const Most = 1500

// Range is whole buckets, From inclusive and To exclusive.
type Range struct {
	From, To time.Time
	Interval Interval
}

// Whole returns r with its ends moved apart to the ends of their buckets.
func (r Range) Whole() Range {
	length := r.Interval.Length()
	from, to := r.From.UTC().Truncate(length), r.To.UTC().Truncate(length)
	if to.Before(r.To) {
		to = to.Add(length)
	}
	return Range{From: from, To: to, Interval: r.Interval}
}

// Buckets returns how many there are.
func (r Range) Buckets() int { return int(r.To.Sub(r.From) / r.Interval.Length()) }

// Figures are what became of events that were received in some time. Received = Accepted + Refused,
// all reasons together; Accepted = Stored + Repeated + Quarantined, all reasons together, once all of
// them are settled.
type Figures struct {
	Received    uint64            `json:"received" doc:"All that came: accepted and refused."`
	Accepted    uint64            `json:"accepted" doc:"What Kafka has taken and is settled: stored, repeated, quarantined and erased."`
	Refused     map[string]uint64 `json:"refused" doc:"By door and code, such as browser/amount_invalid. A request that was refused before its events were known counts as one."`
	Stored      uint64            `json:"stored" doc:"Events in reports."`
	Repeated    uint64            `json:"repeated" doc:"Copies of stored events, the conflicting ones included."`
	Conflicting uint64            `json:"conflicting" doc:"Copies of another kind or amount than the first one, which stays."`
	Quarantined map[string]uint64 `json:"quarantined" doc:"Accepted events that no table could hold, by reason; they are kept as dead letters."`
	Erased      uint64            `json:"erased" doc:"Events that were stored and erased since, and copies of them. While an erasure is under way an event may count as stored, too."`
}

// Bucket is the figures of one interval.
type Bucket struct {
	At time.Time `json:"at" doc:"Its beginning, UTC."`
	Figures
}

// Product is the state of all sites together: messages in Kafka do not say whose they are.
type Product struct {
	InFlight      uint64     `json:"in_flight" doc:"Messages of all sites that are in Kafka and not settled."`
	Unaccounted   uint64     `json:"unaccounted" doc:"Messages of all sites that are nowhere they have to be, or twice; now, and of the time that was asked for. Always 0."`
	Missing       uint64     `json:"missing" doc:"Messages of all sites that Kafka lost before they were read, noted in the time that was asked for."`
	CompleteUntil *time.Time `json:"complete_until" doc:"What Kafka had taken by then is in the figures. Events in a collector's spool come later, under the time at which they were received. Null before the first aggregator ran."`
}

// Outcome is what became of a site's events.
type Outcome struct {
	SiteID   string    `json:"site_id"`
	From     time.Time `json:"from" doc:"Inclusive, the beginning of a bucket."`
	To       time.Time `json:"to" doc:"Exclusive, the end of a bucket."`
	Interval Interval  `json:"interval"`
	Product
	Totals  Figures  `json:"totals"`
	Buckets []Bucket `json:"buckets" doc:"In order, empty ones left out."`
}

// Read answers about a site. r is whole.
func Read(ctx context.Context, conn Conn, site schema.SiteID, r Range) (*Outcome, error) {
	a := &Outcome{SiteID: fmt.Sprint(site), From: r.From, To: r.To, Interval: r.Interval, Totals: none(), Buckets: []Bucket{}}
	var err error
	if a.Product, err = readProduct(ctx, conn, r); err != nil { // first, so that it claims nothing that the figures have not
		return nil, err
	}
	buckets, err := readBuckets(ctx, conn, site, r)
	if err != nil {
		return nil, err
	}
	for at := r.From; at.Before(r.To); at = at.Add(r.Interval.Length()) {
		if f, ok := buckets[at.Unix()]; ok {
			f.sum()
			a.Totals.add(f)
			a.Buckets = append(a.Buckets, Bucket{At: at, Figures: *f})
		}
	}
	a.Totals.sum()
	return a, nil
}

func none() Figures { return Figures{Refused: map[string]uint64{}, Quarantined: map[string]uint64{}} }

// add adds what f counts, but not its sums.
func (f *Figures) add(other *Figures) {
	f.Stored += other.Stored
	f.Repeated += other.Repeated
	f.Conflicting += other.Conflicting
	f.Erased += other.Erased
	for reason, n := range other.Refused {
		f.Refused[reason] += n
	}
	for reason, n := range other.Quarantined {
		f.Quarantined[reason] += n
	}
}

// sum computes Accepted and Received.
func (f *Figures) sum() {
	f.Accepted = f.Stored + f.Repeated + f.Erased
	for _, n := range f.Quarantined {
		f.Accepted += n
	}
	f.Received = f.Accepted
	for _, n := range f.Refused {
		f.Received += n
	}
}

// note adds a row of the table ingestion.
func (f *Figures) note(stage, reason string, n uint64) {
	switch {
	case stage != "aggregator":
		f.Refused[stage+"/"+reason] += n
	case reason == "erased":
		f.Erased += n
	case reason == "repeated":
		f.Repeated += n
	case reason == "conflicting":
		f.Repeated += n
		f.Conflicting += n
	default:
		f.Quarantined[reason] += n
	}
}
