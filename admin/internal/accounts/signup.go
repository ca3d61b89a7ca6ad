package accounts

import (
	"context"
	"fmt"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/mailer"
	"noctra/admin/internal/password"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// Kinds of mail that is written when it is sent; see write.go.
const (
	mailSignUp = "sign_up"
	mailReset  = "reset_password"
)

// SignUpForm is what a person gives. Name and address are of the right form already.
type SignUpForm struct{ Name, Email, Password string }

// SignUp begins an account. It says nothing about whether there is one, and does the same work.
func (s *Service) SignUp(ctx context.Context, v Visit, f SignUpForm) error {
	if s.config.Closed {
		return refuse(SignUpClosed, "Nobody can sign up here; ask whoever runs this Noctra.")
	}
	if s.deps.Orders == nil {
		return refuse(MailOff, "This Noctra sends no mail, so nobody can sign up; ask whoever runs it.")
	}
	if why := password.Refuse(f.Password, password.Own(f.Name, f.Email)...); why != "" {
		return wrong(Invalid, "password", why)
	}
	if err := s.attempt(ctx, ofClient("sign-up", v, freeSignUps), ofEmail("sign-up", f.Email, freeMails)); err != nil {
		return err
	}
	hash, err := s.deps.Hasher.Hash(ctx, f.Password)
	if err != nil {
		return hashing(err)
	}
	return s.transact(ctx, func(q *store.Queries) error {
		now := s.now()
		id, err := q.AddSignUp(ctx, store.AddSignUpParams{Email: f.Email, Name: f.Name, PasswordHash: hash, CreatedAt: now, ExpiresAt: now.Add(signUpLife)})
		if err != nil {
			return fmt.Errorf("add sign-up: %w", err)
		}
		_, err = s.deps.Orders.Add(ctx, q, mailer.Order{Kind: mailSignUp, To: f.Email, Subject: id})
		return err
	})
}

// VerifyEmail turns a sign-up into an account with a workspace of its own, and signs in. Whoever has
// the mail needs the password too: nobody confirms by a click what a stranger began in their name.
func (s *Service) VerifyEmail(ctx context.Context, v Visit, secret, plain string) (Entered, error) {
	if !token.Looks(secret, "") {
		return Entered{}, refuse(LinkInvalid, "This link is not known.")
	}
	hash := token.Hash(secret)
	found, err := s.q.SignUpByToken(ctx, hash)
	if none(err) {
		return Entered{}, refuse(LinkInvalid, "This link is not known.")
	}
	if err != nil {
		return Entered{}, fmt.Errorf("look up sign-up: %w", err)
	}
	own := ofToken("verification", hash)
	if err := s.attempt(ctx, own); err != nil {
		return Entered{}, err
	}
	fits, _, err := s.deps.Hasher.Check(ctx, found.PasswordHash, plain)
	if err != nil {
		return Entered{}, hashing(err)
	}
	if !fits {
		return Entered{}, wrong(WrongPassword, "password", "This is not the password with which you signed up.")
	}
	var entered Entered
	err = s.transact(ctx, func(q *store.Queries) error {
		entered, err = s.makeAccount(ctx, q, v, hash)
		if err != nil {
			return err
		}
		return s.succeeded(ctx, q, own)
	})
	return entered, err
}

func (s *Service) makeAccount(ctx context.Context, q *store.Queries, v Visit, hash []byte) (Entered, error) {
	now := s.now()
	found, err := q.SignUpForUse(ctx, hash)
	if err != nil {
		return Entered{}, fmt.Errorf("look up sign-up: %w", err)
	}
	if err := judge(found.ExpiresAt, found.UsedAt, now); err != nil {
		return Entered{}, err
	}
	if err := q.UseSignUps(ctx, store.UseSignUpsParams{Email: found.Email, Now: &now}); err != nil {
		return Entered{}, fmt.Errorf("use sign-up: %w", err)
	}
	account, err := q.AddPerson(ctx, store.AddPersonParams{Email: found.Email, Name: found.Name, PasswordHash: &found.PasswordHash, Now: &now})
	if none(err) {
		return Entered{}, refuse(LinkUsed, "This address has an account already; sign in.")
	}
	if err != nil {
		return Entered{}, fmt.Errorf("add account: %w", err)
	}
	workspace, err := q.AddWorkspace(ctx, store.AddWorkspaceParams{Name: workspaceName(found.Name), CreatedAt: now})
	if err != nil {
		return Entered{}, fmt.Errorf("add workspace: %w", err)
	}
	err = q.AddMember(ctx, store.AddMemberParams{WorkspaceID: workspace, AccountID: account, Role: "owner", CreatedAt: now})
	if err != nil {
		return Entered{}, fmt.Errorf("add member: %w", err)
	}
	made := audit.Entry{Workspace: workspace, Account: account, Action: "workspace.created", Address: v.Address} // its name is the person's
	if err := audit.Add(ctx, q, now, made); err != nil {
		return Entered{}, err
	}
	if err := s.note(ctx, q, entry{account: account, action: "account.created", visit: v}); err != nil {
		return Entered{}, err
	}
	return s.enter(ctx, q, arrival{person: person{account, found.Email, found.Name}, visit: v, method: byPassword, first: true})
}

// workspaceName is what the workspace of a new account is called, until its owner changes it.
func workspaceName(person string) string {
	const ending, most = "’s workspace", 100
	name := []rune(person)
	return string(name[:min(len(name), most-len([]rune(ending)))]) + ending
}
