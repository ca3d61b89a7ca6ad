package admin

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/google"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

const filePath = "/imports/google/"

func (s *Service) fileURL(user string) string {
	return s.config.publicURL().JoinPath(filePath, user+".csv").String()
}

type createFileInput struct {
	InWorkspace
	Body struct {
		Name string `json:"name" maxLength:"400" doc:"Of the account of Google Ads that fetches the file." example:"Acme shop"`
	}
}

// NewFileView is a file with its secret, which is shown once.
type NewFileView struct {
	GoogleConnectionView
	Secret string `json:"secret" doc:"Password for Google's fetches; shown once." example:"k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1pTqXoVyI4BnM"`
}

type newFileOutput struct {
	ETag string `header:"ETag"`
	Body NewFileView
}

// fileKey is a new user and secret.
func fileKey() (user, secret string) { return "gf_" + token.New("")[:20], token.New("") }

func (s *Service) createGoogleFile(ctx context.Context, in *createFileInput) (*newFileOutput, error) {
	name, err := cleanName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	var row store.GoogleConnection
	user, secret := fileKey()
	err = store.Transact(ctx, s.pool, func(q *store.Queries) (err error) {
		if err := roomForConnection(ctx, q, in.number()); err != nil {
			return err
		}
		account := callerOf(ctx).account
		row, err = q.AddFileConnection(ctx, store.AddFileConnectionParams{
			WorkspaceID: in.number(), CustomerName: name, FileUser: &user, FileSecretHash: token.Hash(secret), CreatedBy: &account, Now: s.now(),
		})
		if err != nil {
			return fmt.Errorf("add file: %w", err)
		}
		e := callerOf(ctx).entry(in.number(), "google.file_created")
		e.After = connectionState(row)
		return audit.Add(ctx, q, s.now(), e)
	})
	return s.newFile(row, secret, err)
}

func (s *Service) newFile(row store.GoogleConnection, secret string, err error) (*newFileOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &newFileOutput{ETag: quoted(connectionTag(row))}
	out.Body.Secret = secret
	out.Body.GoogleConnectionView, err = s.viewConnection(row)
	return out, err
}

func (s *Service) replaceFileSecret(ctx context.Context, in *InConnection) (*newFileOutput, error) {
	var row store.GoogleConnection
	user, secret := fileKey()
	err := store.Transact(ctx, s.pool, func(q *store.Queries) error {
		before, err := q.LockConnectionOf(ctx, store.LockConnectionOfParams{ID: in.ConnectionID, WorkspaceID: in.number()})
		if err := noConnection(err); err != nil {
			return err
		}
		if transportOf(before) != google.File || before.State == "disconnected" {
			return refuse(conflict, "Only a file has a user and a secret.")
		}
		row, err = q.ReplaceFileSecret(ctx, store.ReplaceFileSecretParams{ID: before.ID, FileUser: &user, FileSecretHash: token.Hash(secret), Now: s.now()})
		if err != nil {
			return fmt.Errorf("replace secret: %w", err)
		}
		e := callerOf(ctx).entry(in.number(), "google.file_secret_replaced")
		e.Details = map[string]any{"connection_id": row.ID}
		return audit.Add(ctx, q, s.now(), e)
	})
	return s.newFile(row, secret, err)
}

type listOfConnectionInput struct {
	InConnection
	InPage
}

// GoogleAccessView counts accesses to Google's data in an hour.
type GoogleAccessView struct {
	ID      string    `json:"id" example:"31"`
	At      time.Time `json:"at" doc:"The hour." example:"2026-03-01T09:00:00Z"`
	Purpose string    `json:"purpose" doc:"connect, list_accounts, list_actions, probe, upload, adjust, status or revoke." example:"upload"`
	Calls   int32     `json:"calls" example:"12"`
}

type googleAccessesOutput struct {
	Body struct {
		Accesses   []GoogleAccessView `json:"accesses"`
		NextCursor string             `json:"next_cursor,omitempty" doc:"There are older ones; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

func (s *Service) googleAccesses(ctx context.Context, in *listOfConnectionInput) (*googleAccessesOutput, error) {
	below, most, err := in.newestFirst()
	if err != nil {
		return nil, err
	}
	if _, err := s.connectionOf(ctx, in.number(), in.ConnectionID); err != nil {
		return nil, err
	}
	rows, err := s.store.AccessesOf(ctx, store.AccessesOfParams{ConnectionID: in.ConnectionID, Below: below, Most: most})
	if err != nil {
		return nil, fmt.Errorf("list accesses: %w", err)
	}
	out := &googleAccessesOutput{}
	rows, out.Body.NextCursor = cutPage(in.InPage, rows, func(r store.GoogleAccess) int64 { return r.ID })
	out.Body.Accesses = make([]GoogleAccessView, len(rows))
	for i, r := range rows {
		out.Body.Accesses[i] = GoogleAccessView{strconv.FormatInt(r.ID, 10), r.At.UTC(), r.Purpose, r.Calls}
	}
	return out, nil
}

// GoogleFetchView is a fetch of a file.
type GoogleFetchView struct {
	ID    string    `json:"id" example:"5"`
	At    time.Time `json:"at" example:"2026-03-01T04:00:00Z"`
	Agent string    `json:"agent" doc:"As the request called itself." example:"Google-Ads-Conversion-Import"`
	Rows  int32     `json:"rows" example:"128"`
	Bytes int32     `json:"bytes" example:"16431"`
}

type googleFetchesOutput struct {
	Body struct {
		Fetches    []GoogleFetchView `json:"fetches"`
		NextCursor string            `json:"next_cursor,omitempty" doc:"There are older ones; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

func (s *Service) googleFetches(ctx context.Context, in *listOfConnectionInput) (*googleFetchesOutput, error) {
	below, most, err := in.newestFirst()
	if err != nil {
		return nil, err
	}
	if _, err := s.connectionOf(ctx, in.number(), in.ConnectionID); err != nil {
		return nil, err
	}
	rows, err := s.store.FetchesOf(ctx, store.FetchesOfParams{ConnectionID: in.ConnectionID, Below: below, Most: most})
	if err != nil {
		return nil, fmt.Errorf("list fetches: %w", err)
	}
	out := &googleFetchesOutput{}
	rows, out.Body.NextCursor = cutPage(in.InPage, rows, func(r store.ImportFetch) int64 { return r.ID })
	out.Body.Fetches = make([]GoogleFetchView, len(rows))
	for i, r := range rows {
		out.Body.Fetches[i] = GoogleFetchView{strconv.FormatInt(r.ID, 10), r.At.UTC(), r.Agent, r.Rows, r.Bytes}
	}
	return out, nil
}
