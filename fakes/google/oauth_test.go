package google

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestOAuth(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, nil)
	r.expect("GET", "/o/oauth2/v2/auth?"+authQuery().Encode(), "", 200, "ads@shop.noctra.example")
	for field, value := range map[string]string{
		"client_id": "other", "redirect_uri": "http://evil.example/back", "response_type": "token", "scope": "everything", "code_challenge_method": "plain",
	} {
		query := authQuery()
		query.Set(field, value)
		r.expect("GET", "/o/oauth2/v2/auth?"+query.Encode(), "", 400, "Error 40")
	}
	back := r.code(authQuery(), "ads@shop.noctra.example", scopeAds)
	if back.Get("state") != "s t" || back.Get("scope") != scopeAds {
		t.Errorf("came back with %v", back)
	}
	if back := r.code(authQuery(), "unknown@noctra.example", scopeAds); back.Get("error") != "access_denied" || back.Get("code") != "" {
		t.Errorf("somebody unknown came back with %v", back)
	}
	wrong := tokenForm(back.Get("code"))
	wrong.Set("code_verifier", "another")
	r.expect("POST", "/token", wrong.Encode(), 400, "invalid_grant")
	r.expect("POST", "/token", tokenForm(back.Get("code")).Encode(), 400, "invalid_grant") // a code is good once
	late := r.code(authQuery(), "ads@shop.noctra.example", scopeAds)
	r.wait(codeLife + time.Second)
	r.expect("POST", "/token", tokenForm(late.Get("code")).Encode(), 400, "invalid_grant")
	badClient := tokenForm("x")
	badClient.Set("client_secret", "guess")
	r.expect("POST", "/token", badClient.Encode(), 401, "invalid_client")

	first := r.signIn("ads@shop.noctra.example")
	quiet := authQuery()
	quiet.Del("prompt")
	again := r.code(quiet, "ads@shop.noctra.example", scopeAds)
	if answer := r.expect("POST", "/token", tokenForm(again.Get("code")).Encode(), 200, scopeAds); strings.Contains(answer, "refresh_token") {
		t.Errorf("without consent asked for again there was a refresh token: %s", answer)
	}
	r.expect("GET", "/v25/customers:listAccessibleCustomers", "", 200, "customers/2000000002")
	r.wait(accessLife + time.Minute)
	r.expect("GET", "/v25/customers:listAccessibleCustomers", "", 401, "UNAUTHENTICATED")
	refresh := url.Values{"client_id": {"client"}, "client_secret": {"secret"}, "grant_type": {"refresh_token"}, "refresh_token": {first.RefreshToken}}
	r.stop()

	r = start(t, dir, nil) // what was granted is remembered
	r.expect("POST", "/token", refresh.Encode(), 200, "ya29.")
	r.expect("POST", "/revoke", url.Values{"token": {first.RefreshToken}}.Encode(), 200, "{}")
	r.expect("POST", "/token", refresh.Encode(), 400, "Token has been expired or revoked.")
	r.expect("POST", "/revoke", url.Values{"token": {first.RefreshToken}}.Encode(), 400, "invalid_token")
	r.stop()
	r = start(t, dir, nil)
	r.expect("POST", "/token", refresh.Encode(), 400, "invalid_grant")
}

func TestScopesThatWereUnticked(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	back := r.code(authQuery(), "ads@shop.noctra.example", scopeAds)
	_, body := r.do("POST", "/token", tokenForm(back.Get("code")).Encode())
	r.token = strings.Split(body, `"`)[3]
	r.expect("POST", pathIngest, ingestBody("a", "", ""), http.StatusForbidden, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
}
