package crowd

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// visitsPerDay is an ordinary day.
const visitsPerDay = 1150

// hourly is how many visits an hour has, in parts of the busiest. UTC, seen from central Europe.
var hourly = [24]float64{.16, .10, .07, .06, .08, .16, .33, .52, .66, .74, .80, .84, .80, .76, .74, .76, .80, .88, .98, 1, .92, .70, .44, .26}

var weekly = [7]float64{time.Sunday: 1.04, time.Monday: 1, time.Tuesday: .97, time.Wednesday: .98, time.Thursday: 1.02, time.Friday: 1.08, time.Saturday: .88}

const (
	refundDays = 5 // a refund comes 1 to refundDays days after its sale
	hourMean   = 0.5667
)

// Crowd makes days and single visits of a shop from a seed. It is not safe for concurrent use.
type Crowd struct {
	shop  *Shop
	seed  uint64
	sales map[string][]purchase // of days that were looked at for refunds
}

// New returns the crowd of a shop.
func New(shop *Shop, seed uint64) *Crowd {
	return &Crowd{shop: shop, seed: seed, sales: map[string][]purchase{}}
}

// purchase is an order and who placed it.
type purchase struct {
	order *Order
	visit *Visit
}

// Level is how busy a moment is compared with the average of an ordinary day: 0.1 to 2.
func Level(at time.Time) float64 {
	at = at.UTC()
	here, next := hourly[at.Hour()], hourly[(at.Hour()+1)%24]
	hour := here + (next-here)*float64(at.Minute())/60
	return hour / hourMean * weekly[at.Weekday()]
}

// PerSecond is how many visits begin in a second at that moment.
func (s *Shop) PerSecond(at time.Time) float64 {
	return visitsPerDay * s.Share / 86400.0 * Level(at)
}

// Visit makes one visit that begins at start, from r alone, and what the shop's back end sends of it
// afterwards.
func (s *Shop) Visit(r *rand.Rand, start time.Time) []*Visit { return s.visit(r, start, nil).all() }

// Day makes all visits that begin on the UTC day of date, in the order of their beginnings, each with what
// the shop's back end sends of it afterwards, and the refunds of that day. It is the same for the same seed and
// day, whatever was asked before.
func (c *Crowd) Day(date time.Time) []*Visit {
	day := dayOf(date)
	var all []*Visit
	for _, v := range c.visits(day) {
		all = append(all, v.all()...)
	}
	return append(all, c.refunds(day)...)
}

func dayOf(date time.Time) time.Time { return date.UTC().Truncate(24 * time.Hour) }

// source returns random numbers that belong to a purpose and a day.
func (c *Crowd) source(purpose string, day time.Time) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(purpose + day.Format(time.DateOnly)))
	return rand.New(rand.NewPCG(c.seed, h.Sum64()))
}

func (c *Crowd) visits(day time.Time) []*Visit {
	r := c.source("visits", day)
	number := float64(day.Unix() / 86400)
	trend := 1 + 0.10*math.Sin(number/45*2*math.Pi) + 0.05*math.Sin(number/11*2*math.Pi)
	count := int(visitsPerDay * c.shop.Share * weekly[day.Weekday()] * trend * (0.95 + 0.10*r.Float64()))
	starts := make([]time.Time, count)
	for i := range starts {
		starts[i] = day.Add(moment(r))
	}
	slices.SortFunc(starts, time.Time.Compare)
	visits := make([]*Visit, 0, count)
	for _, start := range starts {
		var person *Person
		if len(visits) > 20 && r.Float64() < returnShare {
			if earlier := visits[r.IntN(len(visits))].Person; earlier.Device.Bot == "" {
				person = earlier
			}
		}
		visits = append(visits, c.shop.visit(r, start, person))
	}
	return visits
}

// moment is a time of the day, busy hours more often.
func moment(r *rand.Rand) time.Duration {
	hour := weighted(r, 24, func(i int) int { return int(1000 * hourly[i]) })
	return time.Duration(hour)*time.Hour + time.Duration(r.IntN(3_600_000))*time.Millisecond
}
