package up

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"

	"noctra/internal/files"
)

// Ready is the content of ready.json, which programs outside rely on.
type Ready struct {
	AdminURL     string            `json:"admin_url"`
	CollectorURL string            `json:"collector_url"`
	ShopURL      string            `json:"shop_url,omitempty"`
	Kafka        string            `json:"kafka"`      // host:port
	ClickHouse   string            `json:"clickhouse"` // HTTP, with the reader's login and the database
	Postgres     string            `json:"postgres"`   // with the password
	Metrics      map[string]string `json:"metrics"`
	Pids         map[string]int    `json:"pids"`
	Fakes        map[string]string `json:"fakes"`
	PublicURL    string            `json:"public_admin_url,omitempty"` // where browsers reach the dashboard, when that is elsewhere
	Demo         json.RawMessage   `json:"demo,omitempty"`
}

// readyFile keeps ready.json up to date once it is published.
type readyFile struct {
	path string

	mu        sync.Mutex
	content   Ready
	pids      map[string]int
	published bool
}

func newReadyFile(path string) *readyFile {
	return &readyFile{path: path, pids: map[string]int{"up": os.Getpid()}}
}

// publish writes the file for the first time.
func (r *readyFile) publish(content Ready) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.content, r.published = content, true
	return r.write()
}

// setPid records a process id; 0 takes the process out.
func (r *readyFile) setPid(name string, pid int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pids[name] == pid {
		return nil
	}
	r.pids[name] = pid
	if pid == 0 {
		delete(r.pids, name)
	}
	if !r.published {
		return nil
	}
	return r.write()
}

// remove takes the file away, for good.
func (r *readyFile) remove() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.published = false
	if err := os.Remove(r.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove ready.json: %w", err)
	}
	return nil
}

func (r *readyFile) write() error {
	r.content.Pids = maps.Clone(r.pids)
	if r.content.Fakes == nil {
		r.content.Fakes = map[string]string{}
	}
	raw, err := json.MarshalIndent(r.content, "", "  ")
	if err != nil {
		return fmt.Errorf("write ready.json: %w", err)
	}
	return files.Replace(r.path, append(raw, '\n'))
}
