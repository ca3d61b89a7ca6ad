package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"testing"
	"time"
)

var mailedToken = regexp.MustCompile(`/verify-email#token=([A-Za-z0-9]{43})`)

// takesPeople signs somebody up by the mail that the demo's inbox has, up to the key of their first site.
func (p *product) takesPeople(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: clientLimit}
	const email, password = "mara@acme.example", "vier Worte am Stück"
	call := func(path string, body map[string]any, into any) {
		t.Helper()
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Post(p.ready.AdminURL+"/api/v1/"+path, "application/json", bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		answer, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode >= 300 {
			t.Fatalf("%s: %s %s, %v", path, response.Status, answer, err)
		}
		if into != nil && json.Unmarshal(answer, into) != nil {
			t.Fatalf("%s: %s", path, answer)
		}
	}
	call("account/sign-up", map[string]any{"name": "Mara", "email": email, "password": password}, nil)
	var secret string
	p.await("mail in the inbox", 3*time.Minute, func() error {
		response, err := http.Get(p.ready.Fakes["mail"] + "/_ledger")
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		ledger, err := io.ReadAll(response.Body)
		if err != nil {
			return err
		}
		found := mailedToken.FindSubmatch(ledger)
		if found == nil {
			return fmt.Errorf("no link in %.300s", ledger)
		}
		secret = string(found[1])
		return nil
	})
	call("account/verify-email", map[string]any{"token": secret, "password": password}, nil)
	var site struct {
		PublicKey string `json:"public_key"`
	}
	call("sites", map[string]any{"name": "Shoes", "hostnames": []string{"shoes.example"}, "time_zone": "UTC", "currency": "EUR"}, &site)
	if site.PublicKey == "" {
		t.Error("the first site has no key")
	}
}
