package demo

import (
	"strings"
	"testing"
	"time"

	"noctra/demo/internal/crowd"
)

func TestParcelsComeBackSoonAndThenOverTheDay(t *testing.T) {
	d := newDesk(crowd.New(crowd.Main(), 1), noon)
	pass := func(until time.Time) int { return len(d.due(until)) }
	for _, step := range []struct {
		until time.Time
		want  int
	}{
		{noon.Add(firstParcel - time.Second), 0}, {noon.Add(3 * time.Minute), parcels}, {noon.Add(11 * time.Hour), 0},
		{noon.Truncate(day).Add(day + deskOpens - time.Second), 0}, {noon.Truncate(day).Add(day + deskOpens + 90*time.Minute), 2}, {noon.Truncate(day).Add(2*day - time.Second), parcels - 2},
	} {
		if got := pass(step.until); got != step.want {
			t.Errorf("until %s: %d parcels, want %d", step.until, got, step.want)
		}
	}
}

// What a browser tells comes without a key, and with no more than a browser says.
func TestBrowsersTellTheirOwnSales(t *testing.T) {
	k := keys{Site: 7, SiteKey: testSiteKey, ServerKey: testServerKey, Hostname: "us.shop.noctra.example"}
	f := newFront("http://collector", k, nil, nil)
	held := 0
	for _, v := range crowd.New(crowd.Branch(), 1).Day(noon) {
		for i := range v.Steps {
			r := record{v, &v.Steps[i]}
			m, e := k.message(r), k.event(r, noon)
			if !r.step.Browser {
				if e.Kind.String() != m.Type {
					t.Fatalf("%s is %s", m.Type, e.Kind)
				}
				continue
			}
			held++
			as := f.asBrowser(r)
			if as.Get("Authorization") != "" || as.Get("Origin") != "https://"+k.Hostname || as.Get("User-Agent") != v.Person.Device.UserAgent {
				t.Fatalf("headers %v", as)
			}
			if m.IP != "" || m.UserAgent != "" || m.Type != "sale" || e.Kind.String() != "held_sale" || e.ID != "held:"+m.ID {
				t.Fatalf("told as %+v, stored as %+v", m, e)
			}
			for _, id := range v.Origin.ClickIDs {
				if got := map[string]string{"gclid": m.Gclid, "gbraid": m.Gbraid, "wbraid": m.Wbraid}[id.Kind]; strings.HasPrefix(id.Kind, "g") && got != id.Value {
					t.Fatalf("click id %+v is told as %q", id, got)
				}
			}
		}
	}
	if held == 0 {
		t.Error("no browser tells anything")
	}
}
