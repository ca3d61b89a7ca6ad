package rows

import (
	"errors"
	"io"
	"testing"

	"noctra/schema"
)

func fit() schema.Event {
	return schema.Event{ID: "a", Site: 1, Kind: schema.KindSale, OccurredAt: 5, ReceivedAt: 6, Props: []schema.Prop{{Key: "k", Value: "v"}}, Items: []schema.Item{{ID: "i"}}}
}

func TestUnfit(t *testing.T) {
	check := func(want string, change func(e *schema.Event)) {
		t.Helper()
		e := fit()
		change(&e)
		var got schema.Event
		err := Decode(schema.AppendEvent(nil, &e), &got)
		var unfit *Unfit
		if want == "" && err == nil || errors.As(err, &unfit) && unfit.Code == want && unfit.Detail != "" {
			return
		}
		t.Errorf("%v, want code %q", err, want)
	}
	check("", func(*schema.Event) {})
	check("site_missing", func(e *schema.Event) { e.Site = 0 })
	check("id_invalid", func(e *schema.Event) { e.ID = "" })
	check("id_invalid", func(e *schema.Event) { e.ID = "a\tb" })
	check("kind_unknown", func(e *schema.Event) { e.Kind = 0 })
	check("", func(e *schema.Event) { e.Kind = schema.KindHeldSale })
	check("kind_unknown", func(e *schema.Event) { e.Kind = 8 })
	check("via_unknown", func(e *schema.Event) { e.Via = 5 })
	check("time_out_of_range", func(e *schema.Event) { e.OccurredAt = -1 })
	check("time_out_of_range", func(e *schema.Event) { e.OccurredAt = latest })
	check("", func(e *schema.Event) { e.OccurredAt = latest - 1 })
	check("time_out_of_range", func(e *schema.Event) { e.ReceivedAt = latest })
	check("consent_invalid", func(e *schema.Event) { e.ConsentAdUser = 3 })
	var version *schema.VersionError
	if err := Decode([]byte{'N', 9}, &schema.Event{}); !errors.As(err, &version) {
		t.Errorf("newer version: %v", err)
	}
}

// FuzzDecode: what is found fit can be made a row, and the block stays whole.
func FuzzDecode(f *testing.F) {
	e := fit()
	f.Add(schema.AppendEvent(nil, &e))
	f.Add([]byte{'N', 1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		var e schema.Event
		if Decode(data, &e) != nil {
			return
		}
		r := New()
		r.Append(&e, Place{Topic: "t", Partition: 1, Offset: 9}, 77)
		r.Append(&e, Place{Topic: "t", Partition: 1, Offset: 10}, 78)
		found := 0
		r.Each(func(hash uint64) bool { return hash == 78 }, func(site schema.SiteID, id []byte, o Original) {
			found++
			if site != e.Site || string(id) != e.ID || o.Offset != 10 || o.Kind != e.Kind || o.Amount != e.Amount || o.Received != e.ReceivedAt {
				t.Errorf("found %d %q %+v", site, id, o)
			}
		})
		if found != 1 || r.Len() != 2 {
			t.Errorf("%d found of %d", found, r.Len())
		}
		if _, err := r.Block().WriteTo(io.Discard); err != nil {
			t.Error(err)
		}
	})
}
