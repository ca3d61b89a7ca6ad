package admin

import (
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"noctra/internal/envelope"
)

// Keys rotate while people set up second factors: none is lost, none waits, and in the end the old keys go
// and everything opens.
func TestRotateInUse(t *testing.T) {
	r, _ := startWithMail(t, nil)
	const people = 8
	hash, err := r.people.hasher.Hash(t.Context(), goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	r.sql(`INSERT INTO accounts (email, name, password_hash, created_at) SELECT 'p' || i || '@acme.example', 'P', $1, now() FROM generate_series(1, $2::int) i`, hash, people)
	clients, seeds := make([]*http.Client, people), make([]string, people)
	for i := range clients {
		clients[i] = r.signedInAs(fmt.Sprintf("p%d@acme.example", i+1), goodPassword)
	}
	var group sync.WaitGroup
	for i, client := range clients {
		group.Go(func() {
			for range 2 { // the second seed takes the place of the first
				var seed struct{ Secret string }
				decode(t, r.send(client, "/totp", j("password", goodPassword)), 200, &seed)
				seeds[i] = seed.Secret
			}
		})
	}
	for range 5 {
		if _, err := RotateKeys(t.Context(), r.config, Rotation{Apply: true}); err != nil {
			t.Error(err)
		}
	}
	group.Wait()
	if _, err := RotateKeys(t.Context(), r.config, Rotation{Retire: true, Apply: true}); err == nil {
		t.Error("keys of a moment ago were retired")
	}
	age(t, r.config.MasterKeyFile)
	would, err := RotateKeys(t.Context(), r.config, Rotation{Retire: true})
	if err != nil || would.Retired != 5 {
		t.Errorf("dry run: %+v, %v", would, err)
	}
	if did, err := RotateKeys(t.Context(), r.config, Rotation{Retire: true, Apply: true}); err != nil || did != would {
		t.Errorf("%+v, want %+v, %v", did, would, err)
	}
	age(t, r.config.MasterKeyFile)
	if again, err := RotateKeys(t.Context(), r.config, Rotation{Retire: true, Apply: true}); err != nil || again != (RotateReport{}) {
		t.Errorf("again: %+v, %v", again, err)
	}
	for i, client := range clients {
		seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(seeds[i])
		if err != nil {
			t.Fatal(err)
		}
		if a := r.send(client, "/totp/confirm", j("code", r.code(seed))); a.status != 200 {
			t.Errorf("second factor %d: %d %s", i, a.status, a.body)
		}
	}
}

// An operator ends somebody's sign-ins, and that is noted.
func TestEndSessions(t *testing.T) {
	r := start(t, nil)
	client := r.signedIn()
	var email string
	if err := r.pool.QueryRow(t.Context(), `SELECT email FROM accounts ORDER BY id LIMIT 1`).Scan(&email); err != nil {
		t.Fatal(err)
	}
	if n, err := EndSessions(t.Context(), r.config, email, false); err != nil || n != 1 || r.me(client) != 200 {
		t.Errorf("dry run: %d, %v", n, err)
	}
	if n, err := EndSessions(t.Context(), r.config, email, true); err != nil || n != 1 || r.me(client) != 401 {
		t.Errorf("%d, %v", n, err)
	}
	var noted int
	if err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE action = 'sessions.ended_by_operator' AND operator IS NOT NULL`).Scan(&noted); err != nil || noted != 1 {
		t.Errorf("%d entries, %v", noted, err)
	}
	if _, err := EndSessions(t.Context(), r.config, "nobody@acme.example", true); err == nil {
		t.Error("somebody who is not there had sessions")
	}
}

// Signing secrets of server keys rotate with the rest.
func TestRotateSigning(t *testing.T) {
	r, _ := startWithMail(t, func(c *Config) { c.SigningKeyFile = t.TempDir() + "/signing-keys.json" })
	key := [32]byte{7}
	sealed, err := r.signing.Seal([]byte("a secret"), "server_keys.signing_secret:"+hex.EncodeToString(key[:]))
	if err != nil {
		t.Fatal(err)
	}
	r.sql(`INSERT INTO server_keys (workspace_id, name, key_hash, signing_secret) SELECT id, 'Signs', $1, $2 FROM workspaces WHERE is_demo`, key[:], sealed)
	if report, err := RotateKeys(t.Context(), r.config, Rotation{Apply: true}); err != nil || report.Signing == 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	age(t, r.config.MasterKeyFile, r.config.SigningKeyFile)
	if report, err := RotateKeys(t.Context(), r.config, Rotation{Retire: true, Apply: true}); err != nil || report.Retired != 2 {
		t.Fatalf("%+v, %v", report, err)
	}
	var now []byte
	if err := r.pool.QueryRow(t.Context(), `SELECT signing_secret FROM server_keys WHERE key_hash = $1`, key[:]).Scan(&now); err != nil {
		t.Fatal(err)
	}
	collectors, err := envelope.Open(r.config.SigningKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := collectors.Unseal(now, "server_keys.signing_secret:"+hex.EncodeToString(key[:])); err != nil || string(plain) != "a secret" {
		t.Errorf("%q, %v", plain, err)
	}
}

// What is sealed is what rotation knows: a column whose comment says that it is sealed has to be in sealedOf.
func TestSealedColumns(t *testing.T) {
	r := start(t, nil)
	var columns int
	err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_description WHERE description ~* '\msealed\M' AND objsubid > 0`).Scan(&columns)
	if err != nil || columns != 5 {
		t.Errorf("%d descriptions of sealed columns, and sealedOf knows 5: totp.secret, mail_outbox.content, server_keys.signing_secret, google_connections.refresh_token (with access_token), oauth_flows.verifier, which lives ten minutes and is not sealed anew (%v)", columns, err)
	}
}

// age makes files look as if they were written an hour ago.
func age(t *testing.T, files ...string) {
	t.Helper()
	for _, file := range files {
		if err := os.Chtimes(file, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
}
