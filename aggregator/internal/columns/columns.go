package columns

import "encoding/binary"

// Column is a part of a block. Its content lies in the order and form of the Native format.
type Column interface {
	// Size returns the bytes that the column holds.
	Size() int
	// Reset empties the column and keeps its memory.
	Reset()
	// prefix appends what stands before the data of the column.
	prefix(b []byte) []byte
	// write hands the data to out, piece by piece.
	write(out func([]byte))
}

// Bytes8 is a column of one byte a row: UInt8 and Enum8.
type Bytes8 struct{ b []byte }

// Append adds a row.
func (c *Bytes8) Append(v uint8) { c.b = append(c.b, v) }

// At returns row i.
func (c *Bytes8) At(i int) uint8 { return c.b[i] }

// Size implements Column.
func (c *Bytes8) Size() int { return len(c.b) }

// Reset implements Column.
func (c *Bytes8) Reset() { c.b = c.b[:0] }

func (c *Bytes8) prefix(b []byte) []byte { return b }
func (c *Bytes8) write(out func([]byte)) { out(c.b) }

// Uint16 is a column of UInt16.
type Uint16 struct{ b []byte }

// Append adds a row.
func (c *Uint16) Append(v uint16) { c.b = binary.LittleEndian.AppendUint16(c.b, v) }

// Size implements Column.
func (c *Uint16) Size() int { return len(c.b) }

// Reset implements Column.
func (c *Uint16) Reset() { c.b = c.b[:0] }

func (c *Uint16) prefix(b []byte) []byte { return b }
func (c *Uint16) write(out func([]byte)) { out(c.b) }

// Uint32 is a column of four bytes a row: UInt32 and DateTime.
type Uint32 struct{ b []byte }

// Append adds a row.
func (c *Uint32) Append(v uint32) { c.b = binary.LittleEndian.AppendUint32(c.b, v) }

// Size implements Column.
func (c *Uint32) Size() int { return len(c.b) }

// Reset implements Column.
func (c *Uint32) Reset() { c.b = c.b[:0] }

func (c *Uint32) prefix(b []byte) []byte { return b }
func (c *Uint32) write(out func([]byte)) { out(c.b) }

// Uint64 is a column of eight bytes a row: UInt64, Int64 and DateTime64.
type Uint64 struct{ b []byte }

// Append adds a row.
func (c *Uint64) Append(v uint64) { c.b = binary.LittleEndian.AppendUint64(c.b, v) }

// At returns row i.
func (c *Uint64) At(i int) uint64 { return binary.LittleEndian.Uint64(c.b[8*i:]) }

// Size implements Column.
func (c *Uint64) Size() int { return len(c.b) }

// Reset implements Column.
func (c *Uint64) Reset() { c.b = c.b[:0] }

func (c *Uint64) prefix(b []byte) []byte { return b }
func (c *Uint64) write(out func([]byte)) { out(c.b) }

// Text is a column of String.
type Text struct{ b []byte }

// Append adds a row.
func (c *Text) Append(v string) {
	c.b = binary.AppendUvarint(c.b, uint64(len(v)))
	c.b = append(c.b, v...)
}

// AppendBytes adds a row.
func (c *Text) AppendBytes(v []byte) {
	c.b = binary.AppendUvarint(c.b, uint64(len(v)))
	c.b = append(c.b, v...)
}

// ShortAt returns the text that begins at byte at of the column and is shorter than 128 bytes. It
// is a part of the column.
func (c *Text) ShortAt(at int) []byte { return c.b[at+1 : at+1+int(c.b[at])] }

// Size implements Column.
func (c *Text) Size() int { return len(c.b) }

// Reset implements Column.
func (c *Text) Reset() { c.b = c.b[:0] }

func (c *Text) prefix(b []byte) []byte { return b }
func (c *Text) write(out func([]byte)) { out(c.b) }

// List is the part of an Array or Map that says where each row ends. Its values are columns that
// the caller fills; Close ends a row.
type List struct {
	ends   Uint64
	total  uint64
	values []Column
}

// NewList returns a list over values: one column for an Array, two for a Map.
func NewList(values ...Column) *List { return &List{values: values} }

// Close ends a row of n values.
func (c *List) Close(n int) {
	c.total += uint64(n)
	c.ends.Append(c.total)
}

// Size implements Column.
func (c *List) Size() int {
	size := c.ends.Size()
	for _, v := range c.values {
		size += v.Size()
	}
	return size
}

// Reset implements Column.
func (c *List) Reset() {
	c.total = 0
	c.ends.Reset()
	for _, v := range c.values {
		v.Reset()
	}
}

func (c *List) prefix(b []byte) []byte {
	for _, v := range c.values {
		b = v.prefix(b)
	}
	return b
}

func (c *List) write(out func([]byte)) {
	c.ends.write(out)
	for _, v := range c.values {
		v.write(out)
	}
}
