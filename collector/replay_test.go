package collector

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/kafka"
	"noctra/internal/testenv"
	"noctra/schema"
)

// replayOf is a replay of what is chosen, with a note of each letter.
func replayOf(t *testing.T, replay Replay) (ReplayReport, map[int64]string) {
	t.Helper()
	notes := map[int64]string{}
	replay.Log = slog.New(slog.DiscardHandler)
	replay.Note = func(l *Letter, result string) { notes[l.Place.Offset] = result }
	report, err := replay.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report, notes
}

// A replay goes through the front door, and once more changes nothing: the ids are the same.
func TestReplay(t *testing.T) {
	r, config := startStrict(t)
	from, began := endOfLetters(t, config), time.Now()
	key := []string{"Authorization", "Bearer " + serverKey}
	r.refuse(t, "too_long", `{"id":"q-named","type":"pageview","url":"`+longPage+`"}`, key...)
	r.refuse(t, "too_long", `{"type":"pageview","url":"`+longPage+`","email":"anna@example.org"}`, key...)
	r.refuse(t, "required", `{"id":"q-goal","type":"goal"}`, key...)
	r.refuse(t, "needs_server_key", `{"id":"q-refund","type":"refund","site":"`+shopKey+`","order_id":"1","amount":"1"}`)
	r.refuse(t, "text_invalid", `{"id":"q-text","type":"refund","site":"`+shopKey+`","order_id":"1","amount":"1","title":"`+"\xff"+`"}`)
	r.refuse(t, "too_long", `{"id":"q-other","type":"pageview","site":"`+otherKey+`","url":"https://a.other.example`+strings.Repeat("/shop", 20)+`"}`)
	eventually(t, "all are stored", func() bool { return r.metric(t, "dead_letters_total", "stored") == 6 })
	letters := lettersSince(t, config, from, LetterFilter{})
	r.end()

	lenient := startOnKafka(t, config, toKafka)
	replay := Replay{Kafka: config, CollectorURL: "http://" + lenient.Addr(), ServerKey: serverKey, Filter: LetterFilter{Since: began, Until: time.Now()}, DryRun: true}
	const unsited, lifted = "it names no site, and Postgres was not asked", "a server key would lift the bar: name the reason "
	report, _ := replayOf(t, replay)
	left := map[string]int{unsited: 3, lifted + "needs_server_key": 1}
	if diff := cmp.Diff(ReplayReport{Chosen: 6, Ready: 2, Refused: map[string]int{}, Left: left}, report); diff != "" {
		t.Errorf("dry run: %s", diff)
	}
	if got := lenient.metric(t, "events_received_total", ""); got != 0 {
		t.Errorf("a dry run sent %v events", got)
	}

	replay.DryRun, replay.Sites = false, PublicKeys{7: shopKey, 8: otherKey}
	delete(left, unsited)
	for range 2 {
		report, notes := replayOf(t, replay)
		want := ReplayReport{Chosen: 6, Accepted: 2, Refused: map[string]int{"required": 1, "site_forbidden": 1, "needs_server_key": 1}, Left: left}
		if diff := cmp.Diff(want, report); diff != "" {
			t.Error(diff)
		}
		if got := notes[from] + ", " + notes[from+2] + ", " + notes[from+3]; got != "accepted, refused: required, left: "+lifted+"needs_server_key" {
			t.Error(got)
		}
	}
	replay.Filter.Reason = "needs_server_key"
	if report, _ := replayOf(t, replay); report.Accepted != 1 {
		t.Errorf("with the reason named: %+v", report)
	}
	checkReplayed(t, config, letters)
}

// checkReplayed finds the events of TestReplay, two copies of each in one partition.
func checkReplayed(t *testing.T, config kafka.Config, letters []*Letter) {
	t.Helper()
	unnamed := "dl-" + strings.Replace(letters[1].Place.String(), "/", "-", 1)
	copies := map[string]int{}
	consume(t, config, schema.TopicEvents, func(partition int, value []byte) {
		var e schema.Event
		if err := schema.DecodeEvent(value, &e); err != nil {
			return // of another test on the same broker
		}
		switch e.ID {
		case "q-named", unnamed:
			if e.Site != 7 || e.Via != schema.ViaServer || e.EmailHash != "" || e.OccurredAt != letters[0].At && e.OccurredAt != letters[1].At {
				t.Errorf("%+v", e)
			}
			fallthrough
		case "q-refund", "q-text", "q-other", "q-goal":
			copies[fmt.Sprint(e.ID, " in ", partition)]++
		}
	})
	in := func(id string) string { return fmt.Sprint(id, " in ", schema.PartitionKey(7, id)%4) }
	if diff := cmp.Diff(map[string]int{in("q-named"): 2, in(unnamed): 2, in("q-refund"): 1}, copies); diff != "" {
		t.Error(diff)
	}
}

// An event that a browser sent is judged as a browser's again, with all that its first refusal hid,
// and one of a server as a server's. Letters of versions that kept no door wait for their reason to
// be named.
func TestReplayByDoor(t *testing.T) {
	r, config := startStrict(t)
	from, began := endOfLetters(t, config), time.Now()
	page := func(id, host string) string {
		return `{"id":"` + id + `","type":"pageview","site":"` + shopKey + `","url":"https://` + host + `/a"}`
	}
	key := []string{"Authorization", "Bearer " + serverKey}
	r.refuse(t, "host_not_allowed", page("d-new", "new.example"))
	r.refuse(t, "host_not_allowed", page("d-foreign", "foreign.example"))
	r.refuse(t, "too_long", page("d-hidden", "foreign.example/"+strings.Repeat("x", 100)))
	r.refuse(t, "text_invalid", `{"id":"d-server","type":"refund","order_id":"1","amount":"1","title":"`+"\xff"+`"}`, key...)
	if a := r.call(t, "GET", "/v1/pixel.gif?id=d-pixel&url=https://foreign.example/&site="+shopKey, ""); a.Status != 400 {
		t.Fatalf("pixel: %d", a.Status)
	}
	eventually(t, "all are stored", func() bool { return r.metric(t, "dead_letters_total", "stored") == 5 })
	old := schema.DeadLetter{At: schema.MillisOf(time.Now()), Site: 7, Stage: StageCollector, Reason: "text_invalid", Body: []byte(page("d-old", "foreign.example"))}
	produceLetter(t, config, schema.AppendDeadLetter(nil, &old))
	doors := ""
	for _, l := range lettersSince(t, config, from, LetterFilter{}) {
		doors += l.Via.String() + " "
	}
	if doors != "browser browser browser server pixel unknown " {
		t.Errorf("doors are %s", doors)
	}
	r.end()

	wider := startWith(t, func(c *Config) { c.Kafka = config }, nil, func(s *Service) {
		toKafka(s)
		known := knownSites()
		known.Sites[0].Hostnames = append(known.Sites[0].Hostnames, "new.example")
		s.sites.Restore(known)
	})
	eventually(t, "the collector is ready", func() bool { return wider.problem() == nil })
	replay := Replay{Kafka: config, CollectorURL: "http://" + wider.Addr(), ServerKey: serverKey, Sites: PublicKeys{7: shopKey}, Filter: LetterFilter{Since: began, Until: time.Now()}}
	_, notes := replayOf(t, replay)
	got := []string{}
	for i := range int64(6) {
		got = append(got, notes[from+i])
	}
	const foreign = "refused: host_not_allowed"
	want := []string{"accepted", foreign, foreign, "accepted", foreign, "left: a server key would lift the bar: name the reason text_invalid"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	replay.Filter.Reason, replay.Filter.Door = "host_not_allowed", schema.ViaPixel
	if report, _ := replayOf(t, replay); report.Chosen != 1 || report.Accepted != 0 {
		t.Errorf("with the door named too: %+v", report)
	}
	consume(t, config, schema.TopicEvents, func(_ int, value []byte) {
		var e schema.Event
		if err := schema.DecodeEvent(value, &e); err == nil && e.ID == "d-new" && (e.Via != schema.ViaBrowser || len(e.BotReasons) > 0 || e.Visitor != 0 || e.Country != "") {
			t.Errorf("of the browser became %+v", e)
		}
	})
	wrong := wider.call(t, "POST", "/v1/events", page("x", "shop.noctra.example"), append(key, "X-Noctra-Door", "server")...)
	if wrong.Status != 400 || wrong.Rejected[0].Code != "request_invalid" {
		t.Errorf("a door that cannot be named: %d %s", wrong.Status, wrong.Body)
	}
	wider.conserved(t)
}

// What the aggregator set aside goes back to where its copies are, if it can be read.
func TestReplayOfRecords(t *testing.T) {
	config := testenv.Kafka(t)
	ensureTopics(t, config)
	began := time.Now()
	event := schema.Event{ID: "q-poison", Site: 7, Kind: schema.KindGoal, Name: "x", OccurredAt: schema.MillisOf(began), ReceivedAt: schema.MillisOf(began)}
	good := schema.AppendEvent(nil, &event)
	event.ID = ""
	for _, body := range [][]byte{good, schema.AppendEvent(nil, &event), good[:len(good)-1], nil} {
		letter := schema.DeadLetter{At: schema.MillisOf(time.Now()), Site: 7, Stage: StageAggregator, Reason: "x", Body: body}
		produceLetter(t, config, schema.AppendDeadLetter(nil, &letter))
	}
	event.ID = "q-placed"
	elsewhere := int((schema.PartitionKey(7, event.ID) + 1) % 4) // where it was read, whatever its id says now
	letter := schema.DeadLetter{At: schema.MillisOf(time.Now()), Site: 7, Stage: StageAggregator, Reason: "x", Topic: schema.TopicEvents, Partition: int32(elsewhere), Body: schema.AppendEvent(nil, &event)}
	produceLetter(t, config, schema.AppendDeadLetter(nil, &letter))
	replay := Replay{Kafka: config, Filter: LetterFilter{Since: began, Stage: StageAggregator}}
	for range 2 {
		report, _ := replayOf(t, replay)
		want := ReplayReport{Chosen: 5, Stored: 2, Refused: map[string]int{}, Left: map[string]int{
			"this version cannot read the record": 1, "its body was not kept": 1, "its event has no site or id, so copies could not be told": 1,
		}}
		if diff := cmp.Diff(want, report); diff != "" {
			t.Error(diff)
		}
	}
	copies := 0
	consume(t, config, schema.TopicEvents, func(partition int, value []byte) {
		if string(value) == string(good) && partition == int(schema.PartitionKey(7, "q-poison")%4) {
			copies++
		}
		if string(value) == string(letter.Body) && partition != elsewhere {
			t.Errorf("it goes to partition %d, and was read from %d", partition, elsewhere)
		}
	})
	if copies != 2 {
		t.Errorf("%d copies in the partition of the id", copies)
	}
}
