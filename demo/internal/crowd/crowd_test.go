package crowd

import (
	"math/rand/v2"
	"net/netip"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/oschwald/maxminddb-golang/v2"

	"noctra/internal/testenv"
	"noctra/schema"
)

var monday = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

func TestDayIsTheSameForTheSameSeed(t *testing.T) {
	equal := []cmp.Option{cmp.AllowUnexported(Origin{}, Visit{}), cmpopts.IgnoreUnexported(Device{}), cmpopts.EquateComparable(netip.Addr{})}
	one := New(Main(), 7)
	one.Day(monday.AddDate(0, 0, 3)) // what was asked before does not matter
	if diff := cmp.Diff(one.Day(monday), New(Main(), 7).Day(monday.Add(13*time.Hour)), equal...); diff != "" {
		t.Errorf("the same day differs: %s", diff)
	}
	if cmp.Equal(one.Day(monday), New(Main(), 8).Day(monday), equal...) {
		t.Error("another seed makes the same day")
	}
}

// totals of thirty days.
type totals struct {
	people, bots, bounces, sales, refunds, goals, pageviews, events int
	revenue, refunded                                               schema.Micros
	countries, sources, devices                                     map[string]int
}

func count(c *Crowd, days int) totals {
	n := totals{countries: map[string]int{}, sources: map[string]int{}, devices: map[string]int{}}
	for i := range days {
		for _, v := range c.Day(monday.AddDate(0, 0, i)) {
			n.add(v)
		}
	}
	return n
}

func (n *totals) add(v *Visit) {
	n.events += len(v.Steps)
	interactive := 0
	for _, s := range v.Steps {
		switch s.Kind {
		case schema.KindPageview:
			n.pageviews++
		case schema.KindSale:
			n.sales, n.revenue = n.sales+1, n.revenue+s.Order.Amount
		case schema.KindRefund:
			n.refunds, n.refunded = n.refunds+1, n.refunded+s.Order.Amount
		case schema.KindGoal:
			n.goals++
		}
		if s.Name != schema.EngagementName {
			interactive++
		}
	}
	switch {
	case v.Person == nil:
		return
	case v.Person.Device.Bot != "":
		n.bots++
		return
	}
	n.people++
	if interactive == 1 {
		n.bounces++
	}
	n.countries[v.Person.Country]++
	n.sources[v.Origin.Source]++
	n.devices[v.Person.Device.Class]++
}

func TestThirtyDaysArePlausible(t *testing.T) {
	n := count(New(Main(), 1), 30)
	between := func(what string, got, low, high float64) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s: %.3f, want %.3f to %.3f", what, got, low, high)
		}
	}
	people := float64(n.people)
	between("visits a day", people/30, 1000, 1500)
	between("events a day", float64(n.events)/30, 4000, 8500)
	between("bounce rate", float64(n.bounces)/people, 0.35, 0.45)
	between("conversion rate", float64(n.sales)/people, 0.017, 0.028)
	between("pages a visit", float64(n.pageviews)/people, 2, 4.5)
	between("average order", float64(n.revenue)/float64(n.sales)/schema.MicrosPerUnit, 60, 250)
	between("refunds per sale", float64(n.refunds)/float64(n.sales), 0.02, 0.09)
	between("refunded share", float64(n.refunded)/float64(n.revenue), 0.005, 0.10)
	between("goals per visit", float64(n.goals)/people, 0.03, 0.20)
	between("bots per visit", float64(n.bots)/people, 0.02, 0.06)
	between("countries", float64(len(n.countries)), 15, 20)
	between("sources", float64(len(n.sources)), 12, 25)
	between("Germany", float64(n.countries["DE"])/people, 0.3, 0.5)
	between("mobile", float64(n.devices["mobile"])/people, 0.4, 0.6)
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestEveryStepIsValid(t *testing.T) {
	c := New(Main(), 3)
	ids, orders := map[string]bool{}, map[string]schema.Micros{}
	for i := range 8 {
		day := monday.AddDate(0, 0, i)
		for _, v := range c.Day(day) {
			before := day
			for _, s := range v.Steps {
				if ids[s.ID] || !schema.ValidID(s.ID) || !uuidForm.MatchString(s.ID) {
					t.Fatalf("id %q is repeated or invalid", s.ID)
				}
				ids[s.ID] = true
				if s.At.Before(before) || s.At.Sub(day) > 36*time.Hour || s.At.Nanosecond()%1e6 != 0 {
					t.Fatalf("%s at %s, after %s", s.ID, s.At, before)
				}
				before = s.At
				checkStep(t, s, orders)
			}
			checkVisit(t, v)
		}
	}
}

func checkStep(t *testing.T, s Step, orders map[string]schema.Micros) {
	t.Helper()
	if s.Path == "" || s.Path[0] != '/' || s.Title == "" {
		t.Fatalf("page %q %q", s.Path, s.Title)
	}
	needsName := s.Kind == schema.KindGoal || s.Kind == schema.KindInteraction
	if needsName != (s.Name != "") {
		t.Fatalf("%s with the name %q", s.Kind, s.Name)
	}
	switch s.Kind {
	case schema.KindSale:
		if s.Order.Amount != Total(s.Order.Items) || orders[s.Order.ID] != 0 && orders[s.Order.ID] != s.Order.Amount || s.Order.Amount <= 0 {
			t.Fatalf("order %+v", s.Order)
		}
		orders[s.Order.ID] = s.Order.Amount
	case schema.KindRefund:
		// Orders of the days before the first are not known here.
		if paid, ok := orders[s.Order.ID]; ok && (s.Order.Amount > paid || s.Order.Amount <= 0) {
			t.Fatalf("refund %s of %s", s.Order.Amount, paid)
		}
	}
}

var clickForm = regexp.MustCompile(`^[A-Za-z0-9_-]{10,500}$`)

func checkVisit(t *testing.T, v *Visit) {
	t.Helper()
	for _, id := range v.Origin.ClickIDs {
		if !clickForm.MatchString(id.Value) {
			t.Fatalf("click id %+v", id)
		}
	}
	if v.Person != nil && v.Steps[0].Kind != schema.KindPageview {
		t.Fatalf("a visit begins with %s", v.Steps[0].Kind)
	}
}

func TestAddressesResolveToTheirCountries(t *testing.T) {
	db, err := maxminddb.Open(testenv.CountryFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	r := rand.New(rand.NewPCG(1, 1))
	wrong := 0
	for range 4000 {
		p := newPerson(r, "")
		var found struct {
			Country string `maxminddb:"country_code"`
		}
		if err := db.Lookup(p.IP).Decode(&found); err != nil {
			t.Fatal(err)
		}
		if found.Country != p.Country {
			wrong++
		}
	}
	if wrong > 20 {
		t.Errorf("%d of 4000 addresses are elsewhere", wrong)
	}
}

func TestLevel(t *testing.T) {
	var sum float64
	for minute := range 7 * 24 * 60 {
		level := Level(monday.Add(time.Duration(minute) * time.Minute))
		if level < 0.05 || level > 2 {
			t.Fatalf("level %.2f in minute %d", level, minute)
		}
		sum += level
	}
	if mean := sum / (7 * 24 * 60); mean < 0.95 || mean > 1.05 {
		t.Errorf("mean level %.3f, want about 1", mean)
	}
}
