package mail

import (
	"slices"
	"sync"

	"noctra/fakes"
)

// box is everything that arrived, on disk and in memory.
type box struct {
	journal *fakes.Journal[Message]

	mu       sync.Mutex
	messages []*Message // by id, from 1
	totals   Totals
}

// Totals sum the ledger: accepted messages without copies, refusals, and copies.
type Totals struct {
	Accepted int `json:"accepted"`
	Refused  int `json:"refused"`
	Copies   int `json:"copies"`
}

func openBox(path string) (*box, error) {
	journal, before, err := fakes.OpenJournal[Message](path)
	if err != nil {
		return nil, err
	}
	b := &box{journal: journal}
	for _, m := range before {
		b.file(m)
	}
	return b, nil
}

func (b *box) close() error { return b.journal.Close() }

// add keeps a message; it is on disk when add returns.
func (b *box) add(m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.journal.Append(m); err != nil {
		return err
	}
	b.file(m)
	return nil
}

// file sorts a message in. One that arrived before is a copy.
func (b *box) file(m Message) {
	if m.State == refused {
		b.totals.Refused++
	} else if first := b.find(m); first != nil {
		first.Copies++
		b.totals.Copies++
		return
	} else {
		b.totals.Accepted++
	}
	m.ID = len(b.messages) + 1
	b.messages = append(b.messages, &m)
}

func (b *box) find(m Message) *Message {
	for _, other := range b.messages {
		if m.MessageID != "" && other.State == accepted && other.MessageID == m.MessageID && slices.Equal(other.To, m.To) {
			return other
		}
	}
	return nil
}

// ledger returns copies of everything.
func (b *box) ledger() ([]Message, Totals) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]Message, len(b.messages))
	for i, m := range b.messages {
		all[i] = *m
	}
	return all, b.totals
}
