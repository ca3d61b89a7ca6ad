package admin

import (
	"context"
	"net/http"
	"strings"

	"noctra/admin/internal/accounts"
)

// MailedView says that mail is under way. It is the same for every address.
type MailedView struct {
	Message string `json:"message" example:"If the address is right, mail is on its way."`
}

type mailedOutput struct{ Body MailedView }

func mailed() *mailedOutput {
	return &mailedOutput{Body: MailedView{Message: "If the address is right, mail is on its way."}}
}

type signUpInput struct {
	Body struct {
		Name     string `json:"name" maxLength:"400" example:"Mara Lindqvist"`
		Email    string `json:"email" maxLength:"254" example:"mara@acme.example"`
		Password string `json:"password" maxLength:"1024" doc:"12 to 128 characters, and on no list of common passwords." example:"a few words in a row"`
	}
}

type verifyEmailInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"64" doc:"From the link, behind #token=." example:"k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1pTqXoVyI4BnM"`
		Password string `json:"password" maxLength:"1024" doc:"The one given at sign-up." example:"a few words in a row"`
	}
}

type forgotPasswordInput struct {
	Body struct {
		Email string `json:"email" maxLength:"254" example:"mara@acme.example"`
	}
}

type resetPasswordInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"64" doc:"From the link, behind #token=." example:"k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1pTqXoVyI4BnM"`
		Password string `json:"password" maxLength:"1024" example:"a few other words"`
	}
}

// deviceOutput may set the cookie that says that a browser was here before.
type deviceOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

func (s *Service) signUp(ctx context.Context, in *signUpInput) (*mailedOutput, error) {
	form := accounts.SignUpForm{Name: strings.TrimSpace(in.Body.Name), Email: strings.TrimSpace(in.Body.Email), Password: in.Body.Password}
	var problems []FieldProblem
	if why := checkName(form.Name); why != "" {
		problems = append(problems, FieldProblem{"name", why})
	}
	if why := checkEmail(form.Email); why != "" {
		problems = append(problems, FieldProblem{"email", why})
	}
	if len(problems) > 0 {
		return nil, &fault{kind: invalidRequest, detail: "This is not as it has to be; errors says where.", problems: problems}
	}
	if err := s.people.accounts.SignUp(ctx, callerOf(ctx).visit, form); err != nil {
		return nil, err
	}
	return mailed(), nil
}

func (s *Service) verifyEmail(ctx context.Context, in *verifyEmailInput) (*signInOutput, error) {
	e, err := s.people.accounts.VerifyEmail(ctx, callerOf(ctx).visit, in.Body.Token, in.Body.Password)
	return s.entered("sign_up", e, err)
}

func (s *Service) forgotPassword(ctx context.Context, in *forgotPasswordInput) (*mailedOutput, error) {
	email, err := emailOf(in.Body.Email)
	if err != nil {
		return nil, err
	}
	if err := s.people.accounts.AskReset(ctx, callerOf(ctx).visit, email); err != nil {
		return nil, err
	}
	return mailed(), nil
}

func (s *Service) resetPassword(ctx context.Context, in *resetPasswordInput) (*deviceOutput, error) {
	device, err := s.people.accounts.ResetPassword(ctx, callerOf(ctx).visit, in.Body.Token, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return &deviceOutput{SetCookie: s.deviceCookies(device)}, nil
}

// emailOf takes an address as it was typed.
func emailOf(raw string) (string, error) {
	email := strings.TrimSpace(raw)
	if why := checkEmail(email); why != "" {
		return "", &fault{kind: invalidRequest, detail: why, problems: []FieldProblem{{"email", why}}}
	}
	return email, nil
}
