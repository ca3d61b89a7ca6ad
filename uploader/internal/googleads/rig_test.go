package googleads

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"noctra/fakes/google"
	"noctra/internal/googleauth"
	"noctra/internal/googleauth/authtest"
	"noctra/internal/testenv"
	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// The customer of the fake's world that may use the API, and its action.
const (
	person   = "agency@noctra.example"
	customer = "2000000006"
	action   = "900000061"
)

// rig is a fake Google, and somebody's access to it.
type rig struct {
	*testing.T
	url    string
	client *googleauth.Client
	grant  googleauth.Grant
	drops  int
	ads    *Transport
}

func open(t *testing.T) *rig {
	t.Helper()
	fake, err := google.New(google.Config{Dir: t.TempDir(), Addr: "127.0.0.1:0", ClientID: "client", ClientSecret: "secret", PerMinute: 1, PerDay: 1}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	testenv.Serve(t, fake.Run)
	r := &rig{T: t, url: fake.URL()}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r.client, err = googleauth.NewClient(googleauth.Config{ClientID: "client", ClientSecretFile: secret, AuthURL: r.url + "/o/oauth2/v2/auth", TokenURL: r.url + "/token", RevokeURL: r.url + "/revoke"}, time.Now); err != nil {
		t.Fatal(err)
	}
	r.grant = authtest.Grant(r, r.client, person)
	r.ads = New(Config{URL: r.url + "/", Version: "v25", DeveloperToken: "developer"}, transport.Caller{Access: r, Client: transport.NewClient()})
	return r
}

// Token implements transport.Access.
func (r *rig) Token(context.Context, int64) (string, error) { return r.grant.Access, nil }

// Drop implements transport.Access.
func (r *rig) Drop(ctx context.Context, _ int64, _ string) error {
	r.drops++
	next, err := r.client.Refresh(ctx, r.grant.Refresh)
	if err != nil {
		return &transport.Refused{Code: googleauth.CodeInvalidGrant, Message: err.Error()}
	}
	r.grant.Access = next.Access
	return nil
}

// order posts to the fake's levers.
func (r *rig) order(path string, list any) {
	r.Helper()
	raw, err := json.Marshal(list)
	if err != nil {
		r.Fatal(err)
	}
	answer, err := http.Post(r.url+path, "application/json", bytes.NewReader(raw))
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		r.Fatalf("%s %s: %d", path, raw, answer.StatusCode)
	}
}

// counts is what counts at Google: value, currency and state by transaction.
func (r *rig) counts() map[string]string {
	r.Helper()
	answer, err := http.Get(r.url + "/_ledger")
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var ledger google.Ledger
	if err := json.NewDecoder(answer.Body).Decode(&ledger); err != nil {
		r.Fatal(err)
	}
	all := map[string]string{}
	for _, t := range ledger.Transactions {
		all[t.TransactionID] = fmt.Sprint(t.Value, " ", t.Currency, " ", t.State, " ", t.Gclid, t.Gbraid, t.Wbraid, " ", len(t.UserIdentifiers), t.Consent.AdUserData)
	}
	return all
}

func request(kind transport.Kind, rows ...transport.Row) *transport.Request {
	return &transport.Request{To: transport.Destination{ConnectionID: 1, CustomerID: customer, ActionID: action}, Kind: kind, Rows: rows, AttemptID: 1}
}

// sold is when all sales were, so that the same adjustment has the same time again.
var sold = time.Now().Add(-2 * time.Hour)

// sale is a row as it comes most often.
func sale(name string) transport.Row {
	return transport.Row{TransactionID: "o-" + name, OccurredAt: sold, HasValue: true, Value: 20_500_000, Currency: "USD",
		ClickKind: "gclid", ClickValue: "Cj0KCQ-click-" + name, UserData: schema.ConsentGranted, Personal: schema.ConsentGranted}
}

func sales(n int, name string) []transport.Row {
	rows := make([]transport.Row, n)
	for i := range rows {
		rows[i] = sale(fmt.Sprint(name, i))
	}
	return rows
}

// send sends and returns the codes of the rows, or of the whole request where there are none.
func (r *rig) send(request *transport.Request) []string {
	r.Helper()
	answer, err := r.ads.Send(r.Context(), request)
	if err != nil {
		r.Fatal(err)
	}
	if answer.Rows == nil {
		return []string{fmt.Sprint(answer.Status, " ", answer.Code, " lost=", answer.Lost)}
	}
	if len(answer.Rows) != len(request.Rows) {
		r.Fatalf("%d outcomes for %d rows", len(answer.Rows), len(request.Rows))
	}
	var codes []string
	for _, one := range answer.Rows {
		codes = append(codes, one.Code)
	}
	return codes
}
