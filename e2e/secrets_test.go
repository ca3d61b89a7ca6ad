package e2e

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // codes of authenticator apps are made with it
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// canaries are secrets that were used on a product, by name, and everything that its answers refused with.
type canaries struct {
	t       *testing.T
	p       *product
	client  *http.Client
	secrets map[string]string // must not be anywhere but in the files that keep them
	people  map[string]string // what is known of people: where accounts are kept and mail lies, but not beside
	answers strings.Builder   // bodies of refusals, and what commands printed
	mark    string            // in all that can be chosen
	site    string            // number of the person's site
}

// plantSecrets uses every kind of secret that there is, in the right way and in wrong ones.
func (p *product) plantSecrets(t *testing.T) *canaries {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	mark := strings.ToLower(rand.Text()[:10])
	c := &canaries{t: t, p: p, client: &http.Client{Jar: jar, Timeout: clientLimit}, secrets: map[string]string{}, people: map[string]string{}, mark: mark}
	c.ofOperator()
	c.ofPerson()
	c.ofKeys()
	c.ofEvents()
	c.ofCommands()
	return c
}

// ofOperator takes the secrets that the product keeps for itself.
func (c *canaries) ofOperator() {
	d := c.p.ready.Demo
	c.secrets["demo's server key"], c.secrets["demo's API key"] = d.ServerKey, d.APIKey
	if u, err := url.Parse(d.SignInURL); err == nil {
		c.secrets["demo's sign-in link"] = u.Query().Get("token")
	}
	if u, err := url.Parse(c.p.ready.Postgres); err == nil {
		c.secrets["password of Postgres"], _ = u.User.Password()
	}
	files, err := filepath.Glob(filepath.Join(c.p.data, "secrets", "*"))
	if err != nil || len(files) < 2 {
		c.t.Fatalf("%d files of secrets, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			c.t.Fatal(err)
		}
		for i, word := range regexp.MustCompile(`[A-Za-z0-9+/_-]{20,}=*`).FindAllString(string(raw), -1) {
			if !strings.HasPrefix(word, "nst_") { // stands in pages
				c.secrets[fmt.Sprintf("%s %d", filepath.Base(file), i)] = word
			}
		}
	}
}

// ofPerson goes through the life of a login: sign-up, second factor, lost password.
func (c *canaries) ofPerson() {
	email, word := "canary-"+c.mark+"@nest.example", strings.ToLower(rand.Text()[:10])
	password, other := "Vogel "+word+" singt laut", "Vogel "+word+" singt leise"
	c.people["e-mail of the person"], c.people["name of the person"] = email, "Canary "+c.mark
	c.secrets["password"], c.secrets["password of before"], c.secrets["wrong password"] = other, password, "nicht "+password
	c.post("account/sign-up", 202, nil, "name", "Canary "+c.mark, "email", email, "password", password)
	c.post("account/verify-email", 200, nil, "token", c.mailed("link of the sign-up", "/verify-email", email), "password", password)
	c.cookies("first")
	c.post("account/sign-in", 401, nil, "email", email, "password", "nicht "+password)
	var seed struct{ Secret string }
	c.post("account/totp", 200, &seed, "password", password)
	c.secrets["seed of the second factor"] = seed.Secret
	var codes struct {
		RecoveryCodes []string `json:"recovery_codes"`
	}
	c.post("account/totp/confirm", 200, &codes, "code", c.code(seed.Secret))
	for i, code := range codes.RecoveryCodes {
		c.secrets[fmt.Sprintf("recovery code %d", i)] = code
	}
	c.post("sign-out", 204, nil)
	var step struct{ Ceremony string }
	c.post("account/sign-in", 200, &step, "email", email, "password", password)
	c.secrets["ceremony"] = step.Ceremony
	c.post("account/sign-in/second-factor", 422, nil, "ceremony", step.Ceremony, "recovery_code", "AAAA-BBBB-CCCC-DDDD")
	c.post("account/sign-in/second-factor", 200, nil, "ceremony", step.Ceremony, "recovery_code", codes.RecoveryCodes[0])
	c.cookies("second")
	c.post("account/forgot-password", 202, nil, "email", email)
	c.post("account/reset-password", 204, nil, "token", c.mailed("link of a lost password", "/reset-password", email), "password", other)
	c.post("account/sign-in", 200, &step, "email", email, "password", other)
	c.secrets["second ceremony"] = step.Ceremony
	c.post("account/sign-in/second-factor", 200, nil, "ceremony", step.Ceremony, "recovery_code", codes.RecoveryCodes[1])
	c.cookies("third")
}

// ofKeys makes keys and shows them where they are not taken.
func (c *canaries) ofKeys() {
	var site struct {
		ID        string `json:"id"`
		PublicKey string `json:"public_key"`
	}
	c.post("sites", 201, &site, "name", "Nest", "hostnames", []string{"nest.example"}, "time_zone", "UTC", "currency", "EUR")
	c.site = site.ID
	c.people["key of the site"] = site.PublicKey // no secret; the events need it
	var key struct{ Key string }
	c.post("sites/"+site.ID+"/server-keys", 201, &key, "name", "Shop")
	c.secrets["server key"] = key.Key
	c.post("api-keys", 201, &key, "name", "Reports")
	c.secrets["API key"] = key.Key
	invited := "invited-" + c.mark + "@nest.example"
	c.people["e-mail of the invited"] = invited
	var all struct{ Workspaces []struct{ ID string } }
	c.get("workspaces", &all)
	c.post("workspaces/"+all.Workspaces[0].ID+"/invitations", 201, nil, "email", invited, "role", "analyst")
	c.mailed("link of an invitation", "/invitation", invited)
	for name, secret := range c.secrets {
		if strings.Contains(secret, " ") {
			continue
		}
		c.send("GET", c.p.ready.AdminURL+"/api/v1/account", "", "Authorization", "Bearer "+secret)
		c.send("GET", c.p.ready.AdminURL+"/api/v1/sites/"+url.PathEscape(secret)+"/freshness", "")
		c.send("POST", c.p.ready.AdminURL+"/api/v1/query", `{"site_id": "`+secret+`", "metrics": ["`+secret+`"]}`, "Authorization", "Bearer "+c.secrets["API key"])
		c.send("POST", c.p.ready.AdminURL+"/api/v1/account/verify-email", `{"token": "`+secret+`", "password": {"`+secret, "")
		if name != "demo's sign-in link" { // it would be used
			c.send("GET", c.p.ready.AdminURL+"/sign-in?token="+url.QueryEscape(secret), "")
		}
		c.send("POST", c.p.ready.CollectorURL+"/v1/events", `[{"type": "pageview", "site": "`+secret, "Authorization", "Bearer x"+secret)
		c.send("POST", c.p.ready.CollectorURL+"/v1/events", `{"type": "`+secret+`"}`, "Authorization", "Basic "+secret)
	}
}

// ofEvents sends what is known of people in events that are taken, refused, and not understood.
func (c *canaries) ofEvents() {
	email, phone, address, user := "visitor-"+c.mark+"@nest.example", "+4915112345678", "198.51.100.77", "user-"+c.mark
	c.people["e-mail of a visitor"], c.people["phone of a visitor"], c.people["user of a site"] = email, phone, user
	c.people["address of a visitor"] = address
	consent := `"consent": {"analytics": "granted", "ad_user_data": "granted", "ad_personalization": "granted"}`
	common := fmt.Sprintf(`"site": %q, "email": %q, "phone": %q, "ip": %q, "user_id": %q, %s`, c.people["key of the site"], email, phone, address, user, consent)
	page := "https://nest.example/?email=" + url.QueryEscape(email) + "&utm_source=x&token=" + c.secrets["API key"]
	events := c.p.ready.CollectorURL + "/v1/events"
	c.p.await("the collector knows the key", clientLimit, func() error {
		if status, answer := c.send("POST", events, `[]`, "Authorization", "Bearer "+c.secrets["server key"]); status == 401 {
			return fmt.Errorf("%s", answer)
		}
		return nil
	})
	for _, body := range []string{
		fmt.Sprintf(`{"type": "sale", "order_id": "A-1", "amount": "1.00", "currency": "EUR", "url": %q, %s}`, page, common),
		fmt.Sprintf(`{"type": "pageview", "url": %q, "referrer": %q, %s}`, page, "https://other.example/"+email, common),
		fmt.Sprintf(`{"type": "sale", "order_id": "A-2", "amount": %q, "currency": %q, "url": %q, %s}`, email, email, page, common),
		fmt.Sprintf(`{"type": %q, "name": %q, %s}`, email, email, common),
		fmt.Sprintf(`{"type": "goal", "name": "x", "url": %q, "occurred_at": %q, %s}`, page, email, common),
		`{"type": "pageview", ` + common,
	} {
		c.send("POST", events, body, "Authorization", "Bearer "+c.secrets["server key"])
		c.send("POST", events, body, "Origin", "https://nest.example")
	}
	c.send("POST", c.p.ready.AdminURL+"/api/v1/query", fmt.Sprintf(`{"site_id": %q, "metrics": ["visitors"], "date_range": "7d", "filters": [["is", "event:page", [%q]], ["x", %q]]}`,
		c.people["key of the site"], email, email), "Authorization", "Bearer "+c.secrets["API key"])
}

// ofCommands gives an operator's commands.
func (c *canaries) ofCommands() {
	for _, args := range [][]string{
		{"audit", "verify", "--data", c.p.data}, {"admin", "rotate-keys", "--data", c.p.data, "--yes"},
		{"config", "admin", "--postgres", c.p.ready.Postgres}, {"deadletter", "ls", "--data", c.p.data}, {"spool", "ls", filepath.Join(c.p.data, "spool")},
		{"admin", "sign-in-link", "--data", c.p.data, "--postgres", strings.Replace(c.p.ready.Postgres, "/noctra", "/none", 1), "nobody@nest.example"},
	} {
		out, err := exec.Command(c.p.binary, args...).CombinedOutput()
		_, _ = fmt.Fprintf(&c.answers, "%s: %v %s\n", args[:2], err, out)
	}
}

// send sends a request and keeps the answer where it is a refusal.
func (c *canaries) send(method, address, body string, headers ...string) (int, []byte) {
	c.t.Helper()
	request, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.client.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if response.StatusCode >= 400 || strings.Contains(address, "/v1/events") {
		c.answers.Write(answer)
	}
	return response.StatusCode, answer
}

// post sends JSON to a route under /api/v1, with a status to answer.
func (c *canaries) post(path string, want int, into any, pairs ...any) {
	c.t.Helper()
	body := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		body[pairs[i].(string)] = pairs[i+1]
	}
	raw, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	status, answer := c.send("POST", c.p.ready.AdminURL+"/api/v1/"+path, string(raw))
	if status != want || into != nil && json.Unmarshal(answer, into) != nil {
		c.t.Fatalf("%s: %d %s, want %d", path, status, answer, want)
	}
}

func (c *canaries) get(path string, into any) {
	c.t.Helper()
	if status, answer := c.send("GET", c.p.ready.AdminURL+"/api/v1/"+path, ""); status != 200 || json.Unmarshal(answer, into) != nil {
		c.t.Fatalf("%s: %d %s", path, status, answer)
	}
}

// cookies takes those that the browser has now.
func (c *canaries) cookies(which string) {
	u, err := url.Parse(c.p.ready.AdminURL)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, cookie := range c.client.Jar.Cookies(u) {
		c.secrets[which+" cookie "+cookie.Name] = cookie.Value
	}
}

// mailed waits for the newest link of a kind that was mailed to somebody, and returns its token.
func (c *canaries) mailed(name, path, to string) (token string) {
	c.t.Helper()
	link := regexp.MustCompile(regexp.QuoteMeta(path) + `#token=([A-Za-z0-9]{43})`)
	c.p.await(name, 3*time.Minute, func() error {
		response, err := http.Get(c.p.ready.Fakes["mail"] + "/_ledger")
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		var ledger struct {
			Messages []struct {
				To   []string
				Text string
			}
		}
		if err := json.NewDecoder(response.Body).Decode(&ledger); err != nil {
			return err
		}
		for _, m := range ledger.Messages {
			if found := link.FindStringSubmatch(m.Text); found != nil && len(m.To) == 1 && m.To[0] == to {
				token = found[1]
			}
		}
		if token == "" {
			return fmt.Errorf("no %s for %s", path, to)
		}
		return nil
	})
	c.secrets[name] = token
	return token
}

// code is what an authenticator app shows now (RFC 6238).
func (c *canaries) code(seed string) string {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(seed)
	if err != nil {
		c.t.Fatal(err)
	}
	var step bytes.Buffer
	_ = binary.Write(&step, binary.BigEndian, time.Now().Unix()/30)
	mac := hmac.New(sha1.New, raw)
	mac.Write(step.Bytes())
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1_000_000)
}
