package store

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"
	"time"

	"noctra/aggregator/internal/repeats"
	"noctra/internal/clickhouse"
	"noctra/schema"
)

// ID is an event's meaning.
type ID struct {
	Site  schema.SiteID
	Event string // a valid event id
}

// Lookup asks for stored rows.
type Lookup struct {
	Topic      string
	Partition  int
	Before     int64 // offsets below this one alone
	IDs        []ID
	Received   schema.Millis // at this time or later
	OccurredAt [2]schema.Millis
}

// Row is a stored row.
type Row struct {
	ID                   ID
	Offset               int64
	OccurredAt, Received schema.Millis
	Kind                 schema.Kind
	Amount               schema.Micros
	Corrected            bool // its owners have changed it since, so it says nothing about copies
	Erased               bool // it was stored there; Kind and Amount are not known
}

const (
	lookupLimit = 2 * time.Minute
	recallLimit = 20 * time.Minute
)

// Stored returns the rows that have one of the ids, and perhaps some more; those that were erased as well.
func (s *Store) Stored(ctx context.Context, l Lookup) ([]Row, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	sql := fmt.Sprintf(`SELECT site_id, event_id, kafka_offset, toUnixTimestamp64Milli(occurred_at), toUnixTimestamp64Milli(received_at), toInt8(kind), amount, corrected
FROM events
WHERE site_id IN (SELECT DISTINCT site FROM ids) AND event_id IN (SELECT id FROM ids)
  AND kafka_topic = %s AND kafka_partition = %d AND kafka_offset < %d
  AND received_at >= fromUnixTimestamp64Milli(%d, 'UTC')
  AND occurred_at BETWEEN fromUnixTimestamp64Milli(%d, 'UTC') AND fromUnixTimestamp64Milli(%d, 'UTC')
UNION ALL
SELECT site_id, '', kafka_offset, toUnixTimestamp64Milli(occurred_at), toUnixTimestamp64Milli(received_at), toInt8(0), reinterpretAsInt64(hash), toUInt8(0)
FROM erased
WHERE site_id IN (SELECT DISTINCT site FROM ids) AND hash IN (SELECT xxHash64(concat(reinterpretAsFixedString(site), id)) FROM ids)
  AND kafka_topic = %[1]s AND kafka_partition = %[2]d AND kafka_offset < %[3]d
FORMAT RowBinary`, clickhouse.Quote(l.Topic), l.Partition, l.Before, max(l.Received, 0), max(l.OccurredAt[0], 0), l.OccurredAt[1])
	var form bytes.Buffer
	contentType, err := idForm(&form, l.IDs)
	if err != nil {
		return nil, fmt.Errorf("look up %d ids: %w", len(l.IDs), err)
	}
	parameters := url.Values{"query": {sql}, "wait_end_of_query": {"1"}, "ids_structure": {"site UInt64, id String"}, "ids_format": {"TabSeparated"}}
	body, err := s.post(ctx, parameters, contentType, &form)
	if err != nil {
		return nil, fmt.Errorf("look up %d ids: %w", len(l.IDs), err)
	}
	defer func() { _ = body.Close() }()
	rows, err := readRows(bufio.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("look up %d ids: %w", len(l.IDs), err)
	}
	return l.named(rows), nil
}

// named gives the rows that were erased, of which only a hash is kept, the ids that were asked for.
func (l Lookup) named(rows []Row) []Row {
	var ids map[uint64]ID
	for i := range rows {
		r := &rows[i]
		if r.Kind != schema.KindUnknown {
			continue
		}
		if ids == nil {
			ids = make(map[uint64]ID, len(l.IDs))
			for _, id := range l.IDs {
				ids[repeats.Hash(id.Site, id.Event)] = id
			}
		}
		r.ID, r.Amount, r.Erased = ids[uint64(r.Amount)], 0, true
	}
	return rows
}

// idForm writes the table ids of a query. Event ids have no character that would need escaping.
func idForm(to io.Writer, ids []ID) (contentType string, err error) {
	form := multipart.NewWriter(to)
	part, err := form.CreateFormFile("ids", "ids")
	if err != nil {
		return "", err
	}
	var line []byte
	for _, id := range ids {
		line = strconv.AppendUint(line[:0], uint64(id.Site), 10)
		line = append(append(append(line, '\t'), id.Event...), '\n')
		if _, err := part.Write(line); err != nil {
			return "", err
		}
	}
	return form.FormDataContentType(), form.Close()
}

func readRows(r *bufio.Reader) ([]Row, error) {
	var rows []Row
	for {
		if _, err := r.Peek(1); errors.Is(err, io.EOF) {
			return rows, nil
		}
		row, err := readRow(r)
		if err != nil {
			return nil, fmt.Errorf("read row %d: %w", len(rows), err)
		}
		rows = append(rows, row)
	}
}

func readRow(r *bufio.Reader) (row Row, err error) {
	var fixed [8 * 3]byte
	if _, err = io.ReadFull(r, fixed[:8]); err != nil {
		return row, err
	}
	row.ID.Site = schema.SiteID(binary.LittleEndian.Uint64(fixed[:]))
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return row, err
	}
	if n > 1<<20 {
		return row, fmt.Errorf("an event id of %d bytes", n)
	}
	text := make([]byte, n)
	if _, err = io.ReadFull(r, text); err != nil {
		return row, err
	}
	row.ID.Event = string(text)
	if _, err = io.ReadFull(r, fixed[:]); err != nil {
		return row, err
	}
	row.Offset = int64(binary.LittleEndian.Uint64(fixed[:]))
	row.OccurredAt = schema.Millis(binary.LittleEndian.Uint64(fixed[8:]))
	row.Received = schema.Millis(binary.LittleEndian.Uint64(fixed[16:]))
	kind, err := r.ReadByte()
	if err != nil {
		return row, err
	}
	row.Kind = schema.Kind(kind)
	if _, err = io.ReadFull(r, fixed[:8]); err != nil {
		return row, err
	}
	row.Amount = schema.Micros(binary.LittleEndian.Uint64(fixed[:]))
	corrected, err := r.ReadByte()
	row.Corrected = corrected != 0
	return row, err
}

// Share is the part of a partition that is asked for: from an offset on.
type Share struct {
	Partition int
	From      int64
}

// Part is the stored rows of a topic that lie in one of Shares and were received at Since or later.
type Part struct {
	Topic  string
	Shares []Share
	Since  schema.Millis
}

// Hashes hands out repeats.Hash and the time of receipt (its day is right) of every row of part, also of
// those that were erased.
func (s *Store) Hashes(ctx context.Context, part Part, take func(hash uint64, received schema.Millis)) error {
	ctx, cancel := context.WithTimeout(ctx, recallLimit)
	defer cancel()
	where := part.where()
	wanted, err := s.query(ctx, "SELECT sum(n) FROM (SELECT count() AS n FROM events WHERE "+where+" UNION ALL SELECT count() FROM erased WHERE "+where+") FORMAT RowBinary")
	if err != nil {
		return fmt.Errorf("count stored rows: %w", err)
	}
	if len(wanted) != 8 {
		return fmt.Errorf("count stored rows: an answer of %d bytes", len(wanted))
	}
	sql := "SELECT " + repeats.HashSQL + ", toUInt16(toDate(received_at)) FROM events WHERE " + where +
		" UNION ALL SELECT hash, toUInt16(toDate(received_at)) FROM erased WHERE " + where + " FORMAT RowBinary"
	body, err := s.post(ctx, url.Values{}, "text/plain", strings.NewReader(sql))
	if err != nil {
		return fmt.Errorf("read hashes of stored rows: %w", err)
	}
	defer func() { _ = body.Close() }()
	n, err := readHashes(bufio.NewReaderSize(body, 64<<10), take)
	if err != nil {
		return fmt.Errorf("read hashes of stored rows: %w", err)
	}
	// An answer that breaks off must not pass for a short one.
	if least := binary.LittleEndian.Uint64(wanted); n < least {
		return fmt.Errorf("read hashes of stored rows: %d came of %d", n, least)
	}
	return nil
}

func readHashes(r io.Reader, take func(hash uint64, received schema.Millis)) (n uint64, err error) {
	var row [10]byte
	for {
		_, err := io.ReadFull(r, row[:])
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		take(binary.LittleEndian.Uint64(row[:]), schema.Millis(binary.LittleEndian.Uint16(row[8:]))*24*60*60*1000)
		n++
	}
}

func (p Part) where() string {
	parts := make([]string, len(p.Shares))
	for i, share := range p.Shares {
		parts[i] = fmt.Sprintf("(kafka_partition = %d AND kafka_offset >= %d)", share.Partition, share.From)
	}
	return fmt.Sprintf("kafka_topic = %s AND received_at >= fromUnixTimestamp64Milli(%d, 'UTC') AND (%s)", clickhouse.Quote(p.Topic), p.Since, strings.Join(parts, " OR "))
}

// Last returns the highest stored offset in part of each partition that has rows there, or had them
// before they were erased.
func (s *Store) Last(ctx context.Context, part Part) (map[int]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, recallLimit)
	defer cancel()
	where := part.where()
	answer, err := s.query(ctx, "SELECT kafka_partition, max(last) FROM (SELECT kafka_partition, max(kafka_offset) AS last FROM events WHERE "+where+
		" GROUP BY kafka_partition UNION ALL SELECT kafka_partition, max(kafka_offset) AS last FROM erased WHERE "+where+" GROUP BY kafka_partition) GROUP BY kafka_partition FORMAT RowBinary")
	if err != nil {
		return nil, fmt.Errorf("look for the last stored offsets: %w", err)
	}
	last := make(map[int]int64)
	for ; len(answer) >= 10; answer = answer[10:] {
		last[int(binary.LittleEndian.Uint16(answer))] = int64(binary.LittleEndian.Uint64(answer[2:]))
	}
	if len(answer) != 0 {
		return nil, fmt.Errorf("look for the last stored offsets: %d bytes are left over", len(answer))
	}
	return last, nil
}
