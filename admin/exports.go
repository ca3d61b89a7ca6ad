package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/exports"
	"noctra/admin/internal/store"
)

// ExportView is a copy of an account or a workspace.
type ExportView struct {
	ID          string     `json:"id" example:"12"`
	WorkspaceID string     `json:"workspace_id,omitempty" doc:"None for a copy of an account." example:"17"`
	State       string     `json:"state" enum:"waiting,ready,failed,deleted" doc:"waiting: it is made in the background." example:"ready"`
	AccountID   string     `json:"account_id" doc:"Who asked." example:"42"`
	Size        int64      `json:"size,omitempty" doc:"Bytes." example:"1048576"`
	SHA256      string     `json:"sha256,omitempty" doc:"Of the file, in hex." example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Reason      string     `json:"reason,omitempty" enum:"disk_full,directory_unusable,events_unavailable,tables_unavailable,interrupted,internal" doc:"Of one that failed, where it is known. Another one can be asked for." example:"events_unavailable"`
	ReasonWords string     `json:"reason_words,omitempty" doc:"The same for people." example:"The events could not be read: ClickHouse did not answer, or gave up. Ask for the copy again."`
	CreatedAt   time.Time  `json:"created_at" example:"2026-03-01T09:30:00Z"`
	EndedAt     *time.Time `json:"ended_at,omitempty" doc:"When it was ready, given up or deleted." example:"2026-03-01T09:31:00Z"`
	ExpiresAt   *time.Time `json:"expires_at,omitempty" doc:"When the file is deleted." example:"2026-03-08T09:31:00Z"`
}

type exportOutput struct{ Body ExportView }

type exportsOutput struct {
	Body struct {
		Exports    []ExportView `json:"exports"`
		NextCursor string       `json:"next_cursor,omitempty" doc:"There are older ones; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

type exportLinkOutput struct {
	Body struct {
		URL       string    `json:"url" doc:"Loads the file, for somebody who is signed in and may have it." example:"https://noctra.acme.example/api/v1/exports/file?token=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"`
		ExpiresAt time.Time `json:"expires_at" example:"2026-03-02T09:31:00Z"`
	}
}

// InExport is the copy that an address names.
type InExport struct {
	ExportID int64 `path:"export_id" minimum:"1" example:"12"`
}

type workspaceExportInput struct {
	InWorkspace
	InExport
}

type loadExportInput struct {
	Token string `query:"token" maxLength:"64" doc:"Of the link." example:"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"`
}

func viewExport(x store.Export) ExportView {
	v := ExportView{ID: strconv.FormatInt(x.ID, 10), State: x.State, AccountID: strconv.FormatInt(x.AccountID, 10), CreatedAt: x.CreatedAt.UTC(), EndedAt: utc(x.EndedAt), ExpiresAt: utc(x.ExpiresAt)}
	if x.Reason != nil && x.State == "failed" {
		v.Reason, v.ReasonWords = *x.Reason, exports.Words(*x.Reason)
	}
	if x.WorkspaceID != nil {
		v.WorkspaceID = strconv.FormatInt(*x.WorkspaceID, 10)
	}
	if x.Size != nil {
		v.Size, v.SHA256 = *x.Size, fmt.Sprintf("%x", x.Sha256)
	}
	return v
}

// ofExports gives refusals of package exports their public answers.
func ofExports(err error) error {
	switch {
	case errors.Is(err, exports.ErrOff):
		return &fault{kind: exportsOff, detail: "This installation has no directory for copies; whoever runs it can name one."}
	case errors.Is(err, exports.ErrWaiting):
		return refuse(conflict, "A copy is being made already; wait until it is ready.")
	case errors.Is(err, exports.ErrUnknown):
		return refuse(notFound, "There is no such copy, or it is not yours.")
	case errors.Is(err, exports.ErrLink):
		return refuse(notFound, "This link is unknown or has expired; make another one.")
	case errors.Is(err, exports.ErrState):
		return refuse(conflict, "This copy is not ready, or it is gone.")
	case errors.Is(err, exports.ErrAway):
		return &fault{kind: exportsOff, detail: "The file is not on this machine; ask whoever runs it.", cause: err}
	}
	return err
}

// entry of the audit about copies; of an account's own, where workspace is 0.
func (s *Service) askExport(ctx context.Context, e audit.Entry) (*exportOutput, error) {
	made, err := s.exports.Ask(ctx, e)
	if err != nil {
		return nil, ofExports(err)
	}
	return &exportOutput{Body: viewExport(made)}, nil
}

func (s *Service) exportAccount(ctx context.Context, _ *struct{}) (*exportOutput, error) {
	return s.askExport(ctx, callerOf(ctx).entry(0, "account.export_ordered"))
}

func (s *Service) exportWorkspace(ctx context.Context, in *InWorkspace) (*exportOutput, error) {
	return s.askExport(ctx, callerOf(ctx).entry(in.number(), "workspace.export_ordered"))
}

func (s *Service) pageOfExports(ctx context.Context, workspace int64, in InPage) (*exportsOutput, error) {
	below, most, err := in.newestFirst()
	if err != nil {
		return nil, err
	}
	rows, err := s.exports.Of(ctx, callerOf(ctx).account, workspace, below, most)
	if err != nil {
		return nil, fmt.Errorf("list exports: %w", err)
	}
	out := &exportsOutput{}
	rows, out.Body.NextCursor = cutPage(in, rows, func(x store.Export) int64 { return x.ID })
	out.Body.Exports = viewsOf(rows, viewExport)
	return out, nil
}

func (s *Service) listAccountExports(ctx context.Context, in *InPage) (*exportsOutput, error) {
	return s.pageOfExports(ctx, 0, *in)
}

func (s *Service) listExports(ctx context.Context, in *listOfWorkspaceInput) (*exportsOutput, error) {
	return s.pageOfExports(ctx, in.number(), in.InPage)
}

func (s *Service) makeExportLink(ctx context.Context, id int64, e audit.Entry) (*exportLinkOutput, error) {
	link, expires, err := s.exports.Link(ctx, id, e)
	if err != nil {
		return nil, ofExports(err)
	}
	out := &exportLinkOutput{}
	out.Body.URL, out.Body.ExpiresAt = link, expires
	return out, nil
}

func (s *Service) linkAccountExport(ctx context.Context, in *InExport) (*exportLinkOutput, error) {
	return s.makeExportLink(ctx, in.ExportID, callerOf(ctx).entry(0, "account.export_linked"))
}

func (s *Service) linkExport(ctx context.Context, in *workspaceExportInput) (*exportLinkOutput, error) {
	return s.makeExportLink(ctx, in.ExportID, callerOf(ctx).entry(in.number(), "workspace.export_linked"))
}

func (s *Service) deleteAccountExport(ctx context.Context, in *InExport) (*struct{}, error) {
	return nil, ofExports(s.exports.Delete(ctx, in.ExportID, callerOf(ctx).entry(0, "account.export_deleted")))
}

func (s *Service) deleteExport(ctx context.Context, in *workspaceExportInput) (*struct{}, error) {
	return nil, ofExports(s.exports.Delete(ctx, in.ExportID, callerOf(ctx).entry(in.number(), "workspace.export_deleted")))
}

// mayLoad says whether the caller may have a copy today: roles may have changed since the link was made.
func (who caller) mayLoad(x store.Export) bool {
	if x.WorkspaceID == nil {
		return exports.Belongs(x, who.account, 0)
	}
	return manageRights.allows(who.roles[*x.WorkspaceID])
}

// loadExport sends the file of a link. That it is loaded is written down first.
func (s *Service) loadExport(ctx context.Context, in *loadExportInput) (*huma.StreamResponse, error) {
	who := callerOf(ctx)
	x, err := s.exports.ByLink(ctx, in.Token)
	if err != nil {
		return nil, ofExports(err)
	}
	if !who.mayLoad(x) {
		return nil, ofExports(exports.ErrLink)
	}
	file, err := s.exports.Open(x)
	if err != nil {
		return nil, ofExports(err)
	}
	e := who.entry(0, "account.export_loaded")
	if x.WorkspaceID != nil {
		e = who.entry(*x.WorkspaceID, "workspace.export_loaded")
	}
	e.Details = map[string]any{"export_id": x.ID}
	if err := audit.Add(ctx, s.store, s.now(), e); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &huma.StreamResponse{Body: func(c huma.Context) { s.sendExport(c, x, file) }}, nil
}

// sendExport sends the file; a client that reads slowly may, one that does not read is let go.
func (s *Service) sendExport(c huma.Context, x store.Export, file *os.File) {
	defer func() { _ = file.Close() }()
	c.SetHeader("Content-Type", "application/zip")
	c.SetHeader("Content-Length", strconv.FormatInt(*x.Size, 10))
	c.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="noctra-export-%d.zip"`, x.ID))
	_, w := humago.Unwrap(c)
	control := http.NewResponseController(w)
	for {
		if err := control.SetWriteDeadline(time.Now().Add(exportWrite)); err != nil {
			s.quiet.Error("export not sent", "error", err.Error())
			panic(http.ErrAbortHandler)
		}
		n, err := io.CopyN(c.BodyWriter(), file, exportPiece)
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil || n == 0:
			panic(http.ErrAbortHandler) // so that nobody takes half of it for the whole
		}
	}
}

const (
	exportWrite = time.Minute
	exportPiece = 1 << 20
)
