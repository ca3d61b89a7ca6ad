package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/store"
	"noctra/internal/googleauth"
	"noctra/internal/tlsconf"
)

// The demo's account at the Google that stands in.
const (
	demoPerson   = "ads@shop.noctra.example"
	demoCustomer = "2000000002"
	demoAction   = "900000021"
	demoBack     = 30 * 24 * time.Hour // sales of the made-up history are sent, too
)

// connectDemo connects the demo's workspace to the Google that stands in on this machine: by its consent
// page, as a person would. What is there already stays; a Google that is not of this machine is left alone.
func (s *Service) connectDemo(ctx context.Context) error {
	if s.google.client == nil || !onLoopback(s.config.Google.AuthURL) {
		return nil
	}
	var keys demoKeys
	if _, err := readSecretFile(s.config.DemoFile, &keys); err != nil {
		return err
	}
	workspace, err := strconv.ParseInt(keys.WorkspaceID, 10, 64)
	if err != nil {
		return fmt.Errorf("read workspace of demo: %w", err)
	}
	row, err := s.store.DemoConnection(ctx, workspace)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("look up connection: %w", err)
	}
	if row.State != "active" {
		if row, err = s.consentDemo(ctx, workspace, row.ID); err != nil {
			return err
		}
	}
	if row.CustomerID == "" {
		if row, err = s.chooseAccount(ctx, row, demoCustomer, ""); err != nil {
			return err
		}
	}
	return s.demoMapping(ctx, row, keys.SiteID)
}

func onLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	return !tlsconf.Elsewhere(u.Hostname())
}

// consentDemo answers the consent page, and keeps what comes of it: in the connection that is there, or a
// new one.
func (s *Service) consentDemo(ctx context.Context, workspace, connection int64) (row store.GoogleConnection, err error) {
	account, err := s.store.AccountByEmail(ctx, demoEmail)
	if err != nil {
		return row, fmt.Errorf("look up account: %w", err)
	}
	verifier := googleauth.Verifier()
	code, err := answerConsent(ctx, s.google.client.ConsentURL(s.redirectURL(), "demo", verifier))
	if err != nil {
		return row, err
	}
	grant, err := s.google.client.Exchange(ctx, s.redirectURL(), code, verifier)
	if err != nil {
		return row, err
	}
	flow := store.OauthFlow{WorkspaceID: workspace, AccountID: account.ID}
	if connection != 0 {
		flow.ConnectionID = &connection
	}
	if row, err = s.keepGrant(ctx, flow, grant); err != nil {
		return row, err
	}
	return row, s.noteAccess(ctx, row.ID, "connect")
}

// answerConsent consents on the page of the stand-in, and returns the code that it sends the browser
// back with.
func answerConsent(ctx context.Context, page string) (code string, err error) {
	address, query, _ := strings.Cut(page, "?")
	form := url.Values{"query": {query}, "user": {demoPerson}, "answer": {"allow"}, "scope": googleauth.Scopes()}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	browser := &http.Client{Timeout: askTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Do(request)
	if err != nil {
		return "", fmt.Errorf("answer consent page: %w", err)
	}
	_ = answer.Body.Close()
	back, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || back.Query().Get("code") == "" {
		return "", fmt.Errorf("answer consent page: status %d, and no code", answer.StatusCode)
	}
	return back.Query().Get("code"), nil
}

// demoMapping has sales of the demo's site sent to the account's action for them.
func (s *Service) demoMapping(ctx context.Context, row store.GoogleConnection, site string) error {
	number, ok := siteNumber(site)
	if !ok {
		return fmt.Errorf("read site of demo: %q", site)
	}
	have, err := s.store.ActionsLike(ctx, store.ActionsLikeParams{SiteID: number, ActionID: demoAction})
	if err != nil || len(have) > 0 {
		return err
	}
	actions, err := s.actionsAt(ctx, row)
	if err != nil {
		return err
	}
	made := store.ConversionAction{WorkspaceID: row.WorkspaceID, SiteID: number, ConnectionID: row.ID, ActionID: demoAction, ValueRule: "event", Enhanced: true, WindowDays: 90, Since: s.now().Add(-demoBack)}
	for _, a := range actions {
		if a.ID == demoAction {
			made.ActionName, made.WindowDays, made.OnePerClick = a.Name, int32(a.LookbackDays), a.OnePerClick
		}
	}
	return store.Transact(ctx, s.pool, func(q *store.Queries) error {
		made, err := s.addAction(ctx, q, made)
		if err != nil {
			return err
		}
		return s.noteAction(ctx, q, store.ConversionAction{}, made)
	})
}
