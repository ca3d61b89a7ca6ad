package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"noctra/admin/internal/store"
)

const mostPasskeys = 20

// relyingParty is nil where browsers allow no passkeys: they need https and a whole name, or localhost.
func relyingParty(u *url.URL) (*webauthn.WebAuthn, error) {
	host := u.Hostname()
	if host != "localhost" && (u.Scheme != "https" || net.ParseIP(host) != nil || !strings.Contains(host, ".")) {
		return nil, nil
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "Noctra", RPOrigins: []string{u.String()},
		AttestationPreference:  protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
		Timeouts: webauthn.TimeoutsConfig{
			Login:        webauthn.TimeoutConfig{Enforce: true, Timeout: ceremonyLife, TimeoutUVD: ceremonyLife},
			Registration: webauthn.TimeoutConfig{Enforce: true, Timeout: ceremonyLife, TimeoutUVD: ceremonyLife},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("prepare passkeys: %w", err)
	}
	return w, nil
}

// holder is an account as the WebAuthn library sees it.
type holder struct {
	person
	handle []byte
	keys   []webauthn.Credential
}

// WebAuthnID implements webauthn.User.
func (h *holder) WebAuthnID() []byte { return h.handle }

// WebAuthnName implements webauthn.User.
func (h *holder) WebAuthnName() string { return h.email }

// WebAuthnDisplayName implements webauthn.User.
func (h *holder) WebAuthnDisplayName() string { return h.name }

// WebAuthnCredentials implements webauthn.User.
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (s *Service) holder(ctx context.Context, q *store.Queries, account int64) (*holder, error) {
	row, err := q.Credentials(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("read account: %w", err)
	}
	h := &holder{person: person{row.ID, row.Email, row.Name}, handle: row.PasskeyHandle}
	keys, err := q.Passkeys(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	for _, k := range keys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Credential, &c); err != nil {
			return nil, fmt.Errorf("read passkey %d: %w", k.ID, err)
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

func (s *Service) passkeysOn() error {
	if s.webauthn == nil {
		return refuse(PasskeysOff, "Browsers allow passkeys over https and under a whole name alone, or on localhost.")
	}
	return nil
}

// Step is the first half of a ceremony with an authenticator.
type Step struct {
	Ceremony string // secret, for the second half
	Options  any    // for navigator.credentials.create or .get
}

// BeginPasskey begins to add a passkey.
func (s *Service) BeginPasskey(ctx context.Context, c Caller, plain string) (Step, error) {
	if err := s.passkeysOn(); err != nil {
		return Step{}, err
	}
	if _, err := s.prove(ctx, c, plain); err != nil {
		return Step{}, err
	}
	h, err := s.holder(ctx, s.q, c.Account)
	if err != nil {
		return Step{}, err
	}
	if len(h.keys) >= mostPasskeys {
		return Step{}, refuse(Conflict, fmt.Sprintf("An account has at most %d passkeys; remove one.", mostPasskeys))
	}
	options, session, err := s.webauthn.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return Step{}, fmt.Errorf("begin passkey: %w", err)
	}
	secret, err := s.begin(ctx, s.q, opened{passkeyRegistration, &c.Account, session})
	return Step{Ceremony: secret, Options: options.Response}, err
}

// NewPasskey is the second half of a registration.
type NewPasskey struct {
	Ceremony string
	Name     string
	Response []byte // of the authenticator, JSON
}

// AddPasskey ends what BeginPasskey began.
func (s *Service) AddPasskey(ctx context.Context, c Caller, n NewPasskey) error {
	if err := s.passkeysOn(); err != nil {
		return err
	}
	return s.transact(ctx, func(q *store.Queries) error {
		var session webauthn.SessionData
		account, err := s.end(ctx, q, ending{passkeyRegistration, n.Ceremony, &session})
		if err != nil {
			return err
		}
		if account != c.Account {
			return refuse(CeremonyOver, "This was begun by another account.")
		}
		h, err := s.holder(ctx, q, account)
		if err != nil {
			return err
		}
		key, err := s.register(h, session, n.Response)
		if err != nil {
			return err
		}
		raw, err := json.Marshal(key)
		if err != nil {
			return fmt.Errorf("add passkey: %w", err)
		}
		added, err := q.AddPasskey(ctx, store.AddPasskeyParams{AccountID: account, CredentialID: key.ID, Credential: raw, Name: n.Name, CreatedAt: s.now()})
		if err != nil {
			return fmt.Errorf("add passkey: %w", err)
		}
		if added == 0 {
			return refuse(Conflict, "This passkey is known already.")
		}
		return s.changed(ctx, q, c, change{template: "passkey_added", action: "passkey.added", values: map[string]string{"Passkey": n.Name}})
	})
}

// register checks what the authenticator answered.
func (s *Service) register(h *holder, session webauthn.SessionData, response []byte) (*webauthn.Credential, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, wrong(Invalid, "credential", "The authenticator's answer cannot be read.")
	}
	key, err := s.webauthn.CreateCredential(h, session, parsed)
	if err != nil {
		return nil, wrong(Invalid, "credential", "The authenticator's answer does not fit.")
	}
	return key, nil
}

// Passkeys lists the passkeys of an account.
func (s *Service) Passkeys(ctx context.Context, c Caller) ([]store.PasskeysRow, error) {
	keys, err := s.q.Passkeys(ctx, c.Account)
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	return keys, nil
}

// RemovePasskey removes one, for the password or soon after signing in.
func (s *Service) RemovePasskey(ctx context.Context, c Caller, id int64, plain string) error {
	if err := s.proveFresh(ctx, c, plain); err != nil {
		return err
	}
	return s.transact(ctx, func(q *store.Queries) error {
		name, err := q.DropPasskey(ctx, store.DropPasskeyParams{ID: id, AccountID: c.Account})
		if none(err) {
			return refuse(NotFound, "There is no such passkey.")
		}
		if err != nil {
			return fmt.Errorf("remove passkey: %w", err)
		}
		return s.changed(ctx, q, c, change{template: "passkey_removed", action: "passkey.removed", values: map[string]string{"Passkey": name}})
	})
}

// stamp is a pointer to a moment.
func stamp(t time.Time) *time.Time { return &t }
