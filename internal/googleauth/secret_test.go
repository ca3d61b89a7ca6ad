package googleauth_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"noctra/internal/googleauth"
)

// The client's secret is what its file has when tokens are asked for.
func TestSecretIsReadAgain(t *testing.T) {
	t.Parallel()
	secrets := make(chan string, 2)
	google := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secrets <- r.PostFormValue("client_secret")
		_, _ = io.WriteString(w, `{"access_token": "a", "expires_in": 60, "token_type": "Bearer"}`)
	}))
	defer google.Close()
	file := filepath.Join(t.TempDir(), "secret")
	write := func(secret string) {
		if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	client, err := googleauth.NewClient(googleauth.Config{ClientID: "c", ClientSecretFile: file, TokenURL: google.URL}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"first", "second"} {
		write(want)
		if _, err := client.Refresh(t.Context(), "r"); err != nil {
			t.Fatal(err)
		}
		if got := <-secrets; got != want {
			t.Errorf("asked with %q, want %q", got, want)
		}
	}
}
