package main

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"noctra/collector"
)

// linesAtOnce is how many lines of a table are lined up, and kept in memory, together.
const linesAtOnce = 500

// listed is a dead letter as ls prints it.
type listed struct {
	Place   string `json:"place"`
	At      string `json:"at"`
	Site    uint64 `json:"site"`
	Stage   string `json:"stage"`
	Reason  string `json:"reason"`
	Field   string `json:"field"`
	EventID string `json:"event_id"`
	Bytes   int    `json:"bytes"`
	Door    string `json:"door"`
}

func (l *listed) cells() []string {
	cells := []string{l.Place, l.At, strconv.FormatUint(l.Site, 10), l.Stage, l.Reason, l.Field, l.EventID, strconv.Itoa(l.Bytes), l.Door}
	for i := range cells {
		cells[i] = printable(cells[i])
	}
	return cells
}

var listedHead = []string{"place", "time", "site", "stage", "reason", "field", "event_id", "bytes", "door"}

func newListed(l *collector.Letter) listed {
	return listed{
		Place: l.Place.String(), At: l.At.Time().UTC().Format(time.RFC3339), Site: uint64(l.Site), Stage: l.Stage,
		Reason: l.Reason, Field: l.Field, EventID: l.EventID, Bytes: l.Bytes, Door: l.Via.String(),
	}
}

// letterSum is how many letters have a reason.
type letterSum struct {
	Stage   string `json:"stage"`
	Reason  string `json:"reason"`
	Letters int    `json:"letters"`
	Bytes   int64  `json:"bytes"`
}

// letterList writes letters in one of the formats, as they come.
type letterList struct {
	w      io.Writer
	format string
	table  *tabwriter.Writer
	csv    *csv.Writer
	count  int
	sums   map[[2]string]letterSum
}

func newLetterList(w io.Writer, format string) *letterList {
	return &letterList{w: w, format: format, table: newTable(w), csv: csv.NewWriter(w), sums: map[[2]string]letterSum{}}
}

func newTable(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) }

// add writes one letter.
func (o *letterList) add(letter *collector.Letter) error {
	l := newListed(letter)
	sum := o.sums[[2]string{l.Stage, l.Reason}]
	o.sums[[2]string{l.Stage, l.Reason}] = letterSum{l.Stage, l.Reason, sum.Letters + 1, sum.Bytes + int64(l.Bytes)}
	if o.count == 0 {
		if err := o.head(); err != nil {
			return err
		}
	}
	o.count++
	switch o.format {
	case "csv":
		return o.csv.Write(l.cells())
	case "json":
		raw, err := json.Marshal(l)
		if err != nil {
			return fmt.Errorf("write letter %s: %w", l.Place, err)
		}
		comma := ",\n"
		if o.count == 1 {
			comma = "\n"
		}
		_, err = fmt.Fprintf(o.w, "%s%s", comma, raw)
		return err
	}
	return line(o.table, o.count, l.cells())
}

// line writes one line of a table, and lines up what came so far now and then.
func line(w *tabwriter.Writer, n int, cells []string) error {
	if _, err := fmt.Fprintln(w, strings.Join(cells, "\t")); err != nil {
		return err
	}
	if n%linesAtOnce == 0 {
		return w.Flush()
	}
	return nil
}

func (o *letterList) head() error {
	switch o.format {
	case "csv":
		return o.csv.Write(listedHead)
	case "json":
		_, err := fmt.Fprint(o.w, `{"letters":[`)
		return err
	}
	return line(o.table, 1, listedHead)
}

// stop brings out what was written so far.
func (o *letterList) stop() error {
	o.csv.Flush()
	return errors.Join(o.csv.Error(), o.table.Flush())
}

// end writes the sums.
func (o *letterList) end() error {
	if o.count == 0 && o.format != "table" {
		if err := o.head(); err != nil {
			return err
		}
	}
	if err := o.stop(); err != nil || o.format == "csv" {
		return err
	}
	sums := slices.SortedFunc(maps.Values(o.sums), func(a, b letterSum) int {
		return cmp.Or(cmp.Compare(b.Letters, a.Letters), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Reason, b.Reason))
	})
	if o.format == "json" {
		raw, err := json.Marshal(append([]letterSum{}, sums...))
		if err != nil {
			return fmt.Errorf("write sums: %w", err)
		}
		_, err = fmt.Fprintf(o.w, "\n],\"sums\":%s}\n", raw)
		return err
	}
	if o.count == 0 {
		_, err := fmt.Fprintln(o.w, "no letters")
		return err
	}
	_, _ = fmt.Fprintln(o.table, "\nletters\tbytes\tstage\treason")
	for _, s := range sums {
		_, _ = fmt.Fprintf(o.table, "%d\t%d\t%s\t%s\n", s.Letters, s.Bytes, printable(s.Stage), printable(s.Reason))
	}
	return o.table.Flush()
}
