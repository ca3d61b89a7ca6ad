package envelope

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"noctra/internal/files"
)

// ErrNoKey is returned where a value is under a master key that the file does not have.
var ErrNoKey = errors.New("the file of master keys has no such key")

// Ring is the file of master keys. It follows changes of the file, so that keys rotate while
// services run. It is safe for concurrent use.
type Ring struct {
	path string

	mu      sync.Mutex
	content ringFile
	read    time.Time // modification time of what was read
	size    int64
}

// ringFile is the content of the file. Old keys stay, for what is still under them.
type ringFile struct {
	Current string            `json:"current"`
	Keys    map[string][]byte `json:"keys"` // 32 bytes each
}

// Ensure makes the file with one new key, mode 0600, where there is none. Of several that start at
// once one makes it, and the others use that.
func Ensure(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	draft := path + "." + rand.Text()
	if err := add(draft, ringFile{Keys: map[string][]byte{}}); err != nil {
		return err
	}
	err := os.Link(draft, path) // unlike a rename, it replaces nothing
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	if err = errors.Join(err, os.Remove(draft)); err != nil {
		return fmt.Errorf("make master keys: %w", err)
	}
	return nil
}

// Rotate adds a new key, which is the current one from now on.
func Rotate(path string) error {
	before, err := load(path)
	if err != nil {
		return err
	}
	return add(path, before)
}

// Retire takes keys out of the file. What is still under them does not open any more. The current key
// stays, whatever is asked.
func Retire(path string, ids []string) error {
	content, err := load(path)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if id != content.Current {
			delete(content.Keys, id)
		}
	}
	return write(path, content)
}

// Open reads the file.
func Open(path string) (*Ring, error) {
	r := &Ring{path: path}
	_, _, err := r.current()
	if err != nil {
		return nil, err
	}
	return r, nil
}

func add(path string, to ringFile) error {
	name, key := make([]byte, 6), make([]byte, keySize)
	_, _ = rand.Read(name)
	_, _ = rand.Read(key)
	to.Current = hex.EncodeToString(name)
	to.Keys[to.Current] = key
	return write(path, to)
}

func write(path string, content ringFile) error {
	raw, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return fmt.Errorf("write master keys: %w", err)
	}
	return files.Replace(path, append(raw, '\n'))
}

// load never repeats what stands in the file.
func load(path string) (ringFile, error) {
	var content ringFile
	raw, err := os.ReadFile(path)
	if err != nil {
		return content, fmt.Errorf("read master keys: %w", err)
	}
	if json.Unmarshal(raw, &content) != nil || len(content.Keys[content.Current]) != keySize {
		return content, fmt.Errorf("read master keys: %q is not a file of master keys", path)
	}
	for id, key := range content.Keys {
		if len(key) != keySize || len(id) > 255 {
			return content, fmt.Errorf("read master keys: %q has a key that is not %d bytes long", path, keySize)
		}
	}
	return content, nil
}

// follow reads the file again when it has changed.
func (r *Ring) follow() error {
	info, err := os.Stat(r.path)
	if err != nil {
		return fmt.Errorf("read master keys: %w", err)
	}
	if info.ModTime().Equal(r.read) && info.Size() == r.size {
		return nil
	}
	content, err := load(r.path)
	if err != nil {
		return err
	}
	r.content, r.read, r.size = content, info.ModTime(), info.Size()
	return nil
}

// Old lists the keys that are not the current one.
func (r *Ring) Old() (ids []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.follow(); err != nil {
		return nil, err
	}
	for id := range r.content.Keys {
		if id != r.content.Current {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

func (r *Ring) current() (id string, key []byte, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.follow(); err != nil {
		return "", nil, err
	}
	return r.content.Current, r.content.Keys[r.content.Current], nil
}

func (r *Ring) key(id string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.follow(); err != nil {
		return nil, err
	}
	key, ok := r.content.Keys[id]
	if !ok {
		return nil, fmt.Errorf("master key %q: %w", id, ErrNoKey)
	}
	return key, nil
}
