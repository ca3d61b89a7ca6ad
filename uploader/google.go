package uploader

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/internal/googleauth"
	"noctra/uploader/internal/datamanager"
	"noctra/uploader/internal/googleads"
	"noctra/uploader/internal/importfile"
	"noctra/uploader/internal/send"
	"noctra/uploader/internal/transport"
)

// newSender returns what sends to Google. Without an OAuth client it has the file alone, which asks nobody.
func newSender(config *Config, pool *pgxpool.Pool, file *importfile.Transport, deps Deps) (*send.Sender, error) {
	ways := []transport.Transport{file}
	if config.Google.On() {
		apis, err := newAPIs(config, pool, deps.Now)
		if err != nil {
			return nil, fmt.Errorf("prepare access to google: %w", err)
		}
		ways = append(ways, apis...)
	}
	return send.New(config.Send, send.Deps{Postgres: pool, Log: deps.Log, Registry: deps.Registry, Now: deps.Now, Transports: ways}), nil
}

// newAPIs returns the ways to Google that need a consent.
func newAPIs(config *Config, pool *pgxpool.Pool, now func() time.Time) ([]transport.Transport, error) {
	tokens, err := googleauth.Open(config.Google, pool, now)
	if err != nil {
		return nil, err
	}
	developer, err := config.Google.DeveloperToken()
	if err != nil {
		return nil, err
	}
	caller := transport.Caller{Access: transport.Connections(tokens), Client: client(config.Send.Timeout)}
	return []transport.Transport{
		datamanager.New(config.Google.DataManagerURL, caller),
		googleads.New(googleads.Config{URL: config.Google.AdsURL, Version: config.Google.AdsVersion, DeveloperToken: developer}, caller),
	}, nil
}

// client keeps a connection for every call that may be under way.
func client(timeout time.Duration) *http.Client {
	c := transport.NewClient()
	c.Timeout = timeout
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		own := standard.Clone()
		own.MaxIdleConnsPerHost = 16
		c.Transport = own
	}
	return c
}

// collect finds out what Google has fetched of the file.
func (s *Service) collect(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	if _, err := s.file.Collect(within); err != nil && ctx.Err() == nil {
		s.warn.Warn("what google has fetched not noted, it is tried again", "error", err.Error())
	}
}
