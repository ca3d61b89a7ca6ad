package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// Purposes of links, as Postgres has them.
const (
	purposeSignIn = "sign_in"
	purposeSetUp  = "set_up"
)

// Results of using a link; the pages know them by these names.
const (
	linkGood    = "ok"
	linkUsed    = "used"
	linkExpired = "expired"
	linkInvalid = "invalid"
)

func (s *Service) secure() bool { return s.config.publicURL().Scheme == "https" }

// cookieName is what the session's cookie is called. Browsers take __Host- cookies over https
// alone, and only without a domain, so that no neighbour can plant one. Cookies do not tell ports
// apart, so over http the name does: two products on one machine do not sign each other out.
func (s *Service) cookieName() string {
	u := s.config.publicURL()
	switch {
	case s.secure():
		return "__Host-noctra"
	case u.Port() != "":
		return "noctra_session_" + u.Port()
	}
	return "noctra_session"
}

func (s *Service) cookie(secret string) *http.Cookie {
	return &http.Cookie{
		Name: s.cookieName(), Value: secret, Path: "/", MaxAge: int(s.config.SessionMax / time.Second),
		HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteLaxMode,
	}
}

// signIn takes a link by GET. Over https that is the demo's alone: others show a page that posts them.
func (s *Service) signIn(w http.ResponseWriter, r *http.Request) {
	noStore(w)
	if r.Method == http.MethodHead { // somebody who looks must not use the link up
		return
	}
	link := r.URL.Query().Get("token")
	if s.secure() {
		byGet, err := s.opensByGet(r.Context(), link)
		if err != nil {
			s.writeProblem(w, s.refused(r.Context(), err))
			return
		}
		if !byGet {
			s.showOpenLink(w, r, link)
			return
		}
	}
	s.enter(w, r, link)
}

// takeSignIn answers POST /sign-in, which the page of a link sends.
func (s *Service) takeSignIn(w http.ResponseWriter, r *http.Request) {
	noStore(w)
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	if err := r.ParseForm(); err != nil {
		s.writeProblem(w, s.refused(r.Context(), refuse(malformed, "The form did not arrive as a whole.")))
		return
	}
	s.enter(w, r, r.PostForm.Get("token"))
}

// enter uses a link, opens a session and sends the browser to the dashboard.
func (s *Service) enter(w http.ResponseWriter, r *http.Request, link string) {
	secret, outcome, err := s.useLink(r.Context(), link, s.visitOf(r))
	if err != nil {
		s.writeProblem(w, s.refused(r.Context(), err))
		return
	}
	s.metrics.signIns.WithLabelValues(outcome).Inc()
	if outcome != linkGood {
		http.Redirect(w, r, "/?sign_in="+outcome, http.StatusSeeOther)
		return
	}
	http.SetCookie(w, s.cookie(secret))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// useLink uses a sign-in link and returns the secret of a new session. The session that the browser
// had before ends.
func (s *Service) useLink(ctx context.Context, link string, from accounts.Visit) (secret, outcome string, err error) {
	if !token.Looks(link, "") {
		return "", linkInvalid, nil
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q, now, hash := s.store.WithTx(tx), s.now(), token.Hash(link)
		found, err := q.LinkForUse(ctx, hash)
		if errors.Is(err, pgx.ErrNoRows) {
			outcome = linkInvalid
			return nil
		}
		if err != nil {
			return fmt.Errorf("look up link: %w", err)
		}
		outcome = judge(linkFacts{found.Purpose, found.AccountID, found.ExpiresAt, found.UsedAt, found.Reusable}, now)
		if outcome != linkGood {
			return nil
		}
		if err := q.UseLink(ctx, store.UseLinkParams{TokenHash: hash, Now: now}); err != nil {
			return fmt.Errorf("note use of link: %w", err)
		}
		secret, err = s.people.accounts.EnterByLink(ctx, q, *found.AccountID, from)
		return err
	})
	return secret, outcome, err
}

// linkFacts is what decides whether a link may be used.
type linkFacts struct {
	purpose  string
	account  *int64
	expires  time.Time
	used     *time.Time
	reusable bool
}

func judge(l linkFacts, now time.Time) string {
	switch {
	case l.purpose != purposeSignIn || l.account == nil:
		return linkInvalid
	case l.used != nil && !l.reusable:
		return linkUsed
	case !l.expires.After(now):
		return linkExpired
	}
	return linkGood
}

// linkLife is how long a printed sign-in link is good.
const linkLife = time.Hour

// SignInLink makes a link that signs the account with that e-mail address in, once, within an hour.
// It is for a command on the machine: whoever can read the database's password may sign in.
func SignInLink(ctx context.Context, config Config, email string) (string, error) {
	if err := config.Validate(); err != nil {
		return "", err
	}
	pool, err := config.Postgres.Open(ctx)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	secret := token.New("")
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		q, now := store.New(tx), time.Now()
		account, err := q.AccountByEmail(ctx, strings.TrimSpace(email))
		if errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("there is no account %q", email)
		}
		if err != nil {
			return err
		}
		err = q.AddLink(ctx, store.AddLinkParams{TokenHash: token.Hash(secret), AccountID: &account.ID, Purpose: purposeSignIn, CreatedAt: now, ExpiresAt: now.Add(linkLife)})
		if err != nil {
			return err
		}
		return noteCommand(ctx, q, audit.Entry{Action: "sign_in_link.made", Details: map[string]any{"account_id": account.ID}})
	})
	if err != nil {
		return "", fmt.Errorf("make sign-in link: %w", err)
	}
	return config.link("/sign-in", secret), nil
}
