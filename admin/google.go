package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/google"
	"noctra/admin/internal/store"
	"noctra/internal/envelope"
	"noctra/internal/googleauth"
	"noctra/schema"
)

const (
	googleRefused     kind = "google_refused"
	googleUnavailable kind = "google_unavailable"
	googleOff         kind = "google_not_set_up"
)

// googleSide is what the service has for connecting accounts at Google; without an OAuth client, nothing.
type googleSide struct {
	client *googleauth.Client
	tokens *googleauth.Tokens
	ring   *envelope.Ring
	ads    *google.Client
	files  *rateLimit // of the address of files, by client
}

// openGoogle reads the client's secret and the file of keys.
func (s *Service) openGoogle() error {
	s.google.files = newRateLimit(1, s.now)
	config := s.config.Google
	if config.KeyFile != "" {
		if err := envelope.Ensure(config.KeyFile); err != nil {
			return err
		}
	}
	if !config.On() {
		return nil
	}
	var err error
	if s.google.ring, err = envelope.Open(config.KeyFile); err != nil {
		return err
	}
	if s.google.client, err = googleauth.NewClient(config, s.now); err != nil {
		return err
	}
	s.google.tokens = googleauth.NewTokens(s.pool, s.google.ring, s.google.client)
	s.google.ads, err = google.New(config, s.google.tokens, s.now)
	return err
}

// googleOn refuses what needs an OAuth client where there is none.
func (s *Service) googleOn() error {
	if s.google.client == nil {
		return refuse(googleOff, "This installation has no OAuth client at Google; ask whoever runs it.")
	}
	return nil
}

// ofGoogle gives an error of asking Google its public answer.
func ofGoogle(err error) error {
	var refused *googleauth.Refused
	var p *google.Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return refuse(googleRefused, sayReason(refused.Code))
	case errors.As(err, &p) && p.Final():
		return refuse(googleRefused, sayReason(p.Code))
	}
	var server interface{ SQLState() string }
	if errors.As(err, &server) {
		return err
	}
	return &fault{kind: googleUnavailable, detail: "Google does not answer as it should; ask again in a moment.", wait: 5 * time.Second, cause: err}
}

// sayReason is a code in words.
func sayReason(code string) string {
	reason, known := schema.ReasonOf(code)
	if !known {
		return "Google answered " + code + "."
	}
	return reason.Words + " (" + code + ")."
}

// noteAccess counts an access to Google's data.
func (s *Service) noteAccess(ctx context.Context, connection int64, purpose string) error {
	return googleauth.Note(ctx, s.pool, connection, purpose, s.now())
}

// connectionOf finds a connection of the workspace.
func (s *Service) connectionOf(ctx context.Context, workspace, id int64) (store.GoogleConnection, error) {
	row, err := store.On(ctx, s.pool).ConnectionOf(ctx, store.ConnectionOfParams{ID: id, WorkspaceID: workspace})
	return row, noConnection(err)
}

func noConnection(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return refuse(notFound, "There is no such connection, or it is not yours.")
	}
	if err != nil {
		return fmt.Errorf("look up connection: %w", err)
	}
	return nil
}

// reached is the account of a connection, which has to be one of Google's APIs and not over.
func reached(row store.GoogleConnection) (google.At, error) {
	at := google.At{Connection: row.ID, Customer: row.CustomerID, Login: row.LoginCustomerID}
	switch {
	case row.State == "disconnected":
		return at, refuse(conflict, "The connection has ended; make a new one.")
	case transportOf(row) == google.File:
		return at, refuse(conflict, "A file is fetched by Google; nothing can be asked by it.")
	case row.State == "needs_reconnecting":
		return at, refuse(googleRefused, sayReason(problemCode(row)))
	}
	return at, nil
}

// chosen is reached, with an account that was chosen.
func chosen(row store.GoogleConnection) (google.At, error) {
	at, err := reached(row)
	if err == nil && at.Customer == "" {
		err = refuse(conflict, "Choose an account of Google Ads first.")
	}
	return at, err
}

func transportOf(row store.GoogleConnection) string {
	if row.Transport == nil {
		return ""
	}
	return *row.Transport
}

func problemCode(row store.GoogleConnection) string {
	if row.Problem == nil {
		return schema.ReasonReconnect
	}
	return *row.Problem
}
