package crowd

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"noctra/demo/internal/catalog"
	"noctra/schema"
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

// Crowd makes days and single visits from a seed. It is not safe for concurrent use.
type Crowd struct {
	seed  uint64
	sales map[string][]Order // of days that were looked at for refunds
}

// New returns a crowd.
func New(seed uint64) *Crowd { return &Crowd{seed: seed, sales: map[string][]Order{}} }

// Level is how busy a moment is compared with the average of an ordinary day: 0.1 to 2.
func Level(at time.Time) float64 {
	at = at.UTC()
	here, next := hourly[at.Hour()], hourly[(at.Hour()+1)%24]
	hour := here + (next-here)*float64(at.Minute())/60
	return hour / hourMean * weekly[at.Weekday()]
}

// PerSecond is how many visits begin in a second at that moment.
func PerSecond(at time.Time) float64 { return visitsPerDay / 86400.0 * Level(at) }

// NewVisit makes one visit that begins at start, from r alone.
func NewVisit(r *rand.Rand, start time.Time) *Visit { return newVisit(r, start, nil) }

// Day makes all visits that begin on the UTC day of date, in the order of their beginnings, and
// the refunds of that day. It is the same for the same seed and day, whatever was asked before.
func (c *Crowd) Day(date time.Time) []*Visit {
	day := dayOf(date)
	visits := c.visits(day)
	return append(visits, c.refunds(day)...)
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
	count := int(visitsPerDay * weekly[day.Weekday()] * trend * (0.95 + 0.10*r.Float64()))
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
		visits = append(visits, newVisit(r, start, person))
	}
	return visits
}

// moment is a time of the day, busy hours more often.
func moment(r *rand.Rand) time.Duration {
	hour := weighted(r, 24, func(i int) int { return int(1000 * hourly[i]) })
	return time.Duration(hour)*time.Hour + time.Duration(r.IntN(3_600_000))*time.Millisecond
}

// refunds are sent by the shop's back end for orders of the days before.
func (c *Crowd) refunds(day time.Time) []*Visit {
	r := c.source("refunds", day)
	var visits []*Visit
	for back := 1; back <= refundDays; back++ {
		for _, order := range c.orders(day.AddDate(0, 0, -back)) {
			if refundDelay(order.ID) == back {
				visits = append(visits, newRefund(r, day, order))
			}
		}
	}
	slices.SortFunc(visits, func(a, b *Visit) int { return a.Steps[0].At.Compare(b.Steps[0].At) })
	return visits
}

// refundDelay is after how many days an order is paid back: 0 for never.
func refundDelay(orderID string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(orderID))
	n := h.Sum32()
	if n%1000 >= refundShare*1000 {
		return 0
	}
	return 1 + int(n/1000)%refundDays
}

func (c *Crowd) orders(day time.Time) []Order {
	key := day.Format(time.DateOnly)
	if known, ok := c.sales[key]; ok {
		return known
	}
	orders := []Order{}
	for _, v := range c.visits(day) {
		for i := range v.Steps {
			if v.Steps[i].Kind == schema.KindSale {
				orders = append(orders, *v.Steps[i].Order)
			}
		}
	}
	c.sales[key] = orders
	return orders
}

// newRefund pays an order back: mostly the whole of it, else its first item.
func newRefund(r *rand.Rand, day time.Time, order Order) *Visit {
	back := order
	if len(order.Items) > 1 && r.IntN(2) == 0 {
		back.Items = order.Items[:1]
		back.Amount = back.Items[0].Price * schema.Micros(back.Items[0].Quantity)
	}
	at := day.Add(8*time.Hour + time.Duration(r.IntN(9*3_600_000))*time.Millisecond)
	return &Visit{Origin: &Origin{Source: "Direct", Channel: "Direct"}, Steps: []Step{{
		ID: uuid7(r, at.UnixMilli()), At: at, Kind: schema.KindRefund, Order: &back,
		Path: "/order/done", Title: "Thank you – " + catalog.Shop,
	}}}
}
