package store

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"noctra/aggregator/internal/columns"
	"noctra/internal/clickhouse"
	"noctra/internal/failpoint"
)

// pinned are the settings of an insert that decide whether a repeated one is told apart, whatever
// the server's own defaults are.
var pinned = map[string]string{
	"async_insert":       "0",
	"wait_end_of_query":  "1",
	"insert_deduplicate": "1",
	"deduplicate_blocks_in_dependent_materialized_views": "1",
	// One block of the body is one block of the insert, however large it is.
	"max_insert_block_size":           "1000000000",
	"max_block_size":                  "1000000000",
	"min_insert_block_size_rows":      "0",
	"min_insert_block_size_bytes":     "0",
	"input_format_parallel_parsing":   "0",
	"max_insert_threads":              "1",
	"max_partitions_per_insert_block": "0",
	"max_execution_time":              strconv.Itoa(int(InsertLimit.Seconds())),
	"http_receive_timeout":            strconv.Itoa(int(InsertLimit.Seconds()) / 2),
	"decompress":                      "1",
	// A column whose type was altered by hand is an error: its values might not fit.
	"input_format_native_allow_types_conversion": "0",
}

var framePool = sync.Pool{New: func() any { return columns.NewFrames() }}

// Insert stores a block in the table events, unless one under the same token is already there. An
// error leaves open whether it is stored.
func (s *Store) Insert(ctx context.Context, block *columns.Block, token string) error {
	return s.insert(ctx, block, url.Values{"query": {insertSQL("events", block)}, "insert_deduplication_token": {token}})
}

// Note stores rows of the table ingestion. They replace the same rows, so it may be repeated at any
// time; an error leaves open whether they are stored.
func (s *Store) Note(ctx context.Context, block *columns.Block) error {
	return s.insert(ctx, block, url.Values{"query": {insertSQL("ingestion", block)}})
}

func (s *Store) insert(ctx context.Context, block *columns.Block, parameters url.Values) error {
	ctx, cancel := context.WithTimeout(ctx, InsertLimit)
	defer cancel()
	for name, value := range pinned {
		parameters.Set(name, value)
	}
	if failpoint.Planted(failpoint.NoToken) {
		parameters.Del("insert_deduplication_token")
		parameters.Set("deduplicate_insert", "disable")
	}
	reader, writer := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		_ = writer.CloseWithError(send(writer, block)) // the reader gets the error
	}()
	body, err := s.post(ctx, parameters, "application/octet-stream", reader)
	_ = reader.Close() // ends send where the server answered early
	<-written          // the block is the caller's again
	if err != nil {
		return fmt.Errorf("insert %d rows: %w", block.Rows, err)
	}
	defer func() { _ = body.Close() }()
	if _, err := io.Copy(io.Discard, body); err != nil {
		return fmt.Errorf("insert %d rows: read the answer: %w", block.Rows, err)
	}
	return nil
}

func send(w io.Writer, block *columns.Block) error {
	frames := framePool.Get().(*columns.Frames)
	defer framePool.Put(frames)
	frames.Start(w)
	if _, err := block.WriteTo(frames); err != nil {
		return err
	}
	return frames.Flush()
}

func insertSQL(table string, block *columns.Block) string {
	names := make([]string, len(block.Entries))
	for i := range block.Entries {
		names[i] = block.Entries[i].Name
	}
	return "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") FORMAT Native"
}

// Range is the messages of a partition from one offset to before another.
type Range struct {
	Topic     string
	Partition int
	From, To  int64
}

// Mend makes the table touched right for the stored rows of a batch, as the view on events would
// have: they may have been stored when the view did not get its share.
func (s *Store) Mend(ctx context.Context, r Range) error {
	ctx, cancel := context.WithTimeout(ctx, InsertLimit)
	defer cancel()
	_, err := s.query(ctx, fmt.Sprintf(`INSERT INTO touched (site_id, hour, at)
SELECT site_id, toStartOfHour(occurred_at) AS hour, max(inserted_at) FROM events
WHERE kafka_topic = %s AND kafka_partition = %d AND kafka_offset >= %d AND kafka_offset < %d
GROUP BY site_id, hour SETTINGS insert_deduplicate = 0, async_insert = 0`, clickhouse.Quote(r.Topic), r.Partition, r.From, r.To))
	if err != nil {
		return fmt.Errorf("mend hours of offsets %d to %d: %w", r.From, r.To, err)
	}
	return nil
}
