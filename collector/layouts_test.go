package collector

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
	"noctra/schema"
)

// startPlaced starts a collector with a spool that knows layouts.
func startPlaced(t *testing.T, config kafka.Config, layouts schema.Layouts) *rig {
	t.Helper()
	return startWith(t, func(c *Config) { c.Kafka, c.SpoolDir = config, filepath.Join(t.TempDir(), "spool") }, nil, func(s *Service) {
		s.sink = s.keeper
		place(s, layouts)
	})
}

// place puts layouts in force, as Postgres would.
func place(s *Service, layouts schema.Layouts) {
	known := knownSites()
	known.Layouts = layouts
	s.sites.Restore(known)
}

// addPartitions is what somebody does by hand.
func addPartitions(t *testing.T, config kafka.Config, n int) {
	t.Helper()
	client, err := config.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	if err := kafka.AddPartitions(t.Context(), client, schema.TopicEvents, n); err != nil {
		t.Fatal(err)
	}
}

// placesOf returns in which partitions each id is.
func placesOf(t *testing.T, config kafka.Config) map[string]map[int]bool {
	t.Helper()
	places := map[string]map[int]bool{}
	consume(t, config, schema.TopicEvents, func(partition int, value []byte) {
		var e schema.Event
		if err := schema.DecodeEvent(value, &e); err != nil {
			t.Fatal(err)
		}
		if places[e.ID] == nil {
			places[strings.Clone(e.ID)] = map[int]bool{}
		}
		places[e.ID][partition] = true
	})
	return places
}

// idOf is the nth id: a UUIDv7 of that time, or one of a server.
func idOf(at schema.Millis, n int) string {
	if n%4 == 0 {
		return fmt.Sprint("order-", n)
	}
	return fmt.Sprintf("%08x-%04x-7000-8000-%012x", int64(at)>>16, int64(at)&0xffff, n)
}

// Copies of an event find the same partition whatever is done to the topic meanwhile: partitions
// are added by hand under load, then taken into use; a collector that has not heard of it agrees
// about the events of before.
func TestPartitionsAreAdded(t *testing.T) {
	const first, later = schema.Millis(1_790_000_000_000), schema.Millis(1_800_000_000_000)
	b := newBroker(t)
	few := schema.Layouts{{Partitions: 4}}
	more := append(few[:1:1], schema.Layout{Partitions: 7, SitesFrom: 8, IDsFrom: later})
	r, behind := startPlaced(t, b.config, few), startPlaced(t, b.config, few)
	eventually(t, "kafka is known", func() bool { return r.events.Ready() == nil && behind.events.Ready() == nil })
	post := func(to *rig, site, id string) {
		t.Helper()
		if a := to.call(t, "POST", "/v1/events?site="+site, `{"id":"`+id+`","type":"goal","name":"x"}`); a.Status != 202 {
			t.Errorf("%s: %d %s", id, a.Status, a.Body)
		}
	}
	var load sync.WaitGroup
	for _, to := range []*rig{r, behind} { // both send all, one from its end
		load.Go(func() {
			for i := range 200 {
				if to == behind {
					i = 199 - i
				}
				post(to, shopKey, idOf(first, i))
			}
		})
	}
	addPartitions(t, b.config, 7)
	load.Wait()
	eventually(t, "unused partitions are said", func() bool {
		return r.metric(t, "partitions_unused", "") == 3 && strings.Contains(fmt.Sprint(r.Ready()), "3 partitions of noctra.events are not used")
	})
	if used := r.metric(t, "partitions_used", ""); used != 4 {
		t.Errorf("%v partitions are used", used)
	}

	place(r.Service, more)
	for i := range 200 {
		post(r, shopKey, idOf(first, i))
		post(r, shopKey, idOf(later, i+1000))
		post(r, otherKey, idOf(first, i+2000)) // a site that is newer than the layout
	}
	eventually(t, "all partitions are used", func() bool { return r.metric(t, "partitions_unused", "") == 0 && r.problem() == nil })
	eventually(t, "everything is drained", func() bool { return r.spool.Empty() && behind.spool.Empty() })
	used, old := map[string]map[int]bool{}, map[string]bool{}
	for i := range 200 {
		old[idOf(first, i)] = true
	}
	for id, places := range placesOf(t, b.config) {
		if len(places) != 1 {
			t.Errorf("%s is in %d partitions", id, len(places))
		}
		group := "new"
		if old[id] {
			group = "old"
		}
		if used[group] == nil {
			used[group] = map[int]bool{}
		}
		for p := range places {
			used[group][p] = true
		}
	}
	if diff := cmp.Diff([]int{4, 7}, []int{len(used["old"]), len(used["new"])}); diff != "" {
		t.Errorf("partitions with events of before and after: %v", used)
	}
	r.conserved(t)
	behind.conserved(t)
}

// A topic that was made anew with fewer partitions takes what it has room for; the rest waits, and
// goes where it belongs when they are back.
func TestFewerPartitionsThanPlaced(t *testing.T) {
	b := newBroker(t)
	r := startPlaced(t, b.config, schema.Layouts{{Partitions: 6}})
	eventually(t, "it is said", func() bool {
		return strings.Contains(fmt.Sprint(r.Ready()), "has 4 partitions, and events are placed in 6: run `noctra migrate up`")
	})
	for i := range 60 {
		if a := r.call(t, "POST", "/v1/events?site="+shopKey, fmt.Sprintf(`{"id":"few-%d","type":"goal","name":"x"}`, i)); a.Status != 202 {
			t.Errorf("%d: %d %s", i, a.Status, a.Body)
		}
	}
	if r.spool.Empty() {
		t.Error("nothing waits")
	}
	addPartitions(t, b.config, 6)
	eventually(t, "everything is drained", func() bool { return r.spool.Empty() && r.events.Ready() == nil })
	places := placesOf(t, b.config)
	for i := range 60 {
		id := fmt.Sprint("few-", i)
		want := map[int]bool{int(schema.PartitionKey(7, id) % 6): true}
		if diff := cmp.Diff(want, places[id]); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	r.conserved(t)
}

// The private copy has the layouts: a start without Postgres places events as before.
func TestLayoutsSurviveWithoutPostgres(t *testing.T) {
	layouts := schema.Layouts{{Partitions: 4}, {Partitions: 7, SitesFrom: 8, IDsFrom: 1_800_000_000_000}}
	file := tempFile(t, "sites.json")
	r := startWith(t, func(c *Config) { c.SnapshotFile = file }, nil, func(s *Service) { place(s, layouts) })
	eventually(t, "the copy is written", func() bool {
		raw, err := os.ReadFile(file)
		return err == nil && len(raw) > 0
	})
	r.end()
	again := startAt(t, func(c *Config) { c.SnapshotFile = file }, nil)
	again.restore() // over what tests start with
	if diff := cmp.Diff(layouts, again.sites.Snapshot().Layouts()); diff != "" {
		t.Error(diff)
	}
}
