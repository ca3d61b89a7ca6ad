package exports

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

// Each way in which a copy is given up has a reason of the list, and words.
func TestReasons(t *testing.T) {
	full := fmt.Errorf("write export: %w", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})
	for _, c := range []struct {
		err  error
		want string
	}{
		{full, diskFull},
		{because(noEvents, full), diskFull},
		{fmt.Errorf("make directory of exports: %w", &fs.PathError{Op: "mkdir", Path: "x", Err: syscall.EACCES}), unusable},
		{because(noEvents, errors.New("dial tcp: connection refused")), noEvents},
		{fmt.Errorf("copy: %w", because(noTables, errors.New("unexpected EOF"))), noTables},
		{errInterrupted, interrupted},
		{errors.New("something else"), internal},
	} {
		if got := reasonOf(c.err); got != c.want || Words(got) == "" {
			t.Errorf("%v: %q %q, want %q", c.err, got, Words(got), c.want)
		}
	}
	if because(noEvents, nil) != nil {
		t.Error("a reason without an error")
	}
}
