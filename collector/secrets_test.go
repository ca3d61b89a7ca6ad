package collector

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Every kind of secret that a collector takes, and the public key beside them, is refused alike when it
// is of somebody else, ended, unknown, cut, malformed, missing or too long. (The admin service's own are
// in its TestTokens, signatures in TestSignature.)
func TestServerSecrets(t *testing.T) {
	r, later := startSigning(t)
	later.Store(int64(2 * time.Hour)) // endingKey has ended
	public := func(key string) string { return strings.Replace(goodEvent, shopKey, key, 1) }
	long := strings.Repeat("A", 3000)
	named := map[string]bool{}
	for _, c := range []struct {
		kind, how, body string
		headers         []string
		status          int
		code            string
	}{
		{"server key", "good", goodEvent, []string{"Authorization", "Bearer " + serverKey}, 202, ""},
		{"server key", "again", goodEvent, []string{"Authorization", "Bearer " + serverKey}, 202, ""},
		{"server key", "ended", goodEvent, []string{"Authorization", "Bearer " + endingKey}, 401, "key_expired"},
		{"server key", "of another site", public("nst_other"), []string{"Authorization", "Bearer " + serverKey}, 403, "site_forbidden"},
		{"server key", "cut", goodEvent, []string{"Authorization", "Bearer " + serverKey[:len(serverKey)-1]}, 401, "key_unknown"},
		{"server key", "malformed", goodEvent, []string{"Authorization", "Bearer " + serverKey + "_"}, 401, "key_unknown"},
		{"server key", "empty", goodEvent, []string{"Authorization", "Bearer "}, 401, "key_unknown"},
		{"server key", "no scheme", goodEvent, []string{"Authorization", serverKey}, 401, "key_unknown"},
		{"server key", "too long", goodEvent, []string{"Authorization", "Bearer " + serverKey + long}, 401, "key_unknown"},
		{"public key", "good", goodEvent, nil, 202, ""},
		{"public key", "unknown", public("nst_nobody"), nil, 401, "site_unknown"},
		{"public key", "cut", public(shopKey[:len(shopKey)-1]), nil, 401, "site_unknown"},
		{"public key", "malformed", public("<script>"), nil, 401, "site_unknown"},
		{"public key", "too long", public(shopKey + long), nil, 401, "site_unknown"},
	} {
		what := c.kind + ", " + c.how
		if named[what] {
			t.Fatalf("%s stands twice", what)
		}
		named[what] = true
		a := r.call(t, "POST", "/v1/events", c.body, c.headers...)
		got := fmt.Sprint(a.Status)
		if len(a.Rejected) == 1 {
			got += " " + a.Rejected[0].Code
		}
		if a.Status != c.status || c.code != "" && !strings.HasSuffix(got, " "+c.code) || strings.Contains(a.Body, long[:100]) {
			t.Errorf("%s: %s %s, want %d %s", what, got, a.Body, c.status, c.code)
		}
	}
	r.balanced(t)
}
