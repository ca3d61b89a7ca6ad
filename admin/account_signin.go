package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"noctra/admin/internal/accounts"
)

// What a sign-in still needs.
const (
	stepDone         = "done"
	stepSecondFactor = "second_factor"
)

// deviceLife is how long a browser keeps the cookie that says that it was here before.
const deviceLife = 180 * 24 * time.Hour

// SignInView is how far a sign-in is.
type SignInView struct {
	Next     string `json:"next" enum:"done,second_factor" doc:"done: the cookie is set. second_factor: send a code with the ceremony." example:"second_factor"`
	Ceremony string `json:"ceremony,omitempty" doc:"Secret of this sign-in, good for ten minutes." example:"k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1pTqXoVyI4BnM"`
}

type signInOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      SignInView
}

type signInInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254" example:"mara@acme.example"`
		Password string `json:"password" maxLength:"1024" example:"a few words in a row"`
	}
}

type secondFactorInput struct {
	Body struct {
		Ceremony     string `json:"ceremony" maxLength:"64" doc:"From the first step." example:"k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1pTqXoVyI4BnM"`
		Code         string `json:"code,omitempty" maxLength:"16" example:"492039" doc:"From the authenticator app."`
		RecoveryCode string `json:"recovery_code,omitempty" maxLength:"40" example:"ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ" doc:"Instead of a code."`
	}
}

func (s *Service) deviceCookieName() string {
	if s.secure() {
		return "__Host-noctra_device"
	}
	return strings.Replace(s.cookieName(), "session", "device", 1)
}

// cookies are those of somebody who has come in.
func (s *Service) cookies(e accounts.Entered) []http.Cookie {
	var all []http.Cookie
	if e.Session != "" {
		all = append(all, *s.cookie(e.Session))
	}
	return append(all, s.deviceCookies(e.Device)...)
}

func (s *Service) deviceCookies(secret string) []http.Cookie {
	if secret == "" {
		return nil
	}
	c := *s.cookie(secret)
	c.Name, c.MaxAge = s.deviceCookieName(), int(deviceLife/time.Second)
	return []http.Cookie{c}
}

// entered answers a sign-in and counts it.
func (s *Service) entered(way string, e accounts.Entered, err error) (*signInOutput, error) {
	result := way
	if err != nil {
		result = way + "_refused"
	} else if e.Ceremony != "" {
		result = way + "_second_factor"
	}
	s.metrics.signIns.WithLabelValues(result).Inc()
	if err != nil {
		return nil, err
	}
	out := &signInOutput{SetCookie: s.cookies(e), Body: SignInView{Next: stepDone}}
	if e.Ceremony != "" {
		out.Body = SignInView{Next: stepSecondFactor, Ceremony: e.Ceremony}
	}
	return out, nil
}

func (s *Service) signInByPassword(ctx context.Context, in *signInInput) (*signInOutput, error) {
	email := strings.TrimSpace(in.Body.Email)
	e, err := s.people.accounts.SignIn(ctx, callerOf(ctx).visit, email, in.Body.Password)
	return s.entered("password", e, err)
}

func (s *Service) signInBySecondFactor(ctx context.Context, in *secondFactorInput) (*signInOutput, error) {
	p := accounts.Proof{Code: in.Body.Code, RecoveryCode: in.Body.RecoveryCode}
	e, err := s.people.accounts.SecondFactor(ctx, callerOf(ctx).visit, in.Body.Ceremony, p)
	return s.entered("second_factor", e, err)
}
