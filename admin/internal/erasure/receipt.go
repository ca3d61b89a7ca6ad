package erasure

import (
	"strconv"
	"time"

	"noctra/schema"
)

// Receipt is what was found where, and when it was gone. It names nobody.
type Receipt struct {
	Subject     []SubjectHash `json:"subject,omitempty" doc:"For each site a hash of kind and value that was asked for, under a key of the site."`
	KeptOutAt   *time.Time    `json:"kept_out_at,omitempty" doc:"Since when no collector takes such events." example:"2026-03-01T09:30:06Z"`
	Found       []Found       `json:"found" nullable:"false" doc:"What was found and deleted."`
	HiddenAt    *time.Time    `json:"hidden_at,omitempty" doc:"Since when no question to the databases finds any of it." example:"2026-03-01T09:30:06Z"`
	CheckedAt   *time.Time    `json:"checked_at,omitempty" doc:"When it was looked again after everything had been deleted and rewritten, and nothing was found, on disk neither." example:"2026-03-01T09:30:06Z"`
	Later       []Later       `json:"later,omitempty" doc:"What came in after that from machines that had been cut off, and was deleted as well."`
	Waits       []Waits       `json:"waits,omitempty" doc:"What is not rewritten and goes by itself, and when."`
	LookedAgain *time.Time    `json:"looked_again,omitempty" doc:"When it was looked again last." example:"2026-03-01T09:30:06Z"`
}

// SubjectHash is a subject under the key of a site.
type SubjectHash struct {
	Site string `json:"site_id" example:"3"`
	Hash string `json:"hash" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
}

// Found is what a table had.
type Found struct {
	Store string `json:"store" enum:"clickhouse,postgres" example:"clickhouse"`
	Table string `json:"table" example:"events"`
	Site  string `json:"site_id,omitempty" doc:"Where a site as a whole was erased." example:"3"`
	Rows  uint64 `json:"rows" example:"412"`
	Bytes uint64 `json:"bytes,omitempty" doc:"Of rows of events, as they are in memory." example:"183040"`
	More  bool   `json:"more,omitempty" doc:"Of a preview: there are more than rows, which were not counted." example:"false"`
}

// Later is what was found afterwards.
type Later struct {
	At   time.Time `json:"at" example:"2026-03-02T09:30:00Z"`
	Rows uint64    `json:"rows" example:"2"`
}

// Waits is where nothing can be taken out.
type Waits struct {
	Store  string    `json:"store" example:"kafka"`
	What   string    `json:"what" example:"noctra.events"`
	GoneBy time.Time `json:"gone_by" doc:"By its retention." example:"2026-03-09T09:30:00Z"`
}

// note sets what a table had; a step that is repeated finds less, so the greater number counts.
func (r *Receipt) note(f Found) {
	for i := range r.Found {
		if old := &r.Found[i]; old.Store == f.Store && old.Table == f.Table && old.Site == f.Site {
			old.Rows, old.Bytes = max(old.Rows, f.Rows), max(old.Bytes, f.Bytes)
			return
		}
	}
	if f.Rows > 0 {
		r.Found = append(r.Found, f)
	}
}

// add adds to what a table had.
func (r *Receipt) add(f Found) {
	for _, old := range r.Found {
		if old.Store == f.Store && old.Table == f.Table && old.Site == f.Site {
			f.Rows += old.Rows
		}
	}
	r.note(f)
}

// segments is how much later than its retention Kafka deletes at most: it drops segments as a whole,
// and begins a new one every seven days.
const segments = 7 * 24 * time.Hour

// wait notes what Kafka and backups of the operator's own are left to.
func (r *Receipt) wait(from time.Time) {
	day := 24 * time.Hour
	r.Waits = []Waits{
		{"kafka", schema.TopicEvents, from.Add(8*day + segments)},
		{"kafka", schema.TopicDeadLetter, from.Add(30*day + segments)},
		{"collector", "spool, of a machine that was cut off", from.Add(watchFor)},
		{"clickhouse", "files of parts that were rewritten", from.Add(10 * time.Minute)},
	}
}

// number is an id as the API shows ids.
func number(id int64) string { return strconv.FormatInt(id, 10) }
