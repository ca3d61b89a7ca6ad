package google

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// rig is a fake with a clock of its own.
type rig struct {
	t     *testing.T
	s     *Service
	clock time.Time
	token string
	stop  func()
}

var testStart = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

func start(t *testing.T, dir string, change func(*Config)) *rig {
	t.Helper()
	config := Config{Dir: dir, Addr: "127.0.0.1:0", ClientID: "client", ClientSecret: "secret", Processing: 30 * time.Minute, PerMinute: 300, PerDay: 100000}
	if change != nil {
		change(&config)
	}
	s, err := New(config, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, s: s, clock: testStart}
	s.now = func() time.Time { return r.clock }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

// wait moves the clock, with the fake at rest.
func (r *rig) wait(d time.Duration) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.clock = r.clock.Add(d)
}

// do sends a request and returns status and body.
func (r *rig) do(method, path, body string) (int, string) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.s.URL()+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/token") || strings.HasPrefix(path, "/revoke") || strings.HasPrefix(path, "/o/") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	request.Header.Set("Authorization", "Bearer "+r.token)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if location := response.Header.Get("Location"); location != "" {
		return response.StatusCode, location
	}
	return response.StatusCode, string(raw)
}

const verifier = "a-code-verifier-that-is-long-enough-for-the-rule-43"

func authQuery() url.Values {
	sum := sha256.Sum256([]byte(verifier))
	return url.Values{
		"client_id": {"client"}, "redirect_uri": {"http://127.0.0.1:1/back"}, "response_type": {"code"}, "scope": {scopeDataManager + " " + scopeAds}, "state": {"s t"},
		"access_type": {"offline"}, "prompt": {"consent"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
}

// code lets a person consent and returns what came back.
func (r *rig) code(query url.Values, user string, scopes ...string) url.Values {
	r.t.Helper()
	status, location := r.do("POST", "/o/oauth2/v2/auth", url.Values{"query": {query.Encode()}, "user": {user}, "answer": {"allow"}, "scope": scopes}.Encode())
	back, err := url.Parse(location)
	if status != http.StatusSeeOther || err != nil {
		r.t.Fatalf("consent: %d %s", status, location)
	}
	return back.Query()
}

func tokenForm(code string) url.Values {
	return url.Values{"client_id": {"client"}, "client_secret": {"secret"}, "grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"http://127.0.0.1:1/back"}, "code_verifier": {verifier}}
}

// signIn makes the rig's token that of a person.
func (r *rig) signIn(user string) tokenAnswer {
	r.t.Helper()
	back := r.code(authQuery(), user, scopeDataManager, scopeAds)
	status, body := r.do("POST", "/token", tokenForm(back.Get("code")).Encode())
	var answer tokenAnswer
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
		r.t.Fatalf("token: %d %s", status, body)
	}
	r.token = answer.AccessToken
	return answer
}

// expect sends a request and checks status and a part of the answer.
func (r *rig) expect(method, path, body string, status int, part string) string {
	r.t.Helper()
	got, answer := r.do(method, path, body)
	if got != status || !strings.Contains(answer, part) {
		r.t.Errorf("%s %s %.200s: %d %.600s, want %d with %q", method, path, body, got, answer, status, part)
	}
	return answer
}

// read returns the ledger.
func (r *rig) read() (ledger Ledger) {
	r.t.Helper()
	_, body := r.do("GET", "/_ledger", "")
	if err := json.Unmarshal([]byte(body), &ledger); err != nil {
		r.t.Fatal(err)
	}
	return ledger
}
