// Package authtest consents at the fake Google, for tests.
package authtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"noctra/internal/googleauth"
)

const redirect = "https://noctra.example/google/callback"

// Grant is what client gets when one of the fake's persons consents to everything. It ends the test on any error.
func Grant(t testing.TB, client *googleauth.Client, person string) googleauth.Grant {
	t.Helper()
	verifier := googleauth.Verifier()
	address, query, _ := strings.Cut(client.ConsentURL(redirect, "state", verifier), "?")
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"query": {query}, "user": {person}, "answer": {"allow"}, "scope": googleauth.Scopes()}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	back, err := url.Parse(answer.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	grant, err := client.Exchange(t.Context(), redirect, back.Query().Get("code"), verifier)
	if err != nil {
		t.Fatal(err)
	}
	return grant
}
