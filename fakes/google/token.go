package google

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

const accessLife = time.Hour

// grant is what a person has allowed a client, for as long as nobody takes it back.
type grant struct {
	Refresh string   `json:"refresh"`
	User    string   `json:"user"`
	Scopes  []string `json:"scopes"`
}

// access is an access token. It does not outlive the process: then it is refused like an old one.
type access struct {
	user    string
	scopes  []string
	refresh string // the grant that it hangs on
	expires time.Time
}

type grants struct {
	codes  map[string]code
	byName map[string]grant // by refresh token
	access map[string]access
}

func newGrants() grants {
	return grants{codes: map[string]code{}, byName: map[string]grant{}, access: map[string]access{}}
}

type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
	TokenType    string `json:"token_type"`
}

func oauthError(w http.ResponseWriter, status int, reason, description string) {
	writeJSON(w, status, map[string]string{"error": reason, "error_description": description})
}

// token exchanges a code or a refresh token.
func (s *Service) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		oauthError(w, http.StatusBadRequest, "invalid_request", "The body is no form.")
		return
	}
	client, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if name, password, ok := r.BasicAuth(); ok {
		client, secret = name, password
	}
	if client != s.config.ClientID || secret != s.config.ClientSecret {
		oauthError(w, http.StatusUnauthorized, "invalid_client", "The OAuth client was not found.")
		return
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		s.exchangeCode(w, r)
	case "refresh_token":
		s.exchangeRefresh(w, r)
	default:
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "Invalid grant_type: "+r.PostForm.Get("grant_type"))
	}
}

func (s *Service) exchangeCode(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := r.PostForm.Get("code")
	c, found := s.grants.codes[name]
	delete(s.grants.codes, name) // good once, whatever comes of it
	switch {
	case !found || s.now().After(c.expires):
		oauthError(w, http.StatusBadRequest, "invalid_grant", "Malformed auth code.")
		return
	case r.PostForm.Get("redirect_uri") != c.ask.Redirect:
		oauthError(w, http.StatusBadRequest, "redirect_uri_mismatch", "Bad Request")
		return
	case !c.verified(r.PostForm.Get("code_verifier")):
		oauthError(w, http.StatusBadRequest, "invalid_grant", "Invalid code verifier.")
		return
	}
	g := grant{User: c.user, Scopes: c.scopes}
	// A refresh token is given for offline access, and after the first time only where consent was asked for again.
	if c.ask.Offline && (c.ask.Prompt || !s.grantedBefore(c.user)) {
		g.Refresh = newID("1//0")
		if err := s.keep(entry{At: s.now().UTC(), Grant: &g}); err != nil {
			newError(http.StatusInternalServerError, err.Error()).write(w)
			return
		}
	}
	s.answerToken(w, g, g.Refresh)
}

func (s *Service) grantedBefore(email string) bool {
	for _, g := range s.grants.byName {
		if g.User == email {
			return true
		}
	}
	return false
}

func (s *Service) exchangeRefresh(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, found := s.grants.byName[r.PostForm.Get("refresh_token")]
	if !found {
		oauthError(w, http.StatusBadRequest, "invalid_grant", "Token has been expired or revoked.")
		return
	}
	s.answerToken(w, g, "")
}

// answerToken makes an access token. The caller holds mu.
func (s *Service) answerToken(w http.ResponseWriter, g grant, refresh string) {
	now := s.now()
	for name, a := range s.grants.access {
		if now.After(a.expires) {
			delete(s.grants.access, name)
		}
	}
	name := newID("ya29.")
	s.grants.access[name] = access{g.User, g.Scopes, g.Refresh, now.Add(accessLife)}
	writeJSON(w, http.StatusOK, tokenAnswer{name, int(accessLife/time.Second) - 1, refresh, strings.Join(g.Scopes, " "), "Bearer"})
}

// revoke ends a grant with everything that hangs on it.
func (s *Service) revoke(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	name := r.FormValue("token")
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, found := s.grants.access[name]; found && a.refresh != "" {
		name = a.refresh
	}
	if _, found := s.grants.byName[name]; !found {
		oauthError(w, http.StatusBadRequest, "invalid_token", "Token expired or revoked")
		return
	}
	if err := s.keep(entry{At: s.now().UTC(), Revoked: name}); err != nil {
		newError(http.StatusInternalServerError, err.Error()).write(w)
		return
	}
	writeJSON(w, http.StatusOK, struct{}{})
}

func (g *grants) end(refresh string) {
	delete(g.byName, refresh)
	for name, a := range g.access {
		if a.refresh == refresh {
			delete(g.access, name)
		}
	}
}

// caller finds out who asks. The caller of it holds mu.
func (s *Service) caller(r *http.Request, scope string) (access, *apiError) {
	name, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a, found := s.grants.access[name]
	if !ok || !found || s.now().After(a.expires) {
		return access{}, newError(http.StatusUnauthorized, "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
			errorInfo("ACCESS_TOKEN_TYPE_UNSUPPORTED", "googleapis.com"))
	}
	if !slices.Contains(a.scopes, scope) {
		return access{}, newError(http.StatusForbidden, "Request had insufficient authentication scopes.", errorInfo("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "googleapis.com"))
	}
	return a, nil
}
