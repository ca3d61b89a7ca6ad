package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

const (
	setUpLife  = 7 * 24 * time.Hour
	setUpRenew = 24 * time.Hour // a link that ends sooner is replaced
	mostForm   = 64 << 10       // bytes of the form
)

// firstRun is the content of the first-run file.
type firstRun struct {
	SetUpURL string `json:"setup_url"`
}

// ensureSetUp keeps a link for the first account in its file while there is no account outside the
// demo, and removes the file when there is one.
func (s *Service) ensureSetUp(ctx context.Context) error {
	if s.config.FirstRunFile == "" {
		return nil
	}
	owners, err := s.store.CountOwners(ctx)
	if err != nil {
		return fmt.Errorf("count owners: %w", err)
	}
	if owners > 0 || s.config.DemoFile != "" {
		return removeFile(s.config.FirstRunFile)
	}
	var before firstRun
	if _, err := readSecretFile(s.config.FirstRunFile, &before); err != nil {
		return err
	}
	secret := tokenOf(before.SetUpURL)
	outcome, err := s.setUpLink(ctx, s.store, secret, s.now().Add(setUpRenew))
	if err != nil {
		return err
	}
	if outcome != linkGood {
		if secret, err = s.newSetUpLink(ctx); err != nil || secret == "" {
			return err
		}
	}
	if after := (firstRun{s.config.link("/set-up", secret)}); after != before {
		if err := writeSecretFile(s.config.FirstRunFile, after); err != nil {
			return err
		}
		s.log.Info("a link for the first account was written", "file", s.config.FirstRunFile)
	}
	return nil
}

// newSetUpLink replaces all unused links for the first account. The secret is empty when somebody
// was faster and there is an account now.
func (s *Service) newSetUpLink(ctx context.Context) (secret string, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q, now := s.store.WithTx(tx), s.now()
		if err := q.LockBootstrap(ctx); err != nil {
			return err
		}
		if owners, err := q.CountOwners(ctx); err != nil || owners > 0 {
			return err
		}
		if err := q.DropLinksFor(ctx, purposeSetUp); err != nil {
			return err
		}
		secret = token.New("")
		return q.AddLink(ctx, store.AddLinkParams{TokenHash: token.Hash(secret), Purpose: purposeSetUp, CreatedAt: now, ExpiresAt: now.Add(setUpLife)})
	})
	if err != nil {
		return "", fmt.Errorf("make link for the first account: %w", err)
	}
	return secret, nil
}

// setUpLink says whether secret opens the set-up at a moment. In a transaction it holds the link.
func (s *Service) setUpLink(ctx context.Context, q *store.Queries, secret string, at time.Time) (string, error) {
	if !token.Looks(secret, "") {
		return linkInvalid, nil
	}
	found, err := q.LinkForUse(ctx, token.Hash(secret))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return linkInvalid, nil
	case err != nil:
		return "", fmt.Errorf("look up set-up link: %w", err)
	case found.Purpose != purposeSetUp:
		return linkInvalid, nil
	case found.UsedAt != nil:
		return linkUsed, nil
	case !found.ExpiresAt.After(at):
		return linkExpired, nil
	}
	return linkGood, nil
}

// showSetUp answers GET /set-up.
func (s *Service) showSetUp(w http.ResponseWriter, r *http.Request) {
	secret := r.URL.Query().Get("token")
	if s.secure() {
		s.showOpenLink(w, r, secret)
		return
	}
	s.writeForm(w, r, secret)
}

// writeForm shows the empty form to who has the link.
func (s *Service) writeForm(w http.ResponseWriter, r *http.Request, secret string) {
	outcome, err := s.setUpLink(r.Context(), s.store, secret, s.now())
	if err != nil {
		s.writeProblem(w, s.refused(r.Context(), err))
		return
	}
	if outcome != linkGood {
		s.writeSorry(w, outcome)
		return
	}
	s.writePage(w, http.StatusOK, setUpPage{Title: "Set up", Form: formOf(secret, setUpValues{"currency": "EUR"}, nil)})
}

func (s *Service) writeSorry(w http.ResponseWriter, outcome string) {
	sorry := setUpSorry{"This link is not known", "It may be cut off. The whole link stands where Noctra was started."}
	switch outcome {
	case linkUsed:
		sorry = setUpSorry{"Noctra is set up already", "This link was used. Sign in with the link of your account."}
	case linkExpired:
		sorry = setUpSorry{"This link has expired", "A new one is written where Noctra was started."}
	}
	s.writePage(w, http.StatusForbidden, setUpPage{Title: "Set up", Sorry: &sorry})
}

// setUpValues are the fields of the form as they were sent.
type setUpValues map[string]string

// takeSetUp answers POST /set-up: everything is made, or nothing.
func (s *Service) takeSetUp(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	if err := r.ParseForm(); err != nil {
		s.writeProblem(w, s.refused(r.Context(), refuse(malformed, "The form did not arrive as a whole.")))
		return
	}
	values := setUpValues{}
	for name := range r.PostForm {
		values[name] = strings.TrimSpace(r.PostForm.Get(name))
	}
	if len(values) == 1 && values["token"] != "" { // the page of a link sends it
		s.writeForm(w, r, values["token"])
		return
	}
	maker := &setUpMaker{s: s, values: values, visit: s.visitOf(r)}
	err := pgx.BeginFunc(r.Context(), s.pool, func(tx pgx.Tx) error {
		maker.q = s.store.WithTx(tx)
		return maker.run(r.Context())
	})
	switch {
	case err != nil:
		s.writeProblem(w, s.refused(r.Context(), err))
	case maker.outcome != linkGood:
		s.writeSorry(w, maker.outcome)
	case len(maker.problems) > 0:
		s.writePage(w, http.StatusUnprocessableEntity, setUpPage{Title: "Set up", Form: formOf(values["token"], values, maker.problems)})
	default:
		if err := removeFile(s.config.FirstRunFile); err != nil {
			s.log.Warn("first-run file not removed", "error", err.Error()) // tidy tries again
		}
		s.log.Info("the first account was made")
		http.SetCookie(w, s.cookie(maker.session))
		s.writePage(w, http.StatusOK, setUpPage{Title: "Ready", Done: &maker.done})
	}
}
