package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A segment is a header and then frames, all numbers little-endian:
//
//	header  magic[8] version[4] created[8, Unix ms] crc32c[4, of the 20 bytes before]
//	frame   size[4, of the payload] crc32c[4, of size and payload] payload
//	payload at[varint, Unix ms] count[uvarint] then per message key[8] length[uvarint] value
//
// A frame holds one request's messages: all of them are there, or none.
const (
	magic      = "NOCSPOOL"
	version    = 1
	headerSize = 24
	frameHead  = 8
	maxPayload = 64 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Messages is what one request wants stored.
type Messages interface {
	Len() int
	Key(i int) uint64
	Value(i int) []byte // valid during Append
}

func appendHeader(b []byte, created int64) []byte {
	start := len(b)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint64(b, uint64(created))
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// appendFrame writes m as a frame.
func appendFrame(b []byte, at int64, m Messages) []byte {
	start := len(b)
	b = append(b, make([]byte, frameHead)...)
	b = binary.AppendVarint(b, at)
	b = binary.AppendUvarint(b, uint64(m.Len()))
	for i := range m.Len() {
		value := m.Value(i)
		b = binary.LittleEndian.AppendUint64(b, m.Key(i))
		b = binary.AppendUvarint(b, uint64(len(value)))
		b = append(b, value...)
	}
	head, payload := b[start:start+frameHead], b[start+frameHead:]
	binary.LittleEndian.PutUint32(head, uint32(len(payload)))
	binary.LittleEndian.PutUint32(head[4:], checksum(head, payload))
	return b
}

func checksum(head, payload []byte) uint32 {
	return crc32.Update(crc32.Checksum(head[:4], castagnoli), castagnoli, payload)
}

// frame is one request's messages as read.
type frame struct {
	at    int64 // Unix ms
	count int
	rest  []byte // messages
}

var errPayload = errors.New("the payload is malformed")

// parseFrame reads a payload and checks all of it, so that each cannot fail.
func parseFrame(payload []byte) (f frame, err error) {
	at, n := binary.Varint(payload)
	if n <= 0 {
		return f, errPayload
	}
	count, k := binary.Uvarint(payload[n:])
	if k <= 0 || count > uint64(len(payload)) {
		return f, errPayload
	}
	f = frame{at: at, count: int(count), rest: payload[n+k:]}
	rest := f.rest
	for range f.count {
		if _, _, rest, err = nextMessage(rest); err != nil {
			return f, err
		}
	}
	if len(rest) != 0 {
		return f, errPayload
	}
	return f, nil
}

// each hands out the messages; values are parts of the frame.
func (f frame) each(take func(key uint64, value []byte)) {
	rest := f.rest
	for range f.count {
		key, value, after, err := nextMessage(rest)
		if err != nil {
			return // parseFrame has looked
		}
		take(key, value)
		rest = after
	}
}

func nextMessage(b []byte) (key uint64, value, rest []byte, err error) {
	if len(b) < 8 {
		return 0, nil, nil, errPayload
	}
	key = binary.LittleEndian.Uint64(b)
	size, n := binary.Uvarint(b[8:])
	if n <= 0 || size > uint64(len(b)-8-n) {
		return 0, nil, nil, errPayload
	}
	b = b[8+n:]
	return key, b[:size], b[size:], nil
}
