package google

import (
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"encoding/base64"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed pages
var files embed.FS

var pages = template.Must(template.ParseFS(files, "pages/*.html"))

// Scopes that the fake knows.
const (
	scopeDataManager = "https://www.googleapis.com/auth/datamanager"
	scopeAds         = "https://www.googleapis.com/auth/adwords"
	scopeEmail       = "https://www.googleapis.com/auth/userinfo.email"
)

var scopeTexts = map[string]string{
	scopeDataManager: "Send events and audiences to Google Ads (Data Manager)",
	scopeAds:         "See, edit, create and delete Google Ads accounts and data",
	scopeEmail:       "See your primary Google Account email address",
	"openid":         "Associate you with your personal info on Google",
	"email":          "See your primary Google Account email address",
}

const codeLife = 10 * time.Minute

// ask is what an authorization request asks for.
type ask struct {
	Client, Redirect, State    string
	Scopes                     []string
	Offline, Prompt            bool
	Challenge, ChallengeMethod string
	Hint                       string // login_hint
	Query                      string // as it came, for the form
	Users                      []user
	Texts                      map[string]string
}

// readAsk checks an authorization request as Google does: what is wrong with the client or the
// address is told to the person, never to the address.
func (s *Service) readAsk(query url.Values) (a ask, problem string) {
	a = ask{
		Client: query.Get("client_id"), Redirect: query.Get("redirect_uri"), State: query.Get("state"),
		Scopes: strings.Fields(query.Get("scope")), Offline: query.Get("access_type") == "offline", Prompt: strings.Contains(query.Get("prompt"), "consent"),
		Challenge: query.Get("code_challenge"), ChallengeMethod: query.Get("code_challenge_method"), Hint: query.Get("login_hint"),
		Query: query.Encode(), Users: s.world.Users, Texts: scopeTexts,
	}
	redirect, err := url.Parse(a.Redirect)
	switch {
	case a.Client != s.config.ClientID:
		return a, "Error 401: invalid_client. The OAuth client was not found."
	case err != nil || !redirect.IsAbs() || redirect.Fragment != "" || !allowedRedirect(redirect):
		return a, "Error 400: redirect_uri_mismatch"
	case query.Get("response_type") != "code":
		return a, "Error 400: invalid_request. Invalid response_type: " + query.Get("response_type")
	case len(a.Scopes) == 0:
		return a, "Error 400: invalid_request. Missing required parameter: scope"
	case slices.ContainsFunc(a.Scopes, func(scope string) bool { return scopeTexts[scope] == "" }):
		return a, "Error 400: invalid_scope. Some requested scopes were invalid."
	case a.Challenge != "" && (a.ChallengeMethod != "S256" || len(a.Challenge) != 43):
		return a, "Error 400: invalid_request. Code challenge must be S256 and 43 characters."
	}
	return a, ""
}

// allowedRedirect says whether the client has registered the address: https, or this machine.
func allowedRedirect(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func (s *Service) consentPage(w http.ResponseWriter, r *http.Request) {
	a, problem := s.readAsk(r.URL.Query())
	pageHeaders(w)
	if problem != "" {
		w.WriteHeader(http.StatusBadRequest)
		_ = pages.ExecuteTemplate(w, "problem.html", problem)
		return
	}
	_ = pages.ExecuteTemplate(w, "consent.html", a)
}

// pageHeaders does without form-action: browsers apply it to the redirect that follows the form too.
func pageHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
}

// consent is what the person has answered on the page.
func (s *Service) consent(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	err := r.ParseForm()
	query, queryErr := url.ParseQuery(r.PostForm.Get("query"))
	a, problem := s.readAsk(query)
	if err != nil || queryErr != nil || problem != "" {
		http.Error(w, "Error 400: invalid_request", http.StatusBadRequest)
		return
	}
	back, _ := url.Parse(a.Redirect) // readAsk has parsed it
	answer := back.Query()
	if a.State != "" {
		answer.Set("state", a.State)
	}
	person := s.world.user(r.PostForm.Get("user"))
	if r.PostForm.Get("answer") != "allow" || person == nil {
		answer.Set("error", "access_denied")
	} else {
		granted := slices.DeleteFunc(slices.Clone(a.Scopes), func(scope string) bool { return !slices.Contains(r.PostForm["scope"], scope) })
		answer.Set("code", s.newCode(a, person.Email, granted))
		answer.Set("scope", strings.Join(granted, " "))
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// code is an authorization code: good once, for ten minutes.
type code struct {
	ask     ask
	user    string
	scopes  []string
	expires time.Time
}

func (s *Service) newCode(a ask, email string, scopes []string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := newID("4/0A")
	s.grants.codes[name] = code{a, email, scopes, s.now().Add(codeLife)}
	return name
}

// verified says whether a code verifier belongs to a challenge.
func (c *code) verified(verifier string) bool {
	if c.ask.Challenge == "" {
		return true
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(c.ask.Challenge)) == 1
}
