// Package intent is how batches of one partition become rows exactly once: what an aggregator is
// about to insert stands in the metadata of the committed offset before it inserts, and Machine
// says which step follows which outcome.
//
// It does no input or output. The caller does each step and tells the machine how it ended.
package intent

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Intent is a batch that is about to be inserted: all messages of a partition from From to before
// To. Whoever finds it with the committed offset From builds the same batch again.
type Intent struct {
	From, To int64
	Rows     int   // what the batch holds once repeats are left out; to notice a difference
	Born     int64 // the time stamp of message From; tells messages of a topic that was made anew apart
	// At is when it was recorded first, or, Again, when its rows were looked up, Unix milliseconds:
	// what an attempt stores that the look-up did not see, its token tells for a while from then on.
	At int64
	// Again: rows of this very range may be stored under a token that is forgotten, or in batches that
	// were cut otherwise, and are repeats, too. All of its events are looked up.
	Again bool
}

const version = "1"

// ErrVersion says that a newer aggregator committed the metadata.
var ErrVersion = errors.New("the committed offset has an intent of a version that this build does not know: upgrade it")

var errForm = errors.New("the committed offset has metadata that is no intent")

// String returns the intent as metadata of a committed offset: at most 120 characters.
func (i Intent) String() string {
	again := "0"
	if i.Again {
		again = "1"
	}
	return fmt.Sprintf("noctra %s %d %d %d %d %d %s", version, i.From, i.To, i.Rows, i.Born, i.At, again)
}

// Parse reads metadata that String made. found is false where there is no intent.
func Parse(metadata string) (i Intent, found bool, err error) {
	if metadata == "" {
		return i, false, nil
	}
	parts := strings.Split(metadata, " ")
	if len(parts) < 2 || parts[0] != "noctra" {
		return i, false, fmt.Errorf("read intent %q: %w", cut(metadata), errForm)
	}
	if parts[1] != version {
		return i, false, fmt.Errorf("read intent %q: %w", cut(metadata), ErrVersion)
	}
	if len(parts) != 8 {
		return i, false, fmt.Errorf("read intent %q: %w", cut(metadata), errForm)
	}
	var numbers [5]int64
	for n := range numbers {
		if numbers[n], err = strconv.ParseInt(parts[2+n], 10, 64); err != nil {
			return i, false, fmt.Errorf("read intent %q: %w", cut(metadata), errForm)
		}
	}
	i = Intent{From: numbers[0], To: numbers[1], Rows: int(numbers[2]), Born: numbers[3], At: numbers[4], Again: parts[7] == "1"}
	if i.From < 0 || i.To <= i.From || i.Rows < 0 || (parts[7] != "0" && parts[7] != "1") || i.String() != metadata {
		return Intent{}, false, fmt.Errorf("read intent %q: %w", cut(metadata), errForm)
	}
	return i, true, nil
}

func cut(s string) string { return s[:min(len(s), 120)] }

// Token is the insert's name for ClickHouse: the same for every attempt at this batch, and for no
// other.
func (i Intent) Token(topic string, partition int) string {
	return fmt.Sprintf("%s-%d-%d-%d-%d", topic, partition, i.From, i.To, i.Born)
}
