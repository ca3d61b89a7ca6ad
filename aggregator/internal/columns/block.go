package columns

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/ClickHouse/ch-go/compress"
)

// Entry is a column of a block with its name and ClickHouse type.
type Entry struct {
	Name, Type string
	Column     Column
}

// Block is one block of the Native format. All columns have Rows rows.
type Block struct {
	Rows    int
	Entries []Entry
}

// Size returns the bytes that all columns hold.
func (b *Block) Size() int {
	size := 0
	for i := range b.Entries {
		size += b.Entries[i].Column.Size()
	}
	return size
}

// Reset empties all columns.
func (b *Block) Reset() {
	b.Rows = 0
	for i := range b.Entries {
		b.Entries[i].Column.Reset()
	}
}

// WriteTo writes the block, uncompressed. It may be called any number of times.
func (b *Block) WriteTo(w io.Writer) (n int64, err error) {
	out := func(p []byte) {
		if err != nil || len(p) == 0 {
			return
		}
		var m int
		m, err = w.Write(p)
		n += int64(m)
	}
	head := binary.AppendUvarint(nil, uint64(len(b.Entries)))
	out(binary.AppendUvarint(head, uint64(b.Rows)))
	for i := range b.Entries {
		e := &b.Entries[i]
		head = appendText(head[:0], e.Name)
		head = appendText(head, e.Type)
		out(e.Column.prefix(head))
		e.Column.write(out)
	}
	if err != nil {
		return n, fmt.Errorf("write block of %d rows: %w", b.Rows, err)
	}
	return n, nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// frameBytes is how much is compressed at a time.
const frameBytes = 1 << 20

// Frames writes what it is given as LZ4 frames, the form that ClickHouse takes with decompress=1.
type Frames struct {
	to       io.Writer
	compress *compress.Writer
	open     []byte
}

// NewFrames returns Frames without a target; Start gives it one.
func NewFrames() *Frames {
	return &Frames{compress: compress.NewWriter(compress.LevelZero, compress.LZ4), open: make([]byte, 0, frameBytes)}
}

// Start begins a new stream to w.
func (f *Frames) Start(w io.Writer) { f.to, f.open = w, f.open[:0] }

// Write implements io.Writer.
func (f *Frames) Write(p []byte) (int, error) {
	taken := 0
	for taken < len(p) {
		n := min(len(p)-taken, frameBytes-len(f.open))
		f.open = append(f.open, p[taken:taken+n]...)
		taken += n
		if len(f.open) == frameBytes {
			if err := f.Flush(); err != nil {
				return taken, err
			}
		}
	}
	return taken, nil
}

// Flush writes what is left as a last frame.
func (f *Frames) Flush() error {
	if len(f.open) == 0 {
		return nil
	}
	if err := f.compress.Compress(f.open); err != nil {
		return fmt.Errorf("compress block: %w", err)
	}
	f.open = f.open[:0]
	if _, err := f.to.Write(f.compress.Data); err != nil {
		return fmt.Errorf("send block: %w", err)
	}
	return nil
}
