package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// progress remembers, for each day of the history, until when it has been sent, so that a new start
// goes on where the last one ended. Forgetting is harmless: the same days make the same events,
// and what is known already is dropped by its id. It is safe for concurrent use.
type progress struct {
	path string

	mu    sync.Mutex
	state progressState
}

type progressState struct {
	Seed uint64               `json:"seed"`
	Site string               `json:"site"`
	Days map[string]time.Time `json:"days"` // by UTC date
}

// openProgress reads the file. A file of another seed or site counts for nothing.
func openProgress(path string, seed uint64, site string) (*progress, error) {
	p := &progress{path: path, state: progressState{Seed: seed, Site: site, Days: map[string]time.Time{}}}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read progress of the demo: %w", err)
	}
	var known progressState
	if json.Unmarshal(raw, &known) == nil && known.Seed == seed && known.Site == site && known.Days != nil {
		p.state = known
	}
	return p, nil
}

// until is the moment before which the day's events were sent.
func (p *progress) until(date time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.Days[date.Format(time.DateOnly)]
}

// reach notes that the day's events before that moment were sent, and forgets what is long gone.
func (p *progress) reach(date, until time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	key, oldest := date.Format(time.DateOnly), date.AddDate(0, 0, -maxHistoryDays).Format(time.DateOnly)
	if !until.After(p.state.Days[key]) {
		return nil
	}
	p.state.Days[key] = until
	for known := range p.state.Days {
		if known < oldest {
			delete(p.state.Days, known)
		}
	}
	return writeJSON(p.path, p.state)
}

// writeJSON replaces the file as a whole, or leaves it as it was.
func writeJSON(path string, value any) error {
	raw, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}
