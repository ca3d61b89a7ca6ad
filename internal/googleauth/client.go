package googleauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"noctra/internal/secrets"
)

const (
	callTimeout = 15 * time.Second
	mostAnswer  = 1 << 20
)

// Grant is what Google gave: what a person allowed, for now and for later.
type Grant struct {
	Refresh string // empty where Google gave no new one
	Access  string
	Until   time.Time // until when Access is good
	Scopes  []string  // nil where Google did not say
}

// Lacks returns the scopes that are needed and were not granted.
func (g Grant) Lacks() []string { return Missing(g.Scopes) }

// Missing returns the scopes that are needed and are not among granted.
func Missing(granted []string) []string {
	var missing []string
	for _, scope := range Scopes() {
		if !slices.Contains(granted, scope) {
			missing = append(missing, scope)
		}
	}
	return missing
}

// AuthError is a refusal of Google's token address.
type AuthError struct {
	Status int
	Code   string // of OAuth, such as invalid_grant; empty where the answer was none
}

// Error implements error.
func (e *AuthError) Error() string { return fmt.Sprintf("google answered %d %q", e.Status, e.Code) }

// InvalidGrant says whether err is Google's word that a consent is over.
func InvalidGrant(err error) bool {
	var refused *AuthError
	return errors.As(err, &refused) && refused.Code == "invalid_grant"
}

// Client is the product's OAuth client. It is safe for concurrent use.
type Client struct {
	id     string
	secret *secrets.File
	config Config
	http   *http.Client
	now    func() time.Time
}

// NewClient reads the secret, as each question for tokens does again; it asks nobody.
func NewClient(config Config, now func() time.Time) (*Client, error) {
	secret := secrets.NewFile(config.ClientSecretFile)
	if _, err := secret.Read(); err != nil {
		return nil, fmt.Errorf("--google-client-secret-file: %w", err)
	}
	return &Client{id: config.ClientID, secret: secret, config: config, now: now, http: &http.Client{
		Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Verifier returns a new secret of PKCE.
func Verifier() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: the program ends instead
	return base64.RawURLEncoding.EncodeToString(raw)
}

// ConsentURL is Google's page on which a person allows what is needed, for when they are away, too. It
// comes back to redirect with state.
func (c *Client) ConsentURL(redirect, state, verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return c.config.AuthURL + "?" + url.Values{
		"client_id": {c.id}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {strings.Join(Scopes(), " ")}, "state": {state},
		"access_type": {"offline"}, "prompt": {"consent"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}.Encode()
}

// Exchange turns the code that came back into tokens.
func (c *Client) Exchange(ctx context.Context, redirect, code, verifier string) (Grant, error) {
	g, err := c.tokens(ctx, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier}})
	if err != nil {
		return g, fmt.Errorf("exchange code: %w", err)
	}
	return g, nil
}

// Refresh asks for a new access token.
func (c *Client) Refresh(ctx context.Context, refresh string) (Grant, error) {
	g, err := c.tokens(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
	if err != nil {
		return g, fmt.Errorf("refresh token: %w", err)
	}
	return g, nil
}

// Revoke takes a consent back at Google. One that is over already is no error.
func (c *Client) Revoke(ctx context.Context, token string) error {
	response, err := c.post(ctx, c.config.RevokeURL, url.Values{"token": {token}})
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	if refused := authError(response); refused.Code != "invalid_token" {
		return fmt.Errorf("revoke token: %w", refused)
	}
	return nil
}

func (c *Client) tokens(ctx context.Context, form url.Values) (Grant, error) {
	secret, err := c.secret.Read()
	if err != nil {
		return Grant{}, fmt.Errorf("--google-client-secret-file: %w", err)
	}
	form.Set("client_id", c.id)
	form.Set("client_secret", secret)
	asked := c.now()
	response, err := c.post(ctx, c.config.TokenURL, form)
	if err != nil {
		return Grant{}, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return Grant{}, authError(response)
	}
	var answer struct {
		Access  string  `json:"access_token"`
		Refresh string  `json:"refresh_token"`
		Seconds int64   `json:"expires_in"`
		Scope   *string `json:"scope"`
		Type    string  `json:"token_type"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, mostAnswer)).Decode(&answer); err != nil {
		return Grant{}, errors.New("the answer cannot be read") // its text may be a token
	}
	if answer.Access == "" || answer.Seconds <= 0 || !strings.EqualFold(answer.Type, "Bearer") {
		return Grant{}, errors.New("the answer has no token")
	}
	g := Grant{Refresh: answer.Refresh, Access: answer.Access, Until: asked.Add(time.Duration(answer.Seconds) * time.Second)}
	if answer.Scope != nil {
		g.Scopes = append([]string{}, strings.Fields(*answer.Scope)...)
	}
	return g, nil
}

func (c *Client) post(ctx context.Context, to string, form url.Values) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.http.Do(request)
}

func authError(response *http.Response) *AuthError {
	refused := &AuthError{Status: response.StatusCode}
	var body struct {
		Error string `json:"error"`
	}
	if json.NewDecoder(io.LimitReader(response.Body, mostAnswer)).Decode(&body) == nil {
		refused.Code = body.Error
	}
	return refused
}
