// Package owner does what the demo shop's owner would do by hand in the dashboard: set up a goal that is a
// conversion, open a branch with an account of Google Ads of its own, and look through orders that wait for a word.
//
// It knows nothing but the public API and the link to sign in with, as any customer does.
package owner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	callTimeout = 20 * time.Second
	maxAnswer   = 4 << 20
	agent       = "Noctra demo (the owner of the shop)"
)

// Owner is signed in from Enter to Leave. Owner is not safe for concurrent use.
type Owner struct {
	admin     string // address of the admin service
	workspace string
	client    *http.Client
	session   []*http.Cookie
	key       string // of the API, where nobody is signed in
}

// Refused is an answer of the product that will not be another one when it is asked again.
type Refused struct {
	What   string
	Status int
	Answer string
}

// Error implements error.
func (r *Refused) Error() string {
	return fmt.Sprintf("%s: the answer is %d: %.300s", r.What, r.Status, r.Answer)
}

// Enter signs in by the demo's link.
func Enter(ctx context.Context, link, workspace string) (*Owner, error) {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return nil, &Refused{"sign in", 0, "there is no link"}
	}
	o := &Owner{admin: u.Scheme + "://" + u.Host, workspace: workspace, client: newClient()}
	answer, err := o.ask(ctx, http.MethodGet, link, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	if o.session = answer.cookies; len(o.session) == 0 {
		return nil, &Refused{"sign in", answer.status, "no session was opened"}
	}
	return o, nil
}

func newClient() *http.Client {
	return &http.Client{Timeout: callTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Leave signs out.
func (o *Owner) Leave(ctx context.Context) error {
	return o.call(ctx, http.MethodPost, "/sign-out", nil, nil)
}

type answer struct {
	status   int
	location string
	cookies  []*http.Cookie
	body     []byte
}

// ask makes one request, with the session.
func (o *Owner) ask(ctx context.Context, method, address string, body []byte, headers map[string]string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("User-Agent", agent)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	if strings.HasPrefix(address, o.admin+"/") {
		for _, c := range o.session {
			request.AddCookie(c)
		}
	}
	response, err := o.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return answer{response.StatusCode, response.Header.Get("Location"), response.Cookies(), raw}, err
}

// call asks the API and reads its answer into into, if there is one.
func (o *Owner) call(ctx context.Context, method, path string, body, into any) error {
	var raw []byte
	headers := map[string]string{"Accept": "application/json"}
	if o.key != "" {
		headers["Authorization"] = "Bearer " + o.key
	}
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		headers["Content-Type"] = "application/json"
	}
	if method == http.MethodPatch {
		headers["If-Match"] = "*"
	}
	a, err := o.ask(ctx, method, o.admin+"/api/v1"+path, raw, headers)
	switch {
	case err != nil:
		return fmt.Errorf("%s %s: %w", method, path, err)
	case a.status == http.StatusTooManyRequests || a.status >= http.StatusInternalServerError:
		return fmt.Errorf("%s %s: the answer is %d", method, path, a.status)
	case a.status >= http.StatusMultipleChoices:
		return &Refused{method + " " + path, a.status, string(a.body)}
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return fmt.Errorf("%s %s: read answer: %w", method, path, err)
	}
	return nil
}

func (o *Owner) ofWorkspace(path string) string {
	return "/workspaces/" + url.PathEscape(o.workspace) + path
}

// Final says whether asking again is of no use.
func Final(err error) bool {
	var refused *Refused
	return errors.As(err, &refused)
}
