package admin

import (
	"context"

	"noctra/admin/internal/accounts"
)

type changePasswordInput struct {
	Body struct {
		Password    string `json:"password,omitempty" maxLength:"1024" doc:"The one in use; not needed where there is none yet and the sign-in is fresh." example:"a few words in a row"`
		NewPassword string `json:"new_password" maxLength:"1024" doc:"12 to 128 characters, and on no list of common passwords." example:"a few other words"`
	}
}

type changeEmailInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254" example:"mara@new.example"`
		Password string `json:"password,omitempty" maxLength:"1024" example:"a few words in a row"`
	}
}

type tokenInput struct {
	Body struct {
		Token string `json:"token" maxLength:"64" doc:"From the link, behind #token=." example:"k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1pTqXoVyI4BnM"`
	}
}

type proofInput struct {
	Body struct {
		Password string `json:"password,omitempty" maxLength:"1024" doc:"Not needed where the account has none and the sign-in is fresh." example:"a few words in a row"`
	}
}

type codeInput struct {
	Body struct {
		Code string `json:"code" maxLength:"16" example:"492039"`
	}
}

type removeTOTPInput struct {
	Body struct {
		Password     string `json:"password,omitempty" maxLength:"1024" example:"a few words in a row"`
		Code         string `json:"code,omitempty" maxLength:"16" example:"492039"`
		RecoveryCode string `json:"recovery_code,omitempty" maxLength:"40" doc:"Instead of a code." example:"ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ"`
	}
}

type seedOutput struct {
	Body struct {
		Secret string `json:"secret" doc:"To type into the app." example:"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"`
		URI    string `json:"uri" doc:"For a QR code." example:"otpauth://totp/Noctra:mara@acme.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Noctra"`
	}
}

type codesOutput struct {
	Body struct {
		RecoveryCodes []string `json:"recovery_codes" doc:"Each is good once. They are shown this once." example:"[\"ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ\"]"`
	}
}

func (s *Service) changePassword(ctx context.Context, in *changePasswordInput) (*newSession, error) {
	secret, err := s.people.accounts.ChangePassword(ctx, callerOf(ctx).person(), in.Body.Password, in.Body.NewPassword)
	if err != nil {
		return nil, err
	}
	return &newSession{SetCookie: *s.cookie(secret)}, nil
}

func (s *Service) changeEmail(ctx context.Context, in *changeEmailInput) (*mailedOutput, error) {
	email, err := emailOf(in.Body.Email)
	if err != nil {
		return nil, err
	}
	if err := s.people.accounts.ChangeEmail(ctx, callerOf(ctx).person(), email, in.Body.Password); err != nil {
		return nil, err
	}
	return mailed(), nil
}

func (s *Service) confirmEmail(ctx context.Context, in *tokenInput) (*struct{}, error) {
	return nil, s.people.accounts.ConfirmEmail(ctx, callerOf(ctx).person(), in.Body.Token)
}

func (s *Service) keepEmail(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.people.accounts.KeepEmail(ctx, callerOf(ctx).person())
}

func (s *Service) beginTOTP(ctx context.Context, in *proofInput) (*seedOutput, error) {
	seed, err := s.people.accounts.BeginTOTP(ctx, callerOf(ctx).person(), in.Body.Password)
	out := &seedOutput{}
	out.Body.Secret, out.Body.URI = seed.Secret, seed.URI
	return out, err
}

func (s *Service) confirmTOTP(ctx context.Context, in *codeInput) (*codesOutput, error) {
	codes, err := s.people.accounts.ConfirmTOTP(ctx, callerOf(ctx).person(), in.Body.Code)
	out := &codesOutput{}
	out.Body.RecoveryCodes = codes
	return out, err
}

func (s *Service) removeTOTP(ctx context.Context, in *removeTOTPInput) (*struct{}, error) {
	p := accounts.Proof{Code: in.Body.Code, RecoveryCode: in.Body.RecoveryCode}
	return nil, s.people.accounts.RemoveTOTP(ctx, callerOf(ctx).person(), in.Body.Password, p)
}

func (s *Service) newRecoveryCodes(ctx context.Context, in *proofInput) (*codesOutput, error) {
	codes, err := s.people.accounts.NewRecoveryCodes(ctx, callerOf(ctx).person(), in.Body.Password)
	out := &codesOutput{}
	out.Body.RecoveryCodes = codes
	return out, err
}
