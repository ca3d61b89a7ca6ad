package exports

import (
	"errors"
	"io/fs"
	"syscall"
)

// Reasons why a copy was given up, as Postgres has them.
const (
	diskFull    = "disk_full"
	unusable    = "directory_unusable"
	noEvents    = "events_unavailable"
	noTables    = "tables_unavailable"
	interrupted = "interrupted"
	internal    = "internal"
)

var words = map[string]string{
	diskFull:    "The disk for copies is full. Whoever runs Noctra can make room; then ask for the copy again.",
	unusable:    "The directory for copies cannot be written to. Whoever runs Noctra can mend that; then ask for the copy again.",
	noEvents:    "The events could not be read: ClickHouse did not answer, or gave up. Ask for the copy again.",
	noTables:    "The settings could not be read: Postgres did not answer, or gave up. Ask for the copy again.",
	interrupted: "Noctra was stopped each time while it made the copy. Ask for it again.",
	internal:    "Something went wrong here; the log has more, for whoever runs Noctra.",
}

// Words says in a sentence why a copy was given up; nothing where the reason is not known.
func Words(reason string) string { return words[reason] }

// errInterrupted is of a copy that ended with its process, as often as it may be tried.
var errInterrupted = errors.New("the process ended while the copy was made, each time")

// stopped is an error with the reason that people may know.
type stopped struct {
	reason string
	cause  error
}

// Error implements error.
func (s *stopped) Error() string { return s.cause.Error() }

// Unwrap returns the cause.
func (s *stopped) Unwrap() error { return s.cause }

// because gives an error the reason of the step that it came from.
func because(reason string, err error) error {
	if err == nil {
		return nil
	}
	return &stopped{reason, err}
}

// reasonOf is why a copy was not made. Trouble of the disk counts before the step in which it showed.
func reasonOf(err error) string {
	var path *fs.PathError
	var known *stopped
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return diskFull
	case errors.As(err, &path):
		return unusable
	case errors.Is(err, errInterrupted):
		return interrupted
	case errors.As(err, &known):
		return known.reason
	}
	return internal
}
