package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/collector/internal/ingest"
	"noctra/collector/internal/producer"
	"noctra/collector/internal/quarantine"
	"noctra/internal/kafka"
	"noctra/schema"
)

// Replay says which dead letters are sent again, and to where.
type Replay struct {
	Kafka        kafka.Config
	Filter       LetterFilter
	CollectorURL string     // for letters of the collector
	ServerKey    string     // with which they are sent
	Sites        PublicKeys // for events that name no site; nil: they are left
	DryRun       bool       // nothing is sent
	Log          *slog.Logger
	Note         func(l *Letter, result string) // what became of each; nil: nobody wants to know
}

// ReplayReport counts what became of the chosen letters:
// Chosen = Ready + Accepted + Stored + all of Refused + all of Left.
type ReplayReport struct {
	Chosen   int
	Ready    int            // would be sent, in a dry run
	Accepted int            // by the collector
	Stored   int            // in Kafka, as the aggregator has to read them
	Refused  map[string]int // by the collector again, by code
	Left     map[string]int // not sent, by why
}

// A portion is what is sent at once.
const (
	replayAtOnce = 100
	replayBytes  = 1 << 20
)

// barred are the reasons of events that a server's key would be believed what their sender, for
// all that is known a browser, was not. Those whose door is known are judged by it again, which
// helps all but the first; the others are sent where their reason is named.
var barred = map[string]bool{
	string(ingest.NeedsServerKey): true,
	string(ingest.HostNotAllowed): true,
	string(ingest.TextInvalid):    true, // found before the sender's rights are looked at, and mended in the letter
}

// replay is a Replay at work.
type replay struct {
	Replay
	front   *quarantine.Front
	events  *producer.Producer // of noctra.events
	report  ReplayReport
	letters map[schema.Via][]*Letter // the portion, by the door that its events are judged by
	bodies  map[schema.Via][][]byte
	records []*Letter // that go to Kafka
	count   int       // of the portion
	size    int
}

// Run sends the chosen letters again: events that the collector refused through its front door,
// with the id that they had or one of their place, messages that the aggregator set aside to
// noctra.events, if this version can read them. So none counts twice, however often it is sent.
// The report holds also where there is an error.
func (r Replay) Run(ctx context.Context) (ReplayReport, error) {
	client, err := r.Kafka.Client()
	if err != nil {
		return ReplayReport{}, err
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	p := &replay{Replay: r, front: quarantine.NewFront(r.CollectorURL, r.ServerKey, r.Log)}
	p.report.Refused, p.report.Left = map[string]int{}, map[string]int{}
	p.empty()
	if !r.DryRun {
		p.events = producer.New(producer.Config{Topic: schema.TopicEvents, Timeout: 10 * time.Second, MaxBytes: 1 << 30, BatchBytes: 900_000}, client, r.Log, producer.NewMetrics(nil))
		running, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); p.events.Run(running) }()
		defer func() { stop(); <-ended }()
	}
	err = quarantine.Each(ctx, client, r.Filter, func(l *Letter) error { return p.take(ctx, l) })
	if err == nil {
		err = p.flush(ctx)
	}
	return p.report, err
}

// take puts a letter into the portion, or says why not.
func (p *replay) take(ctx context.Context, l *Letter) error {
	p.report.Chosen++
	body, why := p.ready(l)
	switch {
	case why != "":
		p.report.Left[why]++
		p.note(l, "left: "+why)
		return nil
	case p.DryRun:
		p.report.Ready++
		p.note(l, "would be sent")
		return nil
	case l.Stage == StageAggregator:
		p.records = append(p.records, l)
	default:
		door := p.door(l)
		p.letters[door], p.bodies[door] = append(p.letters[door], l), append(p.bodies[door], body)
	}
	p.count++
	p.size += len(body)
	if p.count < replayAtOnce && p.size < replayBytes {
		return nil
	}
	return p.flush(ctx)
}

// lifts tells whether l's event is sent as the server's own although its sender was none: its
// reason is named, and no door.
func (p *replay) lifts(l *Letter) bool {
	return barred[l.Reason] && p.Filter.Reason == l.Reason && p.Filter.Door == schema.ViaUnknown
}

// door is what the front door judges l's event by: unknown as the server's own.
func (p *replay) door(l *Letter) schema.Via {
	if !p.lifts(l) && opened(l) {
		return l.Via
	}
	return schema.ViaUnknown
}

// opened tells whether l's event is known to have come from somebody without a server key.
func opened(l *Letter) bool { return l.Via == schema.ViaBrowser || l.Via == schema.ViaPixel }

// closed tells whether l's event may only be sent where its reason is named.
func (p *replay) closed(l *Letter) bool {
	switch {
	case !barred[l.Reason] || p.lifts(l) || l.Via == schema.ViaServer:
		return false
	case opened(l):
		return l.Reason == string(ingest.NeedsServerKey)
	}
	return true
}

func (p *replay) empty() {
	p.letters, p.bodies = map[schema.Via][]*Letter{}, map[schema.Via][][]byte{}
	p.records, p.count, p.size = nil, 0, 0
}

// ready returns what is sent for l, or why nothing is.
func (p *replay) ready(l *Letter) (body []byte, why string) {
	switch {
	case l.Reason == quarantine.Unreadable:
		return nil, "the record is no letter of this version"
	case len(l.Body) == 0:
		return nil, "its body was not kept"
	case l.Stage == StageAggregator:
		var e schema.Event
		if err := schema.DecodeEvent(l.Body, &e); err != nil {
			return nil, "this version cannot read the record"
		}
		if e.Site == 0 || !schema.ValidID(e.ID) {
			return nil, "its event has no site or id, so copies could not be told"
		}
		return l.Body, ""
	case l.Stage != StageCollector:
		return nil, "its stage is not known"
	case p.closed(l):
		return nil, "a server key would lift the bar: name the reason " + l.Reason
	}
	body, err := ingest.Replay{ID: fmt.Sprintf("dl-%d-%d", l.Place.Partition, l.Place.Offset), Site: p.Sites[l.Site], At: l.At}.Body(l.Body)
	switch {
	case errors.Is(err, ingest.ErrNoSite):
		return nil, "it names no site, and Postgres was not asked"
	case err != nil:
		return nil, "its body is no event"
	}
	return body, ""
}

// flush sends the portion.
func (p *replay) flush(ctx context.Context) error {
	for door, letters := range p.letters {
		verdicts, err := p.front.Send(ctx, door, p.bodies[door])
		if err != nil {
			return fmt.Errorf("replay letters from %s: %w", letters[0].Place, err)
		}
		for i, l := range letters {
			p.settle(l, verdicts[i])
		}
	}
	if len(p.records) > 0 {
		if err := p.produce(ctx); err != nil {
			return fmt.Errorf("replay letters from %s: %w", p.records[0].Place, err)
		}
		for _, l := range p.records {
			p.report.Stored++
			p.note(l, "stored")
		}
	}
	p.empty()
	return nil
}

func (p *replay) settle(l *Letter, v quarantine.Verdict) {
	if v.Code == "" {
		p.report.Accepted++
		p.note(l, "accepted")
		return
	}
	p.report.Refused[v.Code]++
	p.note(l, "refused: "+v.Code)
}

func (p *replay) note(l *Letter, result string) {
	if p.Note != nil {
		p.Note(l, result)
	}
}

const (
	produceTries = 20
	produceAgain = 250 * time.Millisecond
)

// produce brings records to the partitions of their events, where copies are recognised.
func (p *replay) produce(ctx context.Context) error {
	ticker := time.NewTicker(produceAgain)
	defer ticker.Stop()
	var m producer.Messages
	for try := 1; ; try++ {
		m.Reset(schema.MillisOf(time.Now()))
		for _, l := range p.records {
			var e schema.Event
			if err := schema.DecodeEvent(l.Body, &e); err != nil {
				return fmt.Errorf("read record of letter %s: %w", l.Place, err)
			}
			key := e.PartitionKey()
			if l.Topic == schema.TopicEvents { // where it was read, and where its copies are
				key = producer.Placed(int(l.Partition))
			}
			m.Add(key, l.Body)
		}
		err := p.events.Send(&m)
		if err == nil {
			return nil
		}
		if try == produceTries {
			return fmt.Errorf("produce %d records to %s: %w", m.Len(), schema.TopicEvents, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("produce %d records to %s: %w", m.Len(), schema.TopicEvents, errors.Join(ctx.Err(), err))
		case <-ticker.C:
		}
	}
}
