package uploads

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/fakes/google"
	"noctra/internal/envelope"
	"noctra/internal/googleauth"
	"noctra/internal/postgres"
	"noctra/internal/proc"
)

// Start starts an uploader with flags, as a process of its own.
type Start func(flags []string) (*proc.Child, error)

// Rig is a database with sites that are connected to a fake Google.
type Rig struct {
	Pool *pgxpool.Pool

	config postgres.Config
	dir    string
	url    string // of the fake
	client *googleauth.Client
	tokens *googleauth.Tokens
	start  Start
	stop   context.CancelFunc
	ended  chan error
	flags  []string // of every uploader
}

// Options are what a rig is made of.
type Options struct {
	Postgres  postgres.Config // an own database with the product's schema
	Dir       string          // an own folder
	PerMinute int             // quota of the fake
	Start     Start
}

// Open starts the fake and connects to the database.
func Open(ctx context.Context, o Options) (*Rig, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	fake, err := google.New(google.Config{Dir: filepath.Join(o.Dir, "google"), Addr: "127.0.0.1:0", ClientID: "client", ClientSecret: "secret", Processing: 100 * time.Millisecond,
		PerMinute: o.PerMinute, PerDay: 100_000_000}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	r := &Rig{config: o.Postgres, dir: o.Dir, url: fake.URL(), start: o.Start, ended: make(chan error, 1)}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop = stop
	go func() { r.ended <- fake.Run(running) }()
	if err := r.prepare(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close ends the fake.
func (r *Rig) Close() error {
	if r.Pool != nil {
		r.Pool.Close()
	}
	r.stop()
	return <-r.ended
}

func (r *Rig) prepare(ctx context.Context) (err error) {
	if r.Pool, err = r.config.Open(ctx); err != nil {
		return err
	}
	keys, secret := filepath.Join(r.dir, "google-keys.json"), filepath.Join(r.dir, "google-secret")
	if err := errors.Join(envelope.Ensure(keys), os.WriteFile(secret, []byte("secret\n"), 0o600)); err != nil {
		return err
	}
	config := googleauth.Config{ClientID: "client", ClientSecretFile: secret, KeyFile: keys, AuthURL: r.url + "/o/oauth2/v2/auth", TokenURL: r.url + "/token", RevokeURL: r.url + "/revoke",
		DataManagerURL: r.url, AdsURL: r.url, AdsVersion: "v25"}
	if r.client, err = googleauth.NewClient(config, time.Now); err != nil {
		return err
	}
	if r.tokens, err = googleauth.Open(config, r.Pool, time.Now); err != nil {
		return err
	}
	r.flags = []string{"--postgres=" + r.config.URL, "--clickhouse=http://127.0.0.1:1", "--google-client-id=client", "--google-client-secret-file=" + secret, "--google-key-file=" + keys,
		"--google-token-url=" + config.TokenURL, "--google-datamanager-url=" + r.url, "--google-ads-url=" + r.url}
	if r.config.PasswordFile != "" {
		r.flags = append(r.flags, "--postgres-password-file="+r.config.PasswordFile)
	}
	return nil
}

const redirect = "https://noctra.example/google/callback"

// grant has a person of the fake's world consent.
func (r *Rig) grant(ctx context.Context, person string) (g googleauth.Grant, err error) {
	verifier := googleauth.Verifier()
	address, query, _ := strings.Cut(r.client.ConsentURL(redirect, "state", verifier), "?")
	form := url.Values{"query": {query}, "user": {person}, "answer": {"allow"}, "scope": googleauth.Scopes()}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return g, fmt.Errorf("consent: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Do(request)
	if err != nil {
		return g, fmt.Errorf("consent: %w", err)
	}
	_ = answer.Body.Close()
	back, err := url.Parse(answer.Header.Get("Location"))
	if err != nil {
		return g, fmt.Errorf("consent: %w", err)
	}
	return r.client.Exchange(ctx, redirect, back.Query().Get("code"), verifier)
}

// Shop is a site whose sales go to one action.
type Shop struct {
	Person, Customer, Action string
	Transport                string
}

// Shops of the fake's world: one by Data Manager, one by the Google Ads API.
var (
	ManagerShop = Shop{"ads@shop.noctra.example", "2000000002", "900000021", "data_manager"}
	AdsShop     = Shop{"agency@noctra.example", "2000000006", "900000061", "google_ads"}
)

// connect makes a workspace with a site and a connection, and returns the site.
func (r *Rig) connect(ctx context.Context, s Shop) (site int64, err error) {
	g, err := r.grant(ctx, s.Person)
	if err != nil {
		return 0, err
	}
	var id int64
	if err := r.Pool.QueryRow(ctx, `SELECT nextval(pg_get_serial_sequence('google_connections', 'id'))`).Scan(&id); err != nil {
		return 0, fmt.Errorf("connect: %w", err)
	}
	sealed, err := r.tokens.Seal(id, g)
	if err != nil {
		return 0, err
	}
	err = r.Pool.QueryRow(ctx, `WITH w AS (INSERT INTO workspaces (name) VALUES ('w') RETURNING id),
g AS (INSERT INTO google_connections (id, workspace_id, state, transport, scopes, refresh_token, access_token, access_until, customer_id)
  OVERRIDING SYSTEM VALUE SELECT $1, id, 'active', $2, $3, $4, $5, $6, $7 FROM w RETURNING id),
s AS (INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key) SELECT id, 'nst_' || id, 's', '{s.example}', 'UTC', 'EUR', sha256('k') FROM w RETURNING id, workspace_id)
INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since) SELECT s.workspace_id, s.id, g.id, $8, 'a', '2026-01-01Z' FROM s, g RETURNING site_id`,
		id, s.Transport, g.Scopes, sealed.Refresh, sealed.Access, sealed.Until, s.Customer, s.Action).Scan(&site)
	if err != nil {
		return 0, fmt.Errorf("connect: %w", err)
	}
	return site, nil
}

// Faults orders faults of the fake, as JSON.
func (r *Rig) Faults(ctx context.Context, list string) error {
	_, err := r.call(ctx, http.MethodPost, "/_faults", list)
	return err
}

// Ledger is what Google has.
func (r *Rig) Ledger(ctx context.Context) (all google.Ledger, err error) {
	raw, err := r.call(ctx, http.MethodGet, "/_ledger", "")
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	return all, err
}

func (r *Rig) call(ctx context.Context, method, path, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, r.url+path, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask the fake: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the fake: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(answer.Body); err != nil {
		return nil, fmt.Errorf("ask the fake: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask the fake: %s: %s", answer.Status, raw.String())
	}
	return raw.Bytes(), nil
}
