package uploader

import (
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/internal/googleauth"
	"noctra/uploader/internal/datamanager"
	"noctra/uploader/internal/googleads"
	"noctra/uploader/internal/send"
	"noctra/uploader/internal/transport"
)

// newSender returns what sends to Google, nil where there is no OAuth client in whose name it could.
func newSender(config *Config, pool *pgxpool.Pool, deps Deps) (*send.Sender, error) {
	if !config.Google.On() {
		deps.Log.Info("without --google-client-id nothing is sent to google")
		return nil, nil //nolint:nilnil // nothing is sent
	}
	tokens, err := googleauth.Open(config.Google, pool, deps.Now)
	if err != nil {
		return nil, fmt.Errorf("prepare access to google: %w", err)
	}
	caller := transport.Caller{Access: transport.Connections(tokens), Client: client(config.Send.Timeout)}
	developer, err := config.Google.DeveloperToken()
	if err != nil {
		return nil, err
	}
	return send.New(config.Send, send.Deps{Postgres: pool, Log: deps.Log, Registry: deps.Registry, Now: deps.Now, Transports: []transport.Transport{
		datamanager.New(config.Google.DataManagerURL, caller),
		googleads.New(googleads.Config{URL: config.Google.AdsURL, Version: config.Google.AdsVersion, DeveloperToken: developer}, caller),
	}}), nil
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
