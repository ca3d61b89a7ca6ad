package schema

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The wire format: two bytes of head (magic, major version), then fields. A field is a varint
// tag (number << 3 | wire type) followed by its value, as in protobuf: varints, and byte strings
// with their length. Fields without a value are left out. A field with an unknown number is kept
// as it came; another major version is refused.
const (
	wireMagic   = 'N'
	wireVersion = 1

	wireVarint = 0
	wireBytes  = 2
)

// Errors of the decoders.
var (
	ErrWireMagic     = errors.New("not a noctra record")
	ErrWireTruncated = errors.New("record ends within a field")
	ErrWireField     = errors.New("field has an unknown wire type")
)

// VersionError says that a record was written by a newer, incompatible version.
type VersionError struct{ Version byte }

func (e *VersionError) Error() string {
	return fmt.Sprintf("record has wire version %d, this build reads version %d: upgrade it", e.Version, wireVersion)
}

func appendHead(b []byte) []byte { return append(b, wireMagic, wireVersion) }

func appendUint(b []byte, field uint64, v uint64) []byte {
	if v == 0 {
		return b
	}
	b = binary.AppendUvarint(b, field<<3|wireVarint)
	return binary.AppendUvarint(b, v)
}

// appendInt writes signed numbers zigzag, so that small negative ones stay small.
func appendInt(b []byte, field uint64, v int64) []byte {
	return appendUint(b, field, uint64(v)<<1^uint64(v>>63))
}

func appendString(b []byte, field uint64, s string) []byte {
	if s == "" {
		return b
	}
	return appendPresent(b, field, s)
}

// appendPresent writes also an empty string: for parts of lists.
func appendPresent[T string | []byte](b []byte, field uint64, s T) []byte {
	b = binary.AppendUvarint(b, field<<3|wireBytes)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// fieldReader walks the fields of a record. All strings that it hands out are parts of data,
// so one record costs one allocation however many strings it has.
type fieldReader struct {
	data  string
	start int // of the current field
	pos   int

	number uint64
	value  uint64 // of varint fields
	text   string // of byte fields
}

func openRecord(b []byte) (fieldReader, error) {
	if len(b) < 2 || b[0] != wireMagic {
		return fieldReader{}, ErrWireMagic
	}
	if b[1] != wireVersion {
		return fieldReader{}, &VersionError{Version: b[1]}
	}
	return fieldReader{data: string(b[2:])}, nil
}

// next reads one field. It answers false at the end of the record.
func (r *fieldReader) next() (bool, error) {
	if r.pos >= len(r.data) {
		return false, nil
	}
	r.start = r.pos
	tag, err := r.uvarint()
	if err != nil {
		return false, err
	}
	r.number, r.value, r.text = tag>>3, 0, ""
	switch tag & 7 {
	case wireVarint:
		r.value, err = r.uvarint()
		return err == nil, err
	case wireBytes:
		n, err := r.uvarint()
		if err != nil {
			return false, err
		}
		if n > uint64(len(r.data)-r.pos) {
			return false, ErrWireTruncated
		}
		r.text = r.data[r.pos : r.pos+int(n)]
		r.pos += int(n)
		return true, nil
	}
	return false, fmt.Errorf("field %d: %w", r.number, ErrWireField)
}

// raw is the current field with its tag, as it stands in the record.
func (r *fieldReader) raw() string { return r.data[r.start:r.pos] }

func (r *fieldReader) signed() int64 { return int64(r.value>>1) ^ -int64(r.value&1) }

func (r *fieldReader) uvarint() (uint64, error) {
	var v uint64
	for shift := 0; shift < 64; shift += 7 {
		if r.pos >= len(r.data) {
			return 0, ErrWireTruncated
		}
		c := r.data[r.pos]
		r.pos++
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v, nil
		}
	}
	return 0, ErrWireTruncated
}
