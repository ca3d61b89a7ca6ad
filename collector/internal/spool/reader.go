package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// Damage says from where a segment cannot be read, and why.
type Damage struct {
	Offset int64
	Reason string
}

// Error implements error.
func (d *Damage) Error() string {
	return fmt.Sprintf("damaged at byte %d: %s", d.Offset, d.Reason)
}

// Unreadable says that the disk did not give a segment's bytes: they may be good, so reading is
// tried again before they count as damaged.
type Unreadable struct {
	Offset int64
	Err    error
}

// Error implements error.
func (u *Unreadable) Error() string { return fmt.Sprintf("not read at byte %d: %s", u.Offset, u.Err) }

// Unwrap returns what the disk said.
func (u *Unreadable) Unwrap() error { return u.Err }

// errVersion says that a segment was written by another version of this program.
var errVersion = errors.New("the segment's format is not known to this version")

// reader reads the frames of a segment.
type reader struct {
	from    *bufio.Reader
	left    int64 // bytes that are not read yet
	offset  int64 // of the next frame
	created int64 // Unix ms
	buf     []byte
}

// newReader reads the header. An empty file has no frames: its writer got no further.
func newReader(from io.Reader, size int64) (*reader, error) {
	r := &reader{from: bufio.NewReaderSize(from, 256<<10), left: size}
	if size == 0 {
		return r, nil
	}
	var head [headerSize]byte
	if size < headerSize {
		return nil, &Damage{0, "the file ends within its header"}
	}
	if _, err := io.ReadFull(r.from, head[:]); err != nil {
		return nil, readError(0, err)
	}
	switch {
	case string(head[:8]) != magic:
		return nil, &Damage{0, "the header is none of a spool"}
	case crc32.Checksum(head[:20], castagnoli) != binary.LittleEndian.Uint32(head[20:]):
		return nil, &Damage{0, "the header's checksum is wrong"}
	case binary.LittleEndian.Uint32(head[8:]) != version:
		return nil, errVersion
	}
	r.created = int64(binary.LittleEndian.Uint64(head[12:]))
	r.offset, r.left = headerSize, size-headerSize
	return r, nil
}

// next returns the next frame, valid until the next call; io.EOF at the end of a segment that is
// whole, a *Damage otherwise.
func (r *reader) next() (frame, error) {
	if r.left == 0 {
		return frame{}, io.EOF
	}
	var head [frameHead]byte
	if r.left < frameHead {
		return frame{}, r.damage("the file ends within a frame")
	}
	if _, err := io.ReadFull(r.from, head[:]); err != nil {
		return frame{}, readError(r.offset, err)
	}
	size := int64(binary.LittleEndian.Uint32(head[:]))
	if size > r.left-frameHead || size > maxPayload {
		return frame{}, r.damage("the file ends within a frame")
	}
	if int64(cap(r.buf)) < size {
		r.buf = make([]byte, size)
	}
	r.buf = r.buf[:size]
	if _, err := io.ReadFull(r.from, r.buf); err != nil {
		return frame{}, readError(r.offset, err)
	}
	if checksum(head[:], r.buf) != binary.LittleEndian.Uint32(head[4:]) {
		return frame{}, r.damage("a frame's checksum is wrong")
	}
	f, err := parseFrame(r.buf)
	if err != nil {
		return frame{}, r.damage(err.Error())
	}
	r.offset += frameHead + size
	r.left -= frameHead + size
	return f, nil
}

// readError tells a file that is shorter than it was from a disk that does not answer.
func readError(offset int64, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Damage{offset, "the file is shorter than it was"}
	}
	return &Unreadable{offset, err}
}

func (r *reader) damage(reason string) error { return &Damage{r.offset, reason} }

// openSegment reads a segment's file; size is how much of it counts.
func openSegment(path string, size int64) (*os.File, *reader, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("open segment: %w", err)
	}
	if err != nil {
		return nil, nil, &Unreadable{0, err}
	}
	r, err := newReader(file, size)
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return file, r, nil
}

// skip goes to the frame at offset, which was read before.
func (r *reader) skip(offset int64) error {
	if offset <= r.offset {
		return nil
	}
	n, err := io.CopyN(io.Discard, r.from, offset-r.offset)
	r.offset += n
	r.left -= n
	if err != nil {
		return readError(r.offset, err)
	}
	return nil
}
