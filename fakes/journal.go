package fakes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Journal is a file of JSON lines that only grows: the memory of a fake. What Append has returned
// from is on disk; a line that a crash cut short is dropped at the next start.
type Journal[T any] struct {
	mu   sync.Mutex
	file *os.File
	size int64
}

// OpenJournal opens or makes the file and returns what stands in it.
func OpenJournal[T any](path string) (*Journal[T], []T, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, fmt.Errorf("open journal: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open journal: %w", err)
	}
	raw, err := io.ReadAll(file)
	whole := raw[:bytes.LastIndexByte(raw, '\n')+1]
	if err == nil {
		err = file.Truncate(int64(len(whole)))
	}
	entries, parseErr := parse[T](whole)
	if err = errors.Join(err, parseErr); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open journal %q: %w", path, err), file.Close())
	}
	return &Journal[T]{file: file, size: int64(len(whole))}, entries, nil
}

func parse[T any](raw []byte) ([]T, error) {
	var entries []T
	for line := range bytes.Lines(raw) {
		var entry T
		if err := json.Unmarshal(line, &entry); err != nil {
			return nil, fmt.Errorf("entry %d: %w", len(entries), err)
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// Append writes an entry and syncs it. After an error the file is as it was.
func (j *Journal[T]) Append(entry T) error {
	raw, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	raw = append(raw, '\n')
	j.mu.Lock()
	defer j.mu.Unlock()
	_, err = j.file.WriteAt(raw, j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("append to journal: %w", err), j.file.Truncate(j.size))
	}
	j.size += int64(len(raw))
	return nil
}

// Close closes the file.
func (j *Journal[T]) Close() error { return j.file.Close() }
