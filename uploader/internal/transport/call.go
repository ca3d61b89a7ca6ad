package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"noctra/schema"
)

const (
	callTimeout  = 30 * time.Second
	mostAnswer   = 32 << 20
	longestPause = time.Hour // that Retry-After is believed
)

// NewClient returns a client for Google's APIs: it gives up after half a minute and carries no token to
// another address.
func NewClient() *http.Client {
	return &http.Client{Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Caller makes calls of Google's APIs in the name of connections.
type Caller struct {
	Access Access
	Client *http.Client
}

// Call is one call.
type Call struct {
	Connection  int64
	Method, URL string
	Header      http.Header // besides Authorization and Content-Type
	Body        []byte      // JSON, nil for none
}

// Do makes a call, once more with a new token where Google did not take the first. The answer has
// Status, RetryAfter, Lost and, where the call failed, a Code that its status alone gives; the body says
// more. Errors are those of Access and of a call that cannot be built.
func (c *Caller) Do(ctx context.Context, call *Call) (Answer, []byte, error) {
	answer, body, token, err := c.once(ctx, call)
	if err != nil || answer.Status != http.StatusUnauthorized {
		return answer, body, err
	}
	if err := c.Access.Drop(ctx, call.Connection, token); err != nil {
		return Answer{}, nil, fmt.Errorf("drop token: %w", err)
	}
	answer, body, _, err = c.once(ctx, call)
	return answer, body, err
}

func (c *Caller) once(ctx context.Context, call *Call) (Answer, []byte, string, error) {
	token, err := c.Access.Token(ctx, call.Connection)
	if err != nil {
		return Answer{}, nil, "", fmt.Errorf("token of connection %d: %w", call.Connection, err)
	}
	request, err := http.NewRequestWithContext(ctx, call.Method, call.URL, bytes.NewReader(call.Body))
	if err != nil {
		return Answer{}, nil, "", fmt.Errorf("build call of google: %w", err)
	}
	for name, values := range call.Header {
		request.Header[name] = values
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if call.Body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.Client.Do(request)
	if err != nil {
		return unanswered(err), nil, token, nil
	}
	defer func() { _ = response.Body.Close() }()
	answer := answered(response)
	body, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	if err != nil && answer.Code == "" {
		answer.Lost, answer.Code = true, schema.ReasonAnswerLost
	}
	return answer, body, token, nil
}

// unanswered is the answer to a call that got none: lost, unless there was no connection to begin with.
func unanswered(err error) Answer {
	var operation *net.OpError
	if errors.As(err, &operation) && operation.Op == "dial" {
		return Answer{Code: "UNAVAILABLE", Message: "no connection to Google"}
	}
	return Answer{Lost: true, Code: schema.ReasonAnswerLost}
}

// answered is what status and head of an answer say.
func answered(response *http.Response) Answer {
	answer := Answer{Status: response.StatusCode, RetryAfter: retryAfter(response.Header.Get("Retry-After"))}
	switch status := response.StatusCode; {
	case status == http.StatusOK:
	case status == http.StatusBadRequest:
		answer.Code = "INVALID_ARGUMENT"
	case status == http.StatusUnauthorized:
		answer.Code = "UNAUTHENTICATED"
	case status == http.StatusForbidden:
		answer.Code = "PERMISSION_DENIED"
	case status == http.StatusNotFound:
		answer.Code = "NOT_FOUND"
	case status == http.StatusTooManyRequests:
		answer.Code = "RESOURCE_EXHAUSTED"
	case status == http.StatusRequestTimeout || status == http.StatusGatewayTimeout:
		answer.Lost, answer.Code = true, "DEADLINE_EXCEEDED"
	case status == http.StatusBadGateway || status == http.StatusServiceUnavailable:
		answer.Lost, answer.Code = true, "UNAVAILABLE"
	case status >= http.StatusInternalServerError:
		answer.Lost, answer.Code = true, "INTERNAL_ERROR"
	case status >= http.StatusBadRequest:
		answer.Code = "INVALID_ARGUMENT"
	default: // nothing that Google's APIs answer
		answer.Lost, answer.Code = true, schema.ReasonMalformed
	}
	return answer
}

// retryAfter reads the head in seconds, the form that Google uses.
func retryAfter(head string) time.Duration {
	seconds, err := strconv.Atoi(head)
	if err != nil || seconds <= 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, longestPause)
}
