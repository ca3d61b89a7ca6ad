package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"noctra/collector"
)

// showLetter writes everything about a letter.
func showLetter(w io.Writer, l *collector.Letter) error {
	table := newTable(w)
	row := func(name, value string) {
		if value != "" {
			_, _ = fmt.Fprintf(table, "%s\t%s\n", name, printable(value))
		}
	}
	row("place", l.Place.String())
	row("time", l.At.Time().UTC().Format(time.RFC3339Nano))
	row("site", strconv.FormatUint(uint64(l.Site), 10))
	row("stage", l.Stage)
	row("door", l.Via.String())
	row("reason", l.Reason)
	row("field", l.Field)
	row("message", l.Message)
	row("event id", l.EventID)
	if l.Topic != "" {
		row("message of", fmt.Sprintf("%s %d/%d", l.Topic, l.Partition, l.Offset))
	}
	row("bytes", strconv.Itoa(l.Bytes))
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s", shownBody(l.Body))
	return err
}

// shownBody is JSON in lines, anything else in hexadecimal digits.
func shownBody(body []byte) string {
	var indented bytes.Buffer
	switch {
	case len(body) == 0:
		return "its body was not kept\n"
	case json.Indent(&indented, body, "", "  ") != nil:
		return hex.Dump(body)
	}
	var b strings.Builder
	for text := range strings.Lines(indented.String()) {
		b.WriteString(printable(strings.TrimSuffix(text, "\n")) + "\n")
	}
	return b.String()
}

// printable escapes, as JSON does, what a terminal might obey: senders chose the text.
func printable(s string) string {
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !unprintable(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// replayTable writes what becomes of letters, as it becomes known.
type replayTable struct {
	w     io.Writer
	table *tabwriter.Writer
	count int
}

func newReplayTable(w io.Writer) *replayTable { return &replayTable{w: w, table: newTable(w)} }

// add writes one line. Errors of the output show at the end.
func (o *replayTable) add(l *collector.Letter, result string) {
	if o.count == 0 {
		_, _ = fmt.Fprintln(o.table, "place\ttime\tsite\tstage\treason\tevent_id\tresult")
	}
	o.count++
	cells := newListed(l)
	all := cells.cells()
	_ = line(o.table, o.count, append(slices.Concat(all[:5], all[6:7]), result))
}

// end writes the sums.
func (o *replayTable) end(r collector.ReplayReport, dry bool) error {
	if err := o.table.Flush(); err != nil {
		return err
	}
	row := func(n int, what string) {
		if n > 0 {
			_, _ = fmt.Fprintf(o.table, "%d\t%s\n", n, what)
		}
	}
	_, _ = fmt.Fprintf(o.table, "\n%d\tletters chosen\n", r.Chosen)
	row(r.Ready, "would be sent")
	row(r.Accepted, "accepted by the collector")
	row(r.Stored, "stored in Kafka")
	for _, code := range slices.Sorted(maps.Keys(r.Refused)) {
		row(r.Refused[code], "refused again: "+code)
	}
	for _, why := range slices.Sorted(maps.Keys(r.Left)) {
		row(r.Left[why], "left: "+why)
	}
	if err := o.table.Flush(); err != nil {
		return err
	}
	if !dry {
		return nil
	}
	_, err := fmt.Fprintln(o.w, "Nothing was sent. Give --yes to send.")
	return err
}
