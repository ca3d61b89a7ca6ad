package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

// AuditEntryView is something that happened in a workspace.
type AuditEntryView struct {
	Seq       int64           `json:"seq" doc:"Counts from 1 in each workspace, without gaps." example:"12"`
	At        time.Time       `json:"at" example:"2026-03-01T09:30:00Z"`
	AccountID string          `json:"account_id,omitempty" doc:"Who did it." example:"42"`
	Person    string          `json:"person,omitempty" doc:"Who did it, where that account is erased: the same words in all entries of one person." example:"erased person 3f9a2c11"`
	KeyID     string          `json:"key_id,omitempty" doc:"The API key that did it." example:"3"`
	Operator  string          `json:"operator,omitempty" doc:"Who gave a command on the machine." example:"root"`
	Action    string          `json:"action" example:"member.role_changed"`
	Address   string          `json:"address,omitempty" example:"203.0.113.7"`
	Details   json.RawMessage `json:"details" example:"{}"`
	Before    json.RawMessage `json:"before,omitempty" example:"{\"account_id\": 42, \"role\": \"analyst\"}"`
	After     json.RawMessage `json:"after,omitempty" example:"{\"account_id\": 42, \"role\": \"admin\"}"`
	Hash      string          `json:"hash" doc:"Of the entry and the one before, in hex." example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
}

// InAudit chooses entries.
type InAudit struct {
	Action    string    `query:"action" maxLength:"100" doc:"An action, or its first word for all that begin with it." example:"member"`
	AccountID int64     `query:"account_id" minimum:"0" doc:"What this person did." example:"42"`
	About     string    `query:"about" maxLength:"64" pattern:"^[a-z_]{1,40}:[0-9]{1,18}$" doc:"What it was done to: a name and number out of details, before or after." example:"site_id:3"`
	Search    string    `query:"search" maxLength:"200" doc:"A text in the action, the address, details, before or after." example:"billing"`
	From      time.Time `query:"from" doc:"RFC 3339; not before." example:"2026-03-01T00:00:00Z"`
	To        time.Time `query:"to" doc:"RFC 3339; before." example:"2026-04-01T00:00:00Z"`
}

type auditInput struct {
	InWorkspace
	InAudit
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Entries of an answer at most." example:"100"`
	Cursor string `query:"cursor" maxLength:"64" doc:"next_cursor of the answer before." example:"YWZ0ZXIgMTc"`
}

type auditOutput struct {
	Body struct {
		Entries    []AuditEntryView `json:"entries"`
		NextCursor string           `json:"next_cursor,omitempty" doc:"There are older ones; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

// entriesOf are the entries that a filter chooses, below a number.
func (s *Service) entriesOf(ctx context.Context, f InAudit, workspace, below int64) (store.AuditOfParams, error) {
	p := store.AuditOfParams{Workspace: workspace, Below: below, Action: textual(f.Action), Account: f.AccountID, Search: textual(f.Search), Since: f.From, Until: f.To}
	noun, number, _ := strings.Cut(f.About, ":")
	p.Noun, p.Numbers = noun, []string{number}
	var err error
	if f.AccountID != 0 {
		if p.Person, err = audit.Ref(ctx, s.store, f.AccountID); err != nil {
			return p, err
		}
	}
	if account, _ := strconv.ParseInt(number, 10, 64); account != 0 && (noun == "account_id" || noun == "owner") {
		ref, err := audit.Ref(ctx, s.store, account)
		if err != nil {
			return p, err
		}
		p.Numbers = append(p.Numbers, audit.Mark(ref))
	}
	if p.Below == 0 {
		p.Below = math.MaxInt64
	}
	if p.Until.IsZero() {
		p.Until = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return p, nil
}

// textual leaves out what Postgres takes for no text.
func textual(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}

// readEntries reads entries with people and texts where they are known.
func (s *Service) readEntries(ctx context.Context, p store.AuditOfParams) ([]AuditEntryView, error) {
	rows, err := s.store.AuditOf(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("read audit: %w", err)
	}
	var said []audit.Said
	var refs []string
	for i := range rows {
		r := &rows[i]
		said = append(said, audit.Said{JSON: &r.Details, Texts: r.Texts}, audit.Said{JSON: &r.Before, Texts: r.Texts}, audit.Said{JSON: &r.After, Texts: r.Texts})
		if r.Person != nil {
			refs = append(refs, *r.Person)
		}
	}
	people, err := audit.Reveal(ctx, s.store, said, refs...)
	if err != nil {
		return nil, err
	}
	views := make([]AuditEntryView, len(rows))
	for i, r := range rows {
		views[i] = viewEntry(r, people)
	}
	return views, nil
}

func viewEntry(r store.AuditOfRow, people audit.People) AuditEntryView {
	v := AuditEntryView{Seq: r.Seq, At: r.At.UTC(), Action: r.Action, Address: r.Address, Details: r.Details, Before: r.Before, After: r.After, Hash: fmt.Sprintf("%x", r.Hash)}
	if r.PrivateAddress != nil {
		v.Address = *r.PrivateAddress
	}
	if r.Person != nil {
		var account int64
		if account, v.Person = people.Account(*r.Person); account != 0 {
			r.AccountID = &account
		}
	}
	if r.AccountID != nil {
		v.AccountID = strconv.FormatInt(*r.AccountID, 10)
	}
	if r.KeyID != nil {
		v.KeyID = strconv.FormatInt(*r.KeyID, 10)
	}
	if r.Operator != nil {
		v.Operator = *r.Operator
	}
	return v
}

// audit answers a page of entries, the newest first.
func (s *Service) audit(ctx context.Context, in *auditInput) (*auditOutput, error) {
	asked := InPage{Limit: in.Limit, Cursor: in.Cursor}
	page, err := asked.page()
	if err != nil {
		return nil, err
	}
	p, err := s.entriesOf(ctx, in.InAudit, in.number(), page.After)
	if err != nil {
		return nil, err
	}
	p.Most = int32(page.Most)
	views, err := s.readEntries(ctx, p)
	if err != nil {
		return nil, err
	}
	out := &auditOutput{}
	out.Body.Entries, out.Body.NextCursor = cutPage(asked, views, func(v AuditEntryView) int64 { return v.Seq })
	return out, nil
}

// noteExport writes down that somebody took entries away.
func (s *Service) noteExport(ctx context.Context, in *exportInput) error {
	e := callerOf(ctx).entry(in.number(), "audit.exported")
	e.Details = map[string]any{"format": in.Format, "action": in.Action, "account_id": in.AccountID, "about": in.About, "searched": in.Search != ""} // what was searched for may be an address
	if !in.From.IsZero() {
		e.Details["from"] = in.From.UTC()
	}
	if !in.To.IsZero() {
		e.Details["to"] = in.To.UTC()
	}
	return audit.Add(ctx, s.store, s.now(), e)
}
