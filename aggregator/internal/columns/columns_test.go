package columns

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/ClickHouse/ch-go/proto"
)

// TestBlocksAreNative reads a block with another implementation of the format. The texts need
// dictionaries of each width.
func TestBlocksAreNative(t *testing.T) {
	for _, distinct := range []int{1, 256, 257, 65_536, 65_537} {
		var numbers Uint64
		var low, elements Low
		var text Text
		list := NewList(&elements)
		block := Block{Entries: []Entry{
			{"n", "UInt64", &numbers}, {"low", "LowCardinality(String)", &low},
			{"list", "Array(LowCardinality(String))", list}, {"text", "String", &text},
		}}
		var want []string
		for range 2 { // the second time in reused memory
			block.Reset()
			want = want[:0]
			for i := range distinct + 10 {
				v := fmt.Sprint("value ", i%distinct)
				want = append(want, v)
				numbers.Append(uint64(i))
				low.Append(v)
				text.Append(v)
				for range i % 3 {
					elements.Append(v)
				}
				list.Close(i % 3)
				block.Rows++
			}
		}
		var sent bytes.Buffer
		frames := NewFrames()
		frames.Start(&sent)
		if _, err := block.WriteTo(frames); err != nil {
			t.Fatal(err)
		}
		if err := frames.Flush(); err != nil {
			t.Fatal(err)
		}
		raw := unpack(t, &sent)
		gotLow, gotText, gotNumbers := proto.NewLowCardinality[string](new(proto.ColStr)), new(proto.ColStr), new(proto.ColUInt64)
		gotList := proto.NewArray[string](proto.NewLowCardinality[string](new(proto.ColStr)))
		var read proto.Block
		err := read.DecodeRawBlock(proto.NewReader(bytes.NewReader(raw)), 0, proto.Results{
			{Name: "n", Data: gotNumbers}, {Name: "low", Data: gotLow}, {Name: "list", Data: gotList}, {Name: "text", Data: gotText},
		})
		if err != nil || read.Rows != distinct+10 {
			t.Fatalf("%d values: %d rows, %v", distinct, read.Rows, err)
		}
		for i, v := range want {
			if gotLow.Row(i) != v || gotText.Row(i) != v || gotNumbers.Row(i) != uint64(i) || len(gotList.Row(i)) != i%3 {
				t.Fatalf("%d values, row %d: %q, %q, %d, %v", distinct, i, gotLow.Row(i), gotText.Row(i), gotNumbers.Row(i), gotList.Row(i))
			}
		}
	}
}

func TestFramesAreWhole(t *testing.T) {
	data := make([]byte, 3*frameBytes+17)
	for i := range len(data) / 4 {
		binary.LittleEndian.PutUint32(data[4*i:], uint32(i))
	}
	var sent bytes.Buffer
	frames := NewFrames()
	for range 2 {
		sent.Reset()
		frames.Start(&sent)
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 70_001)
			if _, err := frames.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := frames.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if got := unpack(t, &sent); !bytes.Equal(data, got) {
		t.Errorf("%d bytes of %d, or others", len(got), len(data))
	}
}

// unpack returns what is in the frames.
func unpack(t *testing.T, sent io.Reader) []byte {
	t.Helper()
	raw, err := io.ReadAll(compress.NewReader(sent))
	if err != nil && !errors.Is(err, io.EOF) { // the reader wraps the end
		t.Fatal(err)
	}
	return raw
}
