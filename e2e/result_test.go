package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// result is what a run has shown.
type result struct {
	Seed           uint64       `json:"seed"`
	Rate           int          `json:"events_per_second"`
	Rounds         int          `json:"rounds"`
	Took           string       `json:"took"`
	KillPoints     int          `json:"kill_points"`
	Faults         *faultCounts `json:"faults"`
	Load           loadTally    `json:"load"`
	Acknowledged   int          `json:"acknowledged"`
	Unknown        int          `json:"unknown"`
	UnknownStored  int          `json:"unknown_stored"`
	Stored         int          `json:"stored"`
	Lost           int          `json:"lost"`
	Doubled        int          `json:"doubled"`
	Altered        int          `json:"altered"`
	Foreign        int          `json:"foreign"`
	Failures       int          `json:"failures"`
	SlicesCompared int          `json:"slices_compared"`
	Recoveries     []recovery   `json:"recoveries"`
	Trends         []trend      `json:"trends,omitempty"`
}

func newResult(seed uint64, rate int) *result {
	return &result{Seed: seed, Rate: rate, Faults: newFaultCounts()}
}

// take adds what the raw rows of a round say; fates are still those that the senders know.
func (r *result) take(j *judgement, fates []fate) {
	r.Rounds++
	acked := 0
	for _, became := range fates {
		switch became {
		case acknowledged:
			acked++
		case unknown:
			r.Unknown++
		}
	}
	r.Acknowledged += acked
	r.UnknownStored += j.stored - (acked - j.lost)
	r.Stored += j.stored
	r.Lost += j.lost
	r.Doubled += j.doubled
	r.Altered += j.altered
	r.Foreign += j.foreign
}

func (t *loadTally) add(o loadTally) {
	t.Requests += o.Requests
	t.Busy += o.Busy
	t.Unanswered += o.Unanswered
	t.Issued += o.Issued
	t.Invalid += o.Invalid
	t.Copies += o.Copies
}

// markdown writes the result as tables.
func (r *result) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Seed %d, %d rounds in %s, %d events a second under faults.\n\n| | |\n|---|---|\n", r.Seed, r.Rounds, r.Took, r.Rate)
	line := func(name string, value any) { fmt.Fprintf(&b, "| %s | %v |\n", name, value) }
	line("kill points", fmt.Sprintf("**%d**: %d moments by signal, %d at fail points", r.KillPoints, r.Faults.Moments, r.Faults.AtPoints))
	line("processes killed by signal", list(r.Faults.Signals))
	line("killed at fail points", list(r.Faults.Points))
	line("frozen for 1 to 15 s", list(r.Faults.Stops))
	line("other faults", list(r.Faults.Others))
	line("requests", fmt.Sprintf("%d, %d answered with 429 or 503, %d not at all", r.Load.Requests, r.Load.Busy, r.Load.Unanswered))
	line("valid events sent", fmt.Sprintf("%d, besides %d invalid ones and %d copies", r.Load.Issued, r.Load.Invalid, r.Load.Copies))
	line("acknowledged", r.Acknowledged)
	line("without a good answer", fmt.Sprintf("%d, of which %d are stored", r.Unknown, r.UnknownStored))
	line("stored", r.Stored)
	line("acknowledged and lost", fmt.Sprintf("**%d**", r.Lost))
	line("stored or counted twice", fmt.Sprintf("**%d**", r.Doubled))
	line("stored otherwise than sent, stored and not sent", fmt.Sprintf("%d, %d", r.Altered, r.Foreign))
	line("failed checks of reports, visits, sums, answers", r.Failures)
	line("slices made under faults, equal when made again", r.SlicesCompared)
	line("last fault → fresh event in a report, p50 / p95 / max", spread(r.Recoveries, func(x recovery) time.Duration { return x.Fresh }))
	line("last fault → everything settled, p50 / p95 / max", spread(r.Recoveries, func(x recovery) time.Duration { return x.Rest }))
	if len(r.Trends) > 0 {
		b.WriteString("\n| at rest after rounds | figure | median, first quarter | last quarter | flat |\n|---|---|---|---|---|\n")
	}
	for _, x := range r.Trends {
		fmt.Fprintf(&b, "| %s | %s | %.0f | %.0f | %t |\n", x.Process, x.Figure, x.First, x.Last, x.Flat)
	}
	return b.String()
}

func list(counts map[string]int) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return strings.Join(all, ", ")
}

func spread(all []recovery, of func(recovery) time.Duration) string {
	if len(all) == 0 {
		return "none"
	}
	var took []time.Duration
	for _, x := range all {
		took = append(took, of(x).Round(10*time.Millisecond))
	}
	slices.Sort(took)
	at := func(part float64) time.Duration { return took[min(len(took)-1, int(part*float64(len(took))))] }
	return fmt.Sprintf("%s / %s / %s", at(0.5), at(0.95), took[len(took)-1])
}

// write keeps the result for people and for programs.
func (r *result) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "result.json"), append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "result.md"), []byte(r.markdown()), 0o600)
}
