package google

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"noctra/internal/googleauth"
)

const (
	callTimeout = 15 * time.Second
	mostAnswer  = 32 << 20
)

// Tokens gives tokens of connections.
type Tokens interface {
	Token(ctx context.Context, connection int64) (string, error)
	Drop(ctx context.Context, connection int64, token string) error
}

// Client asks Google. It is safe for concurrent use.
type Client struct {
	ads, version, dataManager string
	developer                 string // token, or empty
	tokens                    Tokens
	http                      *http.Client
	now                       func() time.Time
}

// New returns a client for the addresses of the settings.
func New(config googleauth.Config, tokens Tokens, now func() time.Time) (*Client, error) {
	developer, err := config.DeveloperToken()
	if err != nil {
		return nil, err
	}
	return &Client{
		ads: strings.TrimSuffix(config.AdsURL, "/"), version: config.AdsVersion, dataManager: strings.TrimSuffix(config.DataManagerURL, "/"), developer: developer, tokens: tokens, now: now,
		http: &http.Client{Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// Problem is a refusal of Google, by its code.
type Problem struct {
	Status  int
	Code    string
	Message string // Google's
}

// Error implements error.
func (p *Problem) Error() string {
	return fmt.Sprintf("google answered %d %s: %s", p.Status, p.Code, p.Message)
}

// Final says whether asking again would come to the same.
func (p *Problem) Final() bool {
	return p.Status >= 400 && p.Status < 500 && p.Status != http.StatusTooManyRequests && p.Status != http.StatusRequestTimeout
}

// call is one question.
type call struct {
	connection int64
	method     string
	url        string
	login      string // customer id of the manager, or empty
	body       any    // nil for none
}

// do asks, once more with another token where Google did not take the first, and decodes the answer.
func (c *Client) do(ctx context.Context, q call, into any) error {
	token, err := c.once(ctx, q, into)
	var p *Problem
	if !errors.As(err, &p) || p.Status != http.StatusUnauthorized {
		return err
	}
	if err := c.tokens.Drop(ctx, q.connection, token); err != nil {
		return err
	}
	_, err = c.once(ctx, q, into)
	return err
}

func (c *Client) once(ctx context.Context, q call, into any) (token string, err error) {
	if token, err = c.tokens.Token(ctx, q.connection); err != nil {
		return "", err
	}
	request, err := c.request(ctx, q, token)
	if err != nil {
		return token, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return token, fmt.Errorf("ask google: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	if err != nil {
		return token, fmt.Errorf("ask google: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return token, problemOf(response.StatusCode, raw)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return token, fmt.Errorf("read google's answer: %w", err)
	}
	return token, nil
}

func (c *Client) request(ctx context.Context, q call, token string) (*http.Request, error) {
	var body io.Reader = http.NoBody
	if q.body != nil {
		raw, err := json.Marshal(q.body)
		if err != nil {
			return nil, fmt.Errorf("ask google: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, q.method, q.url, body)
	if err != nil {
		return nil, fmt.Errorf("ask google: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if q.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if strings.HasPrefix(q.url, c.ads+"/"+c.version+"/") {
		if q.login != "" {
			request.Header.Set("login-customer-id", q.login)
		}
		if c.developer != "" {
			request.Header.Set("developer-token", c.developer)
		}
	}
	return request, nil
}

// errorBody is how both APIs say what is wrong.
type errorBody struct {
	Error struct {
		Status  string `json:"status"`
		Message string `json:"message"`
		Details []struct {
			Reason string `json:"reason"` // ErrorInfo
			Errors []struct {
				ErrorCode map[string]string `json:"errorCode"` // GoogleAdsFailure
				Message   string            `json:"message"`
			} `json:"errors"`
			FieldViolations []struct {
				Reason      string `json:"reason"`
				Description string `json:"description"`
			} `json:"fieldViolations"` // BadRequest
		} `json:"details"`
	} `json:"error"`
}

// problemOf finds the most telling code of an answer.
func problemOf(status int, raw []byte) *Problem {
	p := &Problem{Status: status, Code: fmt.Sprintf("HTTP_%d", status)}
	var body errorBody
	if json.Unmarshal(raw, &body) != nil {
		return p
	}
	if body.Error.Status != "" {
		p.Code = body.Error.Status
	}
	p.Message = body.Error.Message
	for _, d := range body.Error.Details {
		for _, e := range d.Errors {
			for _, code := range e.ErrorCode {
				p.Code, p.Message = code, e.Message
				return p
			}
		}
		for _, v := range d.FieldViolations {
			p.Code, p.Message = v.Reason, v.Description
			return p
		}
		if status == http.StatusForbidden && d.Reason != "" {
			p.Code = d.Reason
		}
	}
	if status == http.StatusUnauthorized {
		p.Code = "UNAUTHENTICATED"
	}
	return p
}
