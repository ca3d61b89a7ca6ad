package repeats

import (
	"encoding/binary"
	"time"

	"github.com/cespare/xxhash/v2"

	"noctra/schema"
)

// Window and Spread bound the rule. Seven days are promised; the collector lets an event have
// occurred up to seven days before it came, so copies within the window occurred within Spread.
const (
	Window = 8 * dayMillis
	Spread = 16 * dayMillis

	dayMillis = schema.Millis(24 * time.Hour / time.Millisecond)
)

// HashSQL is Hash in ClickHouse's words, over columns of the table events.
const HashSQL = "xxHash64(concat(reinterpretAsFixedString(site_id), event_id))"

// Hash is a 64-bit key of an event's meaning: equal for copies, and nearly always different
// otherwise.
func Hash(site schema.SiteID, id string) uint64 {
	var b [8 + schema.MaxIDLength]byte
	key := append(binary.LittleEndian.AppendUint64(b[:0], uint64(site)), id...)
	return xxhash.Sum64(key)
}

// Copy is what the rule looks at in two events of one site and id.
type Copy struct{ OccurredAt, Received schema.Millis }

// Repeats reports whether later is a repeat of first, which lies at an earlier place.
func Repeats(first, later Copy) bool {
	apart := later.OccurredAt - first.OccurredAt
	return first.Received >= later.Received-Window && apart <= Spread && apart >= -Spread
}
