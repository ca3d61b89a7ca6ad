package accounts

import (
	"errors"
	"time"

	"noctra/admin/internal/password"
)

// Kind is why something was refused; it is the code of the public answer.
type Kind string

// Kinds of refusals.
const (
	Invalid          Kind = "invalid_request"
	WrongCredentials Kind = "wrong_credentials"
	WrongPassword    Kind = "wrong_password"
	WrongCode        Kind = "wrong_code"
	ProofNeeded      Kind = "proof_needed"
	LinkInvalid      Kind = "link_invalid"
	LinkUsed         Kind = "link_used"
	LinkExpired      Kind = "link_expired"
	CeremonyOver     Kind = "ceremony_over"
	TooMany          Kind = "too_many_attempts"
	Conflict         Kind = "conflict"
	LastOwner        Kind = "last_owner"
	NotFound         Kind = "not_found"
	SignUpClosed     Kind = "sign_up_closed"
	MailOff          Kind = "mail_unavailable"
	SecretsOff       Kind = "secrets_unavailable"
	PasskeysOff      Kind = "passkeys_unavailable"
	Busy             Kind = "busy"
)

// Field is one thing that is wrong with what was sent.
type Field struct{ Path, Message string }

// Refusal is an answer that is not what was asked for. It has no secrets in it.
type Refusal struct {
	Kind   Kind
	Detail string // one sentence for people
	Fields []Field
	Wait   time.Duration
}

// Error implements error.
func (r *Refusal) Error() string { return string(r.Kind) + ": " + r.Detail }

func refuse(k Kind, detail string) *Refusal { return &Refusal{Kind: k, Detail: detail} }

// wrong is a refusal because of one field.
func wrong(k Kind, path, detail string) *Refusal {
	return &Refusal{Kind: k, Detail: detail, Fields: []Field{{path, detail}}}
}

// hashing translates errors of the hasher.
func hashing(err error) error {
	if errors.Is(err, password.ErrBusy) {
		return &Refusal{Kind: Busy, Detail: "Too many people sign in at this moment; try again in a few seconds.", Wait: 2 * time.Second}
	}
	return err
}
