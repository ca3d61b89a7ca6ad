package accounts

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"

	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
	"noctra/admin/internal/totp"
)

const (
	recoveryCodes = 10
	codeBytes     = 16 // 128 bits: a plain SHA-256 cannot be turned back
)

// Seed is what an authenticator app needs; it is shown once.
type Seed struct {
	Secret string // to type
	URI    string // for a QR code
}

// BeginTOTP makes a seed. Nothing is asked for until ConfirmTOTP has seen a code.
func (s *Service) BeginTOTP(ctx context.Context, c Caller, plain string) (Seed, error) {
	if s.deps.Sealer == nil {
		return Seed{}, refuse(SecretsOff, "Two-step sign-in needs a file of master keys; ask whoever runs this Noctra.")
	}
	who, err := s.prove(ctx, c, plain)
	if err != nil {
		return Seed{}, err
	}
	seed := totp.NewSeed()
	sealed, err := s.deps.Sealer.Seal(seed, seedPlace(c.Account))
	if err != nil {
		return Seed{}, err
	}
	n, err := s.q.StartTOTP(ctx, store.StartTOTPParams{AccountID: c.Account, Secret: sealed, CreatedAt: s.now()})
	if err != nil {
		return Seed{}, fmt.Errorf("begin second factor: %w", err)
	}
	if n == 0 {
		return Seed{}, refuse(Conflict, "Two-step sign-in is on already; turn it off first.")
	}
	return Seed{Secret: totp.Text(seed), URI: totp.URI(seed, "Noctra", who.email)}, nil
}

// ConfirmTOTP turns the second factor on once the app's code is right, and returns recovery codes.
func (s *Service) ConfirmTOTP(ctx context.Context, c Caller, code string) ([]string, error) {
	if err := s.attempt(ctx, ofAccount("second factor set-up", c.Account)); err != nil {
		return nil, err
	}
	var codes []string
	err := s.transact(ctx, func(q *store.Queries) error {
		row, err := q.TOTP(ctx, c.Account)
		if none(err) || err == nil && row.ConfirmedAt == nil && s.now().Sub(row.CreatedAt) > seedLife {
			return refuse(CeremonyOver, "This took too long; begin again.")
		}
		if err != nil {
			return fmt.Errorf("read second factor: %w", err)
		}
		if row.ConfirmedAt != nil {
			return refuse(Conflict, "Two-step sign-in is on already.")
		}
		if err := s.spendCode(ctx, q, c.Account, code); err != nil {
			return err
		}
		now := s.now()
		if _, err := q.ConfirmTOTP(ctx, store.ConfirmTOTPParams{AccountID: c.Account, ConfirmedAt: &now}); err != nil {
			return fmt.Errorf("turn second factor on: %w", err)
		}
		if codes, err = s.makeCodes(ctx, q, c.Account); err != nil {
			return err
		}
		if err := s.succeeded(ctx, q, ofAccount("second factor set-up", c.Account)); err != nil {
			return err
		}
		return s.changed(ctx, q, c, change{template: "second_factor_on", action: "second_factor.on"})
	})
	return codes, err
}

// RemoveTOTP turns the second factor off. It takes the password and a code.
func (s *Service) RemoveTOTP(ctx context.Context, c Caller, plain string, p Proof) error {
	who, err := s.prove(ctx, c, plain)
	if err != nil {
		return err
	}
	own := ofAccount("second factor", c.Account)
	if err := s.attempt(ctx, own); err != nil {
		return err
	}
	return s.transact(ctx, func(q *store.Queries) error {
		row, err := q.TOTP(ctx, c.Account)
		if none(err) || err == nil && row.ConfirmedAt == nil {
			return refuse(Conflict, "Two-step sign-in is off already.")
		}
		if err != nil {
			return fmt.Errorf("read second factor: %w", err)
		}
		if _, err := s.spend(ctx, q, spender{who, c.Visit}, p); err != nil {
			return err
		}
		if err := dropTOTP(ctx, q, c.Account); err != nil {
			return err
		}
		if err := s.succeeded(ctx, q, own); err != nil {
			return err
		}
		return s.changed(ctx, q, c, change{template: "second_factor_off", action: "second_factor.off"})
	})
}

func dropTOTP(ctx context.Context, q *store.Queries, account int64) error {
	if _, err := q.DropTOTP(ctx, account); err != nil {
		return fmt.Errorf("turn second factor off: %w", err)
	}
	if err := q.DropRecoveryCodes(ctx, account); err != nil {
		return fmt.Errorf("drop recovery codes: %w", err)
	}
	return nil
}

// NewRecoveryCodes replaces the recovery codes.
func (s *Service) NewRecoveryCodes(ctx context.Context, c Caller, plain string) ([]string, error) {
	if _, err := s.prove(ctx, c, plain); err != nil {
		return nil, err
	}
	var codes []string
	err := s.transact(ctx, func(q *store.Queries) error {
		row, err := q.TOTP(ctx, c.Account)
		if none(err) || err == nil && row.ConfirmedAt == nil {
			return refuse(Conflict, "Recovery codes come with two-step sign-in, which is off.")
		}
		if err != nil {
			return fmt.Errorf("read second factor: %w", err)
		}
		if codes, err = s.makeCodes(ctx, q, c.Account); err != nil {
			return err
		}
		return s.changed(ctx, q, c, change{template: "recovery_codes_made", action: "recovery_codes.made"})
	})
	return codes, err
}

// makeCodes replaces the codes of an account. Only their hashes are kept.
func (s *Service) makeCodes(ctx context.Context, q *store.Queries, account int64) ([]string, error) {
	if err := q.DropRecoveryCodes(ctx, account); err != nil {
		return nil, fmt.Errorf("drop recovery codes: %w", err)
	}
	codes := make([]string, recoveryCodes)
	for i := range codes {
		raw := make([]byte, codeBytes)
		_, _ = rand.Read(raw) // never fails: the program ends instead
		codes[i] = grouped(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
		err := q.AddRecoveryCode(ctx, store.AddRecoveryCodeParams{AccountID: account, CodeHash: hashOfCode(codes[i]), CreatedAt: s.now()})
		if err != nil {
			return nil, fmt.Errorf("add recovery code: %w", err)
		}
	}
	return codes, nil
}

// grouped is a code as it is read and typed, four letters at a time.
func grouped(text string) string {
	var out strings.Builder
	for i, letter := range text {
		if i > 0 && i%4 == 0 {
			out.WriteByte('-')
		}
		out.WriteRune(letter)
	}
	return out.String()
}

// hashOfCode takes a code however it was typed.
func hashOfCode(code string) []byte {
	clean := strings.NewReplacer("-", "", " ", "", "0", "O", "1", "I", "8", "B").Replace(strings.ToUpper(code))
	return token.Hash(clean)
}

// Reseal puts all seeds under the current master key, and returns how many were not.
func Reseal(ctx context.Context, q *store.Queries, rewrap func(sealed []byte, place string) ([]byte, bool, error)) (int, error) {
	rows, err := q.SealedTOTP(ctx)
	if err != nil {
		return 0, fmt.Errorf("seal second factors again: %w", err)
	}
	n := 0
	for _, row := range rows {
		sealed, changed, err := rewrap(row.Secret, seedPlace(row.AccountID))
		if err == nil && changed {
			n++
			err = q.ResealTOTP(ctx, store.ResealTOTPParams{AccountID: row.AccountID, Secret: sealed})
		}
		if err != nil {
			return n, fmt.Errorf("seal second factors again: %w", err)
		}
	}
	return n, nil
}
