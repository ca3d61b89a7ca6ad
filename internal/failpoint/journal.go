//go:build faults

package failpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// A line of the journal: time, process, what, point (- for none), and details as key=value.
const (
	lineTime    = "2006-01-02T15:04:05.000Z07:00"
	fieldBefore = 4 // fields that every line has
	whatArmed   = "armed"
)

// join reads from the journal how often this process was armed and which rules have had their turn,
// and writes that it is armed now.
func (f *force) join() error {
	content, err := os.ReadFile(f.log)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f.start = 0
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) < fieldBefore || fields[1] != f.process {
			continue
		}
		if fields[2] == whatArmed {
			f.start++
		}
		for _, r := range f.rules[Point(fields[3])] {
			r.spent = r.spent || string(r.action) == fields[2]
		}
	}
	return f.write(whatArmed, "-", 0)
}

// note writes what is about to happen. A journal that cannot be written keeps nothing from happening.
func (f *force) note(what action, p Point, n int) {
	if f.log == "" {
		return
	}
	if err := f.write(string(what), p, n); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "fail points: journal not written:", err)
	}
}

// write appends one line in one piece, so that several processes may share the file.
func (f *force) write(what string, p Point, n int) error {
	file, err := os.OpenFile(f.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s %s %s %s seed=%d start=%d pass=%d\n", time.Now().UTC().Format(lineTime), f.process, what, p, f.seed, f.start, n)
	return errors.Join(err, file.Close())
}
