package columns

import (
	"encoding/binary"
	"math"
	"strings"
)

// Numbers of the Native format of LowCardinality: keys are added to a dictionary that the block
// brings along; the lowest byte says how wide the keys are.
const (
	lowVersion   = 1
	lowHasValues = 1<<9 | 1<<10
	lowKeys8     = 0
	lowKeys16    = 1
	lowKeys32    = 2
)

// Low is a column of LowCardinality(String).
type Low struct {
	places map[string]uint32 // of each value in the dictionary
	values Text
	keys   []uint32 // of each row

	last    string // the row before, which is the same surprisingly often
	lastKey uint32

	scratch []byte // keys as they are sent
}

// Append adds a row. It keeps nothing of v.
func (c *Low) Append(v string) {
	if len(c.keys) > 0 && v == c.last {
		c.keys = append(c.keys, c.lastKey)
		return
	}
	key, ok := c.places[v]
	if !ok {
		if c.places == nil {
			c.places = make(map[string]uint32)
		}
		key = uint32(len(c.places))
		v = strings.Clone(v)
		c.places[v] = key
		c.values.Append(v)
	}
	c.last, c.lastKey = v, key // pins a record until the next row at most
	c.keys = append(c.keys, key)
}

// Size implements Column.
func (c *Low) Size() int { return 4*len(c.keys) + 3*c.values.Size() }

// Reset implements Column.
func (c *Low) Reset() {
	clear(c.places)
	c.values.Reset()
	c.keys = c.keys[:0]
	c.last, c.lastKey = "", 0
}

func (c *Low) prefix(b []byte) []byte { return binary.LittleEndian.AppendUint64(b, lowVersion) }

func (c *Low) write(out func([]byte)) {
	if len(c.keys) == 0 {
		return // an empty column has no dictionary either
	}
	width := uint64(lowKeys32)
	switch n := len(c.places); {
	case n <= math.MaxUint8+1:
		width = lowKeys8
	case n <= math.MaxUint16+1:
		width = lowKeys16
	}
	head := binary.LittleEndian.AppendUint64(nil, lowHasValues|width)
	out(binary.LittleEndian.AppendUint64(head, uint64(len(c.places))))
	c.values.write(out)
	out(binary.LittleEndian.AppendUint64(nil, uint64(len(c.keys))))
	c.scratch = appendKeys(c.scratch[:0], c.keys, width)
	out(c.scratch)
}

func appendKeys(b []byte, keys []uint32, width uint64) []byte {
	switch width {
	case lowKeys8:
		for _, k := range keys {
			b = append(b, byte(k))
		}
	case lowKeys16:
		for _, k := range keys {
			b = binary.LittleEndian.AppendUint16(b, uint16(k))
		}
	default:
		for _, k := range keys {
			b = binary.LittleEndian.AppendUint32(b, k)
		}
	}
	return b
}
