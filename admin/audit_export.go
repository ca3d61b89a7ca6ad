package admin

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// exportPage is how many entries are read at a time.
const exportPage = 1000

type exportInput struct {
	InWorkspace
	InAudit
	Format string `query:"format" enum:"csv,json" default:"csv" example:"csv"`
}

// exportAudit sends all entries that the filter chooses, the newest first. That it does so is written
// down before the first of them is sent.
func (s *Service) exportAudit(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	if err := s.noteExport(ctx, in); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		kind, writer := "text/csv; charset=utf-8", writeCSV
		if in.Format == "json" {
			kind, writer = "application/json", writeJSON
		}
		c.SetHeader("Content-Type", kind)
		c.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="audit-%d-%s.%s"`, in.number(), s.now().UTC().Format("2006-01-02"), in.Format))
		out := bufio.NewWriter(c.BodyWriter())
		err := writer(out, func(each func(AuditEntryView) error) error { return s.eachEntry(c.Context(), in, each) })
		s.endStream(c.Context(), "export of the audit broke off", err, out)
	}}, nil
}

// endStream writes the rest of an answer that was made while it was sent. One that broke off ends the
// connection, so that nobody takes half of it for the whole.
func (s *Service) endStream(ctx context.Context, broke string, err error, out *bufio.Writer) {
	if err == nil {
		err = out.Flush()
	}
	if err != nil && ctx.Err() == nil {
		s.quiet.Error(broke, "error", err.Error())
		panic(http.ErrAbortHandler)
	}
}

// eachEntry calls each with every entry of the export.
func (s *Service) eachEntry(ctx context.Context, in *exportInput, each func(AuditEntryView) error) error {
	p, err := s.entriesOf(ctx, in.InAudit, in.number(), 0)
	if err != nil {
		return err
	}
	p.Most = exportPage
	for {
		views, err := s.readEntries(ctx, p)
		if err != nil {
			return err
		}
		for _, v := range views {
			if err := each(v); err != nil {
				return err
			}
			p.Below = v.Seq
		}
		if len(views) < exportPage {
			return nil
		}
	}
}

type entries func(each func(AuditEntryView) error) error

func writeCSV(w io.Writer, all entries) error {
	out := csv.NewWriter(w)
	err := out.Write([]string{"seq", "at", "account_id", "key_id", "operator", "action", "address", "details", "before", "after", "hash", "person"})
	if err == nil {
		err = all(func(e AuditEntryView) error {
			cells := []string{
				strconv.FormatInt(e.Seq, 10), e.At.Format(time.RFC3339Nano), e.AccountID, e.KeyID, e.Operator, e.Action, e.Address,
				string(e.Details), string(e.Before), string(e.After), e.Hash, e.Person,
			}
			for i, cell := range cells {
				cells[i] = harmless(cell)
			}
			return out.Write(cells)
		})
	}
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	return err
}

// harmless keeps spreadsheets from taking a cell for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\x00", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func writeJSON(w io.Writer, all entries) error {
	separator := "["
	err := all(func(e AuditEntryView) error {
		raw, err := json.Marshal(e)
		if err == nil {
			_, err = io.WriteString(w, separator+string(raw))
		}
		separator = ",\n"
		return err
	})
	if err == nil && separator == "[" {
		_, err = io.WriteString(w, separator)
	}
	if err == nil {
		_, err = io.WriteString(w, "]\n")
	}
	return err
}
