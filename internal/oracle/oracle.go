// Package oracle judges what became of events once all faults are over: everything acknowledged is
// stored, everything stored was issued, unchanged, and nothing is there twice.
//
// It knows ids and contents alone. How events were sent and where they are kept is known by who asks.
package oracle

import (
	"fmt"
	"strings"
	"sync"
)

// Ledger is what a sender knows. It may be used by many goroutines.
type Ledger struct {
	mu           sync.Mutex
	issued       map[string]string // content by id
	acknowledged map[string]bool
}

// NewLedger returns an empty one.
func NewLedger() *Ledger {
	return &Ledger{issued: map[string]string{}, acknowledged: map[string]bool{}}
}

// Issue notes an event that is about to be sent for the first time.
func (l *Ledger) Issue(id, content string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.issued[id] = content
}

// Acknowledge notes that somebody promised to keep an event.
func (l *Ledger) Acknowledge(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged[id] = true
}

// Acknowledged returns how many events were.
func (l *Ledger) Acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acknowledged)
}

// Row is a stored event.
type Row struct{ ID, Content string }

// Verdict names the events of each fault. Without any the run has passed.
type Verdict struct {
	Lost    []string // acknowledged, and not stored
	Doubled []string // stored again
	Altered []string // stored with another content
	Foreign []string // stored, and never issued
}

// Judge compares what is stored with the ledger.
func (l *Ledger) Judge(stored []Row) Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	var v Verdict
	seen := make(map[string]bool, len(stored))
	for _, row := range stored {
		content, issued := l.issued[row.ID]
		switch {
		case !issued:
			v.Foreign = append(v.Foreign, row.ID)
		case seen[row.ID]:
			v.Doubled = append(v.Doubled, row.ID)
		case content != row.Content:
			v.Altered = append(v.Altered, fmt.Sprintf("%s: %q became %q", row.ID, content, row.Content))
		}
		seen[row.ID] = true
	}
	for id := range l.acknowledged {
		if !seen[id] {
			v.Lost = append(v.Lost, id)
		}
	}
	return v
}

// Faults names the kinds of faults that were found, in a fixed order.
func (v Verdict) Faults() []string {
	var kinds []string
	for _, kind := range v.kinds() {
		if len(kind.events) > 0 {
			kinds = append(kinds, kind.name)
		}
	}
	return kinds
}

type kind struct {
	name   string
	events []string
}

func (v Verdict) kinds() []kind {
	return []kind{{"lost", v.Lost}, {"doubled", v.Doubled}, {"altered", v.Altered}, {"foreign", v.Foreign}}
}

const examples = 5

// String counts the faults, with a few events of each.
func (v Verdict) String() string {
	var text []string
	for _, kind := range v.kinds() {
		if n := len(kind.events); n > 0 {
			text = append(text, fmt.Sprintf("%d %s: %s", n, kind.name, strings.Join(kind.events[:min(n, examples)], ", ")))
		}
	}
	if len(text) == 0 {
		return "nothing is lost, doubled, altered or foreign"
	}
	return strings.Join(text, "; ")
}
