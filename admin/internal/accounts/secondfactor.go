package accounts

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
	"noctra/admin/internal/totp"
	"noctra/internal/envelope"
)

// Proof is what stands for the second factor: a code of the app, or one of the recovery codes.
type Proof struct{ Code, RecoveryCode string }

// SecondFactor ends a sign-in that asked for one. A wrong code leaves it open for another try.
func (s *Service) SecondFactor(ctx context.Context, v Visit, ceremony string, p Proof) (Entered, error) {
	over := refuse(CeremonyOver, "This took too long, or was done already; sign in again.")
	if !token.Looks(ceremony, "") {
		return Entered{}, over
	}
	row, err := s.q.Ceremony(ctx, store.CeremonyParams{TokenHash: token.Hash(ceremony), Kind: secondFactor, Now: s.now()})
	if none(err) {
		return Entered{}, over
	}
	if err != nil {
		return Entered{}, fmt.Errorf("look up sign-in: %w", err)
	}
	account := *row.AccountID
	own, err := s.guesses(ctx, v, account, ofAccount("second factor", account))
	if err != nil {
		return Entered{}, err
	}
	if err := s.attempt(ctx, own); err != nil {
		return Entered{}, err
	}
	var entered Entered
	err = s.transact(ctx, func(q *store.Queries) error {
		if _, err := s.end(ctx, q, ending{secondFactor, ceremony, nil}); err != nil {
			return err
		}
		who, err := s.person(ctx, q, account)
		if err != nil {
			return err
		}
		method, err := s.spend(ctx, q, spender{who, v}, p)
		if err != nil {
			return err
		}
		if err := s.succeeded(ctx, q, own); err != nil {
			return err
		}
		entered, err = s.enter(ctx, q, arrival{person: who, visit: v, method: method})
		return err
	})
	var refused *Refusal
	if errors.As(err, &refused) && refused.Kind == WrongCode {
		if err := s.note(ctx, s.q, entry{account: account, action: "second_factor.refused", visit: v}); err != nil {
			return Entered{}, err
		}
	}
	return entered, err
}

// spender is who uses a code, and from where.
type spender struct {
	person
	visit Visit
}

// spend uses a code up, in the transaction q.
func (s *Service) spend(ctx context.Context, q *store.Queries, who spender, p Proof) (method string, err error) {
	if p.RecoveryCode != "" {
		return byRecoveryCode, s.spendRecoveryCode(ctx, q, who, p.RecoveryCode)
	}
	return byTOTP, s.spendCode(ctx, q, who.id, p.Code)
}

// spendCode takes a code of the app. Each is good once, also for two who send it at once.
func (s *Service) spendCode(ctx context.Context, q *store.Queries, account int64, code string) error {
	row, err := q.TOTP(ctx, account)
	if err != nil {
		return fmt.Errorf("read second factor: %w", err)
	}
	refused := wrong(WrongCode, "code", "This code is wrong, or was used already; wait for the next.")
	seed, err := s.unseal(row.Secret, account)
	if err != nil {
		return err
	}
	step, ok := totp.Check(seed, strings.ReplaceAll(code, " ", ""), s.now(), row.LastStep)
	if !ok {
		return refused
	}
	n, err := q.UseTOTPStep(ctx, store.UseTOTPStepParams{AccountID: account, Step: step})
	if err != nil {
		return fmt.Errorf("use code: %w", err)
	}
	if n == 0 {
		return refused
	}
	return nil
}

func (s *Service) spendRecoveryCode(ctx context.Context, q *store.Queries, who spender, code string) error {
	now := s.now()
	n, err := q.UseRecoveryCode(ctx, store.UseRecoveryCodeParams{AccountID: who.id, CodeHash: hashOfCode(code), Now: &now})
	if err != nil {
		return fmt.Errorf("use recovery code: %w", err)
	}
	if n == 0 {
		return wrong(WrongCode, "recovery_code", "This recovery code is wrong, or was used already.")
	}
	left, err := q.RecoveryCodesLeft(ctx, who.id)
	if err != nil {
		return fmt.Errorf("count recovery codes: %w", err)
	}
	if err := s.tell(ctx, q, who.person, notice{template: "recovery_code_used", visit: who.visit, values: map[string]string{"Left": strconv.FormatInt(left, 10)}}); err != nil {
		return err
	}
	return s.note(ctx, q, entry{account: who.id, action: "recovery_code.used", visit: who.visit, details: map[string]any{"left": left}, shared: true})
}

// person reads whom mail is for.
func (s *Service) person(ctx context.Context, q *store.Queries, account int64) (person, error) {
	row, err := q.Account(ctx, account)
	if err != nil {
		return person{}, fmt.Errorf("read account: %w", err)
	}
	return person{row.ID, row.Email, row.Name}, nil
}

// seedPlace is where a seed stands; see package envelope.
func seedPlace(account int64) string { return "totp.secret:" + strconv.FormatInt(account, 10) }

func (s *Service) unseal(sealed []byte, account int64) ([]byte, error) {
	if s.deps.Sealer == nil {
		return nil, refuse(SecretsOff, "Second factors cannot be read here: no file of master keys is set.")
	}
	seed, err := s.deps.Sealer.Unseal(sealed, seedPlace(account))
	if errors.Is(err, envelope.ErrNoKey) {
		return nil, refuse(SecretsOff, "The key of this second factor is missing; ask whoever runs this Noctra.")
	}
	return seed, err
}
