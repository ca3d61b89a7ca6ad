package fakes

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Kinds of faults.
const (
	DropReply = "drop_reply" // the work is done, then the answer is lost
	Status    = "status"     // refused with that status, nothing is done
	Delay     = "delay"      // done as ever, but later
	Garbage   = "garbage"    // the work is done, and the answer makes no sense
)

const (
	mostFaults   = 100
	mostBody     = 1 << 20
	longestDelay = 10 * time.Minute
)

// Fault is one order. Without Path it holds for every path that does not begin with "/_"; without
// Rate always, without Count until the list is replaced.
type Fault struct {
	Kind    string   `json:"kind"`
	Path    string   `json:"path,omitempty"`
	Status  int      `json:"status,omitempty"`
	DelayMS int      `json:"delay_ms,omitempty"`
	Rate    *float64 `json:"rate,omitempty"` // share of the requests, 0 to 1
	Count   int      `json:"count,omitempty"`

	counted bool // Count says how many are left, also when none is
}

// Wait returns how long a Delay delays.
func (f Fault) Wait() time.Duration { return time.Duration(f.DelayMS) * time.Millisecond }

func (f Fault) check() error {
	switch f.Kind {
	case DropReply, Garbage:
	case Status:
		if f.Status < 200 || f.Status > 599 {
			return fmt.Errorf("status: %d is not between 200 and 599", f.Status)
		}
	case Delay:
		if f.DelayMS <= 0 || f.Wait() > longestDelay {
			return fmt.Errorf("delay_ms: %d is not between 1 and %d", f.DelayMS, longestDelay/time.Millisecond)
		}
	default:
		return fmt.Errorf("kind: %q is none of drop_reply, status, delay, garbage", f.Kind)
	}
	if f.Path != "" && !strings.HasPrefix(f.Path, "/") {
		return fmt.Errorf("path: %q does not begin with a slash", f.Path)
	}
	if f.Rate != nil && (*f.Rate < 0 || *f.Rate > 1) {
		return fmt.Errorf("rate: %v is not between 0 and 1", *f.Rate)
	}
	if f.Count < 0 {
		return errors.New("count: it is below 0")
	}
	return nil
}

// Faults is the list in force. The zero value has none; it is safe for concurrent use.
type Faults struct {
	mu   sync.Mutex
	list []Fault
}

// Set replaces the list, or says what is wrong with the new one and keeps the old.
func (f *Faults) Set(list []Fault) error {
	if len(list) > mostFaults {
		return fmt.Errorf("%d faults are more than %d", len(list), mostFaults)
	}
	var errs []error
	for i := range list {
		if err := list[i].check(); err != nil {
			errs = append(errs, fmt.Errorf("[%d].%w", i, err))
		}
		list[i].counted = list[i].Count > 0
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = list
	return nil
}

// Next returns what happens to one request for path.
func (f *Faults) Next(path string) []Fault { return f.NextFor(path, !strings.HasPrefix(path, "/_")) }

// NextFor is Next where the caller says whether faults without a path hold: delays first, and at most
// one fault of another kind. Counts go down by what is returned.
func (f *Faults) NextFor(path string, general bool) []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []Fault
	for i := range f.list {
		fault := &f.list[i]
		hit := fault.Path == path || fault.Path == "" && general
		if !hit || fault.counted && fault.Count == 0 || fault.Rate != nil && rand.Float64() >= *fault.Rate {
			continue
		}
		if fault.Kind != Delay && len(found) > 0 && found[len(found)-1].Kind != Delay {
			continue
		}
		if fault.counted {
			fault.Count--
		}
		if fault.Kind == Delay {
			found = append([]Fault{*fault}, found...)
		} else {
			found = append(found, *fault)
		}
	}
	return found
}

// ServeHTTP takes a new list.
func (f *Faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	var list []Fault
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	if err == nil {
		err = f.Set(list)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	WriteJSON(w, map[string]int{"faults": len(list)})
}
