package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
	"noctra/admin/internal/workspaces"
)

// What the demo is called. Its shop stands on loopback, its made-up events carry the first host.
const (
	demoName  = "Demo"
	demoEmail = "demo@noctra.example"
	demoLink  = 10 * 365 * 24 * time.Hour
)

var demoSite = siteForm{Name: "Noctra demo shop", Hostnames: []string{"shop.noctra.example", "localhost", "127.0.0.1"}, TimeZone: "UTC", Currency: "EUR"}

// demoKeys is the content of the demo's file. Postgres has only hashes, so the keys live here.
type demoKeys struct {
	SiteID      string `json:"site_id"`
	SiteKey     string `json:"site_key"`
	ServerKey   string `json:"server_key"`
	APIKey      string `json:"api_key"`
	SignInURL   string `json:"sign_in_url"`
	Hostname    string `json:"hostname"`
	Currency    string `json:"currency"`
	WorkspaceID string `json:"workspace_id"`
}

// ensureDemo makes the demo's workspace, site and account where they are missing, and keys that are
// the same in the file and in Postgres. Keys that agree stay; a key that only the file knows is
// added to Postgres; a key that is lost or was revoked is replaced.
func (s *Service) ensureDemo(ctx context.Context) error {
	var before demoKeys
	if _, err := readSecretFile(s.config.DemoFile, &before); err != nil {
		return err
	}
	var after demoKeys
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		d := demoMaker{q: s.store.WithTx(tx), config: s.config, now: s.now(), keys: before}
		if err := d.run(ctx); err != nil {
			return err
		}
		after = d.keys
		return nil
	})
	if err != nil {
		return fmt.Errorf("make the demo: %w", err)
	}
	return writeSecretFile(s.config.DemoFile, after)
}

// demoMaker works in one transaction.
type demoMaker struct {
	q         *store.Queries
	config    Config
	now       time.Time
	keys      demoKeys
	workspace int64
}

func (d *demoMaker) run(ctx context.Context) error {
	if err := d.q.LockBootstrap(ctx); err != nil {
		return err
	}
	account, err := d.account(ctx)
	if err != nil {
		return err
	}
	if err := d.site(ctx); err != nil {
		return err
	}
	if err := d.serverKey(ctx); err != nil {
		return err
	}
	if err := d.apiKey(ctx); err != nil {
		return err
	}
	return d.link(ctx, account)
}

// account finds or makes the workspace and the account that owns it.
func (d *demoMaker) account(ctx context.Context) (int64, error) {
	var err error
	d.workspace, err = d.q.DemoWorkspace(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		d.workspace, err = d.q.AddWorkspace(ctx, store.AddWorkspaceParams{Name: demoName, IsDemo: true, CreatedAt: d.now})
	}
	if err != nil {
		return 0, fmt.Errorf("workspace: %w", err)
	}
	d.keys.WorkspaceID = strconv.FormatInt(d.workspace, 10)
	found, err := d.q.AccountByEmail(ctx, demoEmail)
	id := found.ID
	if errors.Is(err, pgx.ErrNoRows) {
		id, err = d.q.AddAccount(ctx, store.AddAccountParams{Email: demoEmail, Name: demoName, CreatedAt: d.now})
	}
	if err != nil {
		return 0, fmt.Errorf("account: %w", err)
	}
	err = d.q.AddMember(ctx, store.AddMemberParams{WorkspaceID: d.workspace, AccountID: id, Role: workspaces.Owner, CreatedAt: d.now})
	if err != nil {
		return 0, fmt.Errorf("member: %w", err)
	}
	return id, nil
}

var publicKeyForm = regexp.MustCompile(`^nst_[A-Za-z0-9]{1,60}$`)

// site finds the site, whose key Postgres knows, or makes it, with the key of the file if there is one.
func (d *demoMaker) site(ctx context.Context) error {
	row, err := d.q.DemoSite(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		err = d.addSite(ctx)
		if err == nil {
			row, err = d.q.DemoSite(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("site: %w", err)
	}
	d.keys.SiteID, d.keys.SiteKey = strconv.FormatInt(row.ID, 10), row.PublicKey
	d.keys.Hostname, d.keys.Currency = row.Hostnames[0], row.Currency
	return nil
}

func (d *demoMaker) addSite(ctx context.Context) error {
	form := demoSite
	if problems := form.check(); len(problems) > 0 {
		return fmt.Errorf("%s: %s", problems[0].Path, problems[0].Message)
	}
	made, err := addSite(ctx, d.q, d.workspace, form, d.now)
	if err != nil || !publicKeyForm.MatchString(d.keys.SiteKey) {
		return err
	}
	return d.q.ReplaceSiteKey(ctx, store.ReplaceSiteKeyParams{ID: made.id, PublicKey: d.keys.SiteKey, UpdatedAt: d.now})
}

func (d *demoMaker) serverKey(ctx context.Context) error {
	row, err := d.q.ServerKeyByHash(ctx, token.Hash(d.keys.ServerKey))
	known := err == nil
	switch {
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("server key: %w", err)
	case known && row.WorkspaceID == d.workspace && row.RevokedAt == nil && row.ExpiresAt == nil:
		return nil
	case known || !token.Looks(d.keys.ServerKey, token.Server):
		d.keys.ServerKey = token.New(token.Server)
	}
	err = d.q.RevokeServerKeysNamed(ctx, store.RevokeServerKeysNamedParams{WorkspaceID: d.workspace, Name: demoName, Now: d.now})
	if err != nil {
		return fmt.Errorf("server key: %w", err)
	}
	site, err := strconv.ParseInt(d.keys.SiteID, 10, 64)
	if err != nil {
		return fmt.Errorf("server key: %w", err)
	}
	_, err = d.q.AddServerKey(ctx, store.AddServerKeyParams{
		WorkspaceID: d.workspace, Name: demoName, KeyHash: token.Hash(d.keys.ServerKey), SiteIds: []int64{site}, CreatedAt: d.now,
	})
	if err != nil {
		return fmt.Errorf("server key: %w", err)
	}
	return nil
}

func (d *demoMaker) apiKey(ctx context.Context) error {
	row, err := d.q.APIKey(ctx, token.Hash(d.keys.APIKey))
	known := err == nil
	switch {
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("API key: %w", err)
	case known && row.WorkspaceID == d.workspace && row.RevokedAt == nil && row.ExpiresAt == nil:
		if err := d.q.WidenAPIKey(ctx, store.WidenAPIKeyParams{ID: row.ID, Scopes: scopes()}); err != nil {
			return fmt.Errorf("API key: %w", err)
		}
		return nil
	case known || !token.Looks(d.keys.APIKey, token.API):
		d.keys.APIKey = token.New(token.API)
	}
	err = d.q.RevokeAPIKeysNamed(ctx, store.RevokeAPIKeysNamedParams{WorkspaceID: d.workspace, Name: demoName, Now: d.now})
	if err != nil {
		return fmt.Errorf("API key: %w", err)
	}
	_, err = d.q.AddAPIKey(ctx, store.AddAPIKeyParams{WorkspaceID: d.workspace, Name: demoName, KeyHash: token.Hash(d.keys.APIKey), CreatedAt: d.now, Scopes: scopes()})
	if err != nil {
		return fmt.Errorf("API key: %w", err)
	}
	return nil
}

// link keeps the token of the file while it is good; the address around it is always today's.
func (d *demoMaker) link(ctx context.Context, account int64) error {
	secret := tokenOf(d.keys.SignInURL)
	row, err := d.q.Link(ctx, token.Hash(secret))
	known := err == nil
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("sign-in link: %w", err)
	}
	good := known && row.Reusable && row.AccountID != nil && *row.AccountID == account && row.ExpiresAt.After(d.now)
	if !good {
		if _, err := d.q.DropReusableLinks(ctx); err != nil {
			return fmt.Errorf("sign-in link: %w", err)
		}
		if known || !token.Looks(secret, "") {
			secret = token.New("")
		}
		err = d.q.AddLink(ctx, store.AddLinkParams{
			TokenHash: token.Hash(secret), AccountID: &account, Purpose: purposeSignIn, CreatedAt: d.now, ExpiresAt: d.now.Add(demoLink), Reusable: true,
		})
		if err != nil {
			return fmt.Errorf("sign-in link: %w", err)
		}
	}
	d.keys.SignInURL = d.config.openLink("/sign-in", secret)
	return nil
}

// tokenOf takes the token out of a link, empty where there is none.
func tokenOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	behind, err := url.ParseQuery(u.Fragment)
	if err != nil {
		return ""
	}
	return cmp.Or(u.Query().Get("token"), behind.Get("token"))
}
