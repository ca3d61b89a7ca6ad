package admin

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"noctra/admin/internal/accounts"
)

// PasskeyView is a passkey as lists show it.
type PasskeyView struct {
	ID         string     `json:"id" example:"3"`
	Name       string     `json:"name" example:"Laptop"`
	CreatedAt  time.Time  `json:"created_at" example:"2026-03-01T09:30:00Z"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" example:"2026-03-02T08:00:00Z"`
}

type passkeysOutput struct {
	Body struct {
		Passkeys []PasskeyView `json:"passkeys"`
	}
}

type passkeyInput struct {
	PasskeyID int64 `path:"passkey_id" example:"3"`
	freshProofInput
}

type ceremonyOutput struct {
	Body struct {
		Ceremony string `json:"ceremony" doc:"Secret of this ceremony, good for ten minutes; send it back with the authenticator's answer." example:"k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1pTqXoVyI4BnM"`
		Options  any    `json:"options" doc:"For PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON."`
	}
}

type addPasskeyInput struct {
	Body struct {
		Ceremony   string `json:"ceremony" maxLength:"64" example:"k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1pTqXoVyI4BnM"`
		Name       string `json:"name" maxLength:"400" example:"Laptop"`
		Credential any    `json:"credential" doc:"PublicKeyCredential.toJSON() of what navigator.credentials.create returned."`
	}
}

type passkeySignInInput struct {
	Body struct {
		Ceremony   string `json:"ceremony" maxLength:"64" example:"k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1pTqXoVyI4BnM"`
		Credential any    `json:"credential" doc:"PublicKeyCredential.toJSON() of what navigator.credentials.get returned."`
	}
}

func ceremony(step accounts.Step, err error) (*ceremonyOutput, error) {
	out := &ceremonyOutput{}
	out.Body.Ceremony, out.Body.Options = step.Ceremony, step.Options
	return out, err
}

func (s *Service) beginPasskey(ctx context.Context, in *proofInput) (*ceremonyOutput, error) {
	return ceremony(s.people.accounts.BeginPasskey(ctx, callerOf(ctx).person(), in.Body.Password))
}

func (s *Service) beginPasskeySignIn(ctx context.Context, _ *struct{}) (*ceremonyOutput, error) {
	return ceremony(s.people.accounts.BeginPasskeySignIn(ctx, callerOf(ctx).visit))
}

func (s *Service) addPasskey(ctx context.Context, in *addPasskeyInput) (*struct{}, error) {
	name := strings.TrimSpace(in.Body.Name)
	if why := checkName(name); why != "" {
		return nil, &fault{kind: invalidRequest, detail: why, problems: []FieldProblem{{"name", why}}}
	}
	raw, err := json.Marshal(in.Body.Credential)
	if err != nil {
		return nil, err
	}
	return nil, s.people.accounts.AddPasskey(ctx, callerOf(ctx).person(), accounts.NewPasskey{Ceremony: in.Body.Ceremony, Name: name, Response: raw})
}

func (s *Service) signInByPasskey(ctx context.Context, in *passkeySignInInput) (*signInOutput, error) {
	raw, err := json.Marshal(in.Body.Credential)
	if err != nil {
		return nil, err
	}
	e, err := s.people.accounts.PasskeySignIn(ctx, callerOf(ctx).visit, in.Body.Ceremony, raw)
	return s.entered("passkey", e, err)
}

func (s *Service) listPasskeys(ctx context.Context, _ *struct{}) (*passkeysOutput, error) {
	keys, err := s.people.accounts.Passkeys(ctx, callerOf(ctx).person())
	if err != nil {
		return nil, err
	}
	out := &passkeysOutput{}
	out.Body.Passkeys = make([]PasskeyView, len(keys))
	for i, k := range keys {
		out.Body.Passkeys[i] = PasskeyView{ID: strconv.FormatInt(k.ID, 10), Name: k.Name, CreatedAt: k.CreatedAt.UTC(), LastUsedAt: k.LastUsedAt}
	}
	return out, nil
}

func (s *Service) removePasskey(ctx context.Context, in *passkeyInput) (*struct{}, error) {
	return nil, s.people.accounts.RemovePasskey(ctx, callerOf(ctx).person(), in.PasskeyID, in.Body.Password)
}
