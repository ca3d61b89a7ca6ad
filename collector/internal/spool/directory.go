package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// Names in the directory: segments count up, and one that is set aside says where its damage is.
const lockName = "lock"

var (
	segmentName = regexp.MustCompile(`^([0-9]{16})\.spool$`)
	damagedName = regexp.MustCompile(`^([0-9]{16})\.spool\.damaged-at-[0-9]+$`)
)

func nameOf(number uint64) string { return fmt.Sprintf("%016d.spool", number) }

// Kind says what a file in the directory is.
type Kind string

// Kinds of files.
const (
	KindSegment Kind = "segment" // waits to be drained
	KindDamaged Kind = "damaged" // set aside
	KindForeign Kind = "foreign" // not the spool's, or of a version that is not known
)

// File is one file of a spool's directory.
type File struct {
	Name     string
	Kind     Kind
	Bytes    int64
	Messages int64 // before the damage, where there is one
	Oldest   int64 // Unix ms, 0 for no messages
	Newest   int64
	Damage   *Damage // nil for none

	number uint64
}

// List reads a directory without changing it; it may be in use. Segments come in the order in
// which they are drained.
func List(dir string) ([]File, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read spool directory: %w", err)
	}
	var files []File
	for _, entry := range entries {
		if entry.Name() == lockName {
			continue
		}
		f := File{Name: entry.Name(), Kind: KindForeign}
		info, err := entry.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue // drained meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("read spool directory: %w", err)
		}
		f.Bytes = info.Size()
		if info.Mode().IsRegular() {
			f.classify()
		}
		if f.Kind != KindForeign {
			err = f.scan(dir)
		}
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	slices.SortStableFunc(files, func(a, b File) int {
		switch {
		case a.number < b.number:
			return -1
		case a.number > b.number:
			return 1
		}
		return 0
	})
	return files, nil
}

// classify reads the name.
func (f *File) classify() {
	for kind, pattern := range map[Kind]*regexp.Regexp{KindSegment: segmentName, KindDamaged: damagedName} {
		match := pattern.FindStringSubmatch(f.Name)
		if match == nil {
			continue
		}
		if number, err := strconv.ParseUint(match[1], 10, 64); err == nil {
			f.Kind, f.number = kind, number
		}
	}
}

// scan reads all frames.
func (f *File) scan(dir string) error {
	file, r, err := openSegment(filepath.Join(dir, f.Name), f.Bytes)
	if errors.Is(err, errVersion) {
		f.Kind = KindForeign
		return nil
	}
	if f.damagedBy(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	for {
		frame, err := r.next()
		if errors.Is(err, io.EOF) || f.damagedBy(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if f.Messages == 0 {
			f.Oldest = frame.at
		}
		f.Newest = frame.at
		f.Messages += int64(frame.count)
	}
}

// damagedBy notes damage, and what could not be read as such.
func (f *File) damagedBy(err error) bool {
	var unread *Unreadable
	if errors.As(err, &unread) {
		f.Damage = &Damage{unread.Offset, unread.Err.Error()}
		return true
	}
	return errors.As(err, &f.Damage)
}

// syncDir makes names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open spool directory: %w", err)
	}
	err = d.Sync()
	if err = errors.Join(err, d.Close()); err != nil {
		return fmt.Errorf("sync spool directory: %w", err)
	}
	return nil
}

// makeDir makes the directory where there is none, and its name durable.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make spool directory: %w", err)
	}
	return syncDir(filepath.Dir(dir))
}

// closeToOthers makes a directory private that was open to others, unless it holds files of
// somebody else: then it is theirs too.
func (s *Spool) closeToOthers(files []File) {
	info, err := os.Stat(s.config.Dir)
	if err == nil && info.Mode().Perm()&0o077 == 0 {
		return
	}
	if err == nil && slices.ContainsFunc(files, func(f File) bool { return f.Kind == KindForeign }) {
		err = errors.New("it holds files of others")
	}
	if err == nil {
		err = os.Chmod(s.config.Dir, 0o700)
	}
	if err != nil {
		s.config.Log.Warn("spool directory is open to others, its files are not", "path", s.config.Dir, "error", err.Error())
	}
}
