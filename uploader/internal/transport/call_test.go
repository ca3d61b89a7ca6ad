package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

// tokens is an Access that counts.
type tokens struct{ dropped []string }

func (t *tokens) Token(context.Context, int64) (string, error) {
	if len(t.dropped) == 2 {
		return "", &Refused{"INVALID_GRANT", "gone"}
	}
	return fmt.Sprint("token-", len(t.dropped)), nil
}

func (t *tokens) Drop(_ context.Context, _ int64, token string) error {
	t.dropped = append(t.dropped, token)
	return nil
}

// TestCall: what each status comes to, and which answers leave open whether Google took the request.
func TestCall(t *testing.T) {
	status, head, cut := 0, "", false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if head != "" {
			w.Header().Set("Retry-After", head)
		}
		if cut {
			w.Header().Set("Content-Length", "100")
		}
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, r.Method, " ", r.Header.Get("Authorization"), " ", r.Header.Get("X"))
	}))
	defer server.Close()
	for _, c := range []struct {
		status int
		head   string
		cut    bool
		want   Answer
	}{
		{200, "", false, Answer{Status: 200}},
		{200, "", true, Answer{Status: 200, Lost: true, Code: schema.ReasonAnswerLost}},
		{0, "", false, Answer{Lost: true, Code: schema.ReasonAnswerLost}},
		{302, "", false, Answer{Status: 302, Lost: true, Code: schema.ReasonMalformed}},
		{400, "", true, Answer{Status: 400, Code: "INVALID_ARGUMENT"}},
		{413, "", false, Answer{Status: 413, Code: "INVALID_ARGUMENT"}},
		{401, "", false, Answer{Status: 401, Code: "UNAUTHENTICATED"}},
		{403, "", false, Answer{Status: 403, Code: "PERMISSION_DENIED"}},
		{404, "", false, Answer{Status: 404, Code: "NOT_FOUND"}},
		{408, "", false, Answer{Status: 408, Lost: true, Code: "DEADLINE_EXCEEDED"}},
		{429, "30", false, Answer{Status: 429, Code: "RESOURCE_EXHAUSTED", RetryAfter: 30 * time.Second}},
		{429, "Fri", false, Answer{Status: 429, Code: "RESOURCE_EXHAUSTED"}},
		{500, "999999999", false, Answer{Status: 500, Lost: true, Code: "INTERNAL_ERROR", RetryAfter: time.Hour}},
		{502, "-1", false, Answer{Status: 502, Lost: true, Code: "UNAVAILABLE"}},
		{503, "", true, Answer{Status: 503, Lost: true, Code: "UNAVAILABLE"}},
		{504, "", false, Answer{Status: 504, Lost: true, Code: "DEADLINE_EXCEEDED"}},
	} {
		status, head, cut = c.status, c.head, c.cut
		access := &tokens{}
		caller := Caller{access, NewClient()}
		got, body, err := caller.Do(t.Context(), &Call{Connection: 1, Method: "POST", URL: server.URL, Header: http.Header{"X": {"x"}}, Body: []byte("{}")})
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%d: %v %s", c.status, err, diff)
		}
		want := "POST Bearer token-0 x"
		if c.status == 401 {
			want = "POST Bearer token-1 x"
		}
		if c.status != 0 && string(body) != want || (len(access.dropped) == 1) != (c.status == 401) {
			t.Errorf("%d: %q, dropped %v", c.status, body, access.dropped)
		}
	}
	server.Close()
	gone := Caller{&tokens{}, NewClient()}
	if got, _, err := gone.Do(t.Context(), &Call{Method: "GET", URL: server.URL}); err != nil || got.Lost || got.Code != "UNAVAILABLE" {
		t.Errorf("nobody listens: %+v, %v", got, err)
	}
	refused := Caller{&tokens{dropped: []string{"a", "b"}}, NewClient()}
	var why *Refused
	if _, _, err := refused.Do(t.Context(), &Call{Method: "GET", URL: server.URL}); !errors.As(err, &why) || why.Code != "INVALID_GRANT" {
		t.Errorf("no token: %v", err)
	}
}

func TestWords(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	for in, want := range map[string]string{
		"The order id  a@b.example holds\ndata.": "The order id … holds data.",
		"hash " + hash + " is wrong":             "hash … is wrong",
		strings.Repeat("ä ", 400):                strings.Repeat("ä ", 150),
		"bad \xff":                               "bad …",
	} {
		if got := Message(in); got != want {
			t.Errorf("Message(%q) = %q, want %q", in, got, want)
		}
	}
}
