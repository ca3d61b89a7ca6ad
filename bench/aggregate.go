package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/schema"
)

// AggregateOptions bound the run of Aggregate.
type AggregateOptions struct {
	Rows    int
	UpFlags []string
}

// AggregateReport is what storing full event rows cost.
type AggregateReport struct {
	Rows             int     `json:"rows"`
	Seconds          float64 `json:"seconds"` // until the last row was inserted
	RowsPerSecond    float64 `json:"rows_per_second"`
	AggregatorMicros float64 `json:"aggregator_cpu_us_per_row"`
	ClickHouseMicros float64 `json:"clickhouse_cpu_us_per_row"`       // until the last row was inserted
	MergeMicros      float64 `json:"clickhouse_merge_cpu_us_per_row"` // from then on until it was quiet for 16 s: merges, audits, visits
	BytesPerEvent    float64 `json:"clickhouse_bytes_per_event"`      // all tables, compressed
	Resident         int64   `json:"aggregator_resident_bytes"`
	Reported         int     `json:"reported"` // what the reports API says; equals Rows, or Aggregate has failed
	Unaccounted      float64 `json:"unaccounted"`
}

// Aggregate fills Kafka while the aggregator is frozen, lets it go, and measures until every row
// is stored.
func Aggregate(ctx context.Context, options AggregateOptions, log io.Writer) (report AggregateReport, err error) {
	p, err := startProduct(ctx, options.UpFlags)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if err := p.freeze("aggregator"); err != nil {
		return report, err
	}
	_, _ = fmt.Fprintf(log, "  filling Kafka with %d events\n", options.Rows)
	if err := fill(ctx, p, options.Rows, 1); err != nil {
		return report, err
	}
	before, err := p.cpuOf("aggregator", "clickhouse")
	if err != nil {
		return report, err
	}
	started := time.Now()
	if err := p.thaw("aggregator"); err != nil {
		return report, err
	}
	if err := p.awaitInserted(ctx, options.Rows); err != nil {
		return report, err
	}
	report = AggregateReport{Rows: options.Rows, Seconds: time.Since(started).Seconds()}
	report.RowsPerSecond = float64(report.Rows) / report.Seconds
	stored, err := p.cpuOf("aggregator", "clickhouse")
	if err != nil {
		return report, err
	}
	after, err := p.quiet(ctx, 4, mergeWait)
	if err != nil {
		return report, err
	}
	report.AggregatorMicros = (after["aggregator"] - before["aggregator"]) / float64(report.Rows) * 1e6
	report.ClickHouseMicros = (stored["clickhouse"] - before["clickhouse"]) / float64(report.Rows) * 1e6
	report.MergeMicros = (after["clickhouse"] - stored["clickhouse"]) / float64(report.Rows) * 1e6
	if report.Resident, err = residentBytes(p.Pids["aggregator"]); err != nil {
		return report, err
	}
	return report, p.checkReported(ctx, &report)
}

func (p *product) cpuOf(names ...string) (map[string]float64, error) {
	used := map[string]float64{}
	for _, name := range names {
		if p.Pids[name] == 0 {
			continue
		}
		seconds, err := cpuSeconds(p.Pids[name])
		if err != nil {
			return nil, err
		}
		used[name] = seconds
	}
	return used, nil
}

func (p *product) awaitInserted(ctx context.Context, rows int) error {
	return await(ctx, 10*time.Minute, 100*time.Millisecond, func() (bool, error) {
		n, err := p.counter(ctx, "aggregator", "noctra_aggregator_events_inserted_total")
		return n >= float64(rows), err
	})
}

// quiet waits until ClickHouse has used less than 3 % of a core for as many times four seconds, within
// a bound. It merges what was inserted only after some ten seconds.
func (p *product) quiet(ctx context.Context, times int, within time.Duration) (map[string]float64, error) {
	last, err := p.cpuOf("aggregator", "clickhouse")
	if err != nil {
		return nil, err
	}
	first, still := true, 0
	err = await(ctx, within, 4*time.Second, func() (bool, error) {
		now, err := p.cpuOf("aggregator", "clickhouse")
		if !first && now["clickhouse"]-last["clickhouse"] < 0.12 {
			still++
		} else {
			still = 0
		}
		first, last = false, now
		return still == times, err
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = nil // never quite quiet: what was used so far counts
	}
	return last, err
}

func (p *product) checkReported(ctx context.Context, report *AggregateReport) error {
	_, text, err := p.query(ctx, map[string]any{"metrics": []string{"events"}, "date_range": "7d", "include": map[string]any{"bots": true}})
	if err != nil {
		return err
	}
	_, today, err := p.query(ctx, map[string]any{"metrics": []string{"events"}, "date_range": "day", "include": map[string]any{"bots": true}})
	if err != nil {
		return err
	}
	for _, part := range [][]byte{text, today} {
		var answer struct {
			Results []struct {
				Metrics []int `json:"metrics"`
			} `json:"results"`
		}
		if err := json.Unmarshal(part, &answer); err != nil || len(answer.Results) != 1 {
			return fmt.Errorf("read report %s: %w", part, err)
		}
		report.Reported = max(report.Reported, answer.Results[0].Metrics[0])
	}
	if report.Reported != report.Rows {
		return fmt.Errorf("reports count %d events of %d", report.Reported, report.Rows)
	}
	if report.Unaccounted, err = p.counter(ctx, "aggregator", "noctra_unaccounted_events"); err != nil {
		return err
	}
	report.BytesPerEvent, err = p.bytesPerEvent(ctx, report.Rows)
	return err
}

// bytesPerEvent asks ClickHouse for the size of all active parts.
func (p *product) bytesPerEvent(ctx context.Context, rows int) (float64, error) {
	text, err := p.sql(ctx, "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()")
	if err != nil {
		return 0, err
	}
	bytes, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return bytes / float64(rows), err
}

const (
	fillBatch = 2000
	mergeWait = 2 * time.Minute // for what was inserted to be merged
)

// fill produces n different events of one site, spread over days, today included.
func fill(ctx context.Context, p *product, n, days int) error {
	client := &kafkago.Client{Addr: kafkago.TCP(strings.Split(p.Kafka, ",")...), Timeout: 30 * time.Second}
	meta, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{schema.TopicEvents}})
	if err != nil {
		return fmt.Errorf("read kafka metadata: %w", err)
	}
	partitions := len(meta.Topics[0].Partitions)
	site, err := strconv.ParseUint(p.Demo.SiteID, 10, 64)
	if err != nil {
		return fmt.Errorf("site id %q of the demo: %w", p.Demo.SiteID, err)
	}
	pending := make([][]kafkago.Record, partitions)
	made := rows{site: schema.SiteID(site), now: time.Now(), days: days}
	for i := range n {
		event := made.event(i)
		at := int(event.PartitionKey() % uint64(partitions))
		pending[at] = append(pending[at], kafkago.Record{Value: kafkago.NewBytes(schema.AppendEvent(nil, &event))})
		if len(pending[at]) == fillBatch {
			if err := produce(ctx, client, at, pending[at]); err != nil {
				return err
			}
			pending[at] = pending[at][:0]
		}
	}
	for at, records := range pending {
		if err := produce(ctx, client, at, records); err != nil {
			return err
		}
	}
	return nil
}

func produce(ctx context.Context, client *kafkago.Client, partition int, records []kafkago.Record) error {
	if len(records) == 0 {
		return nil
	}
	answer, err := client.Produce(ctx, &kafkago.ProduceRequest{
		Topic: schema.TopicEvents, Partition: partition, RequiredAcks: kafkago.RequireAll, Records: kafkago.NewRecordReader(records...),
	})
	if err == nil && answer.Error != nil {
		err = answer.Error
	}
	if err != nil {
		return fmt.Errorf("fill partition %d: %w", partition, err)
	}
	return nil
}
