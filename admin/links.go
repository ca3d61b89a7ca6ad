package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/token"
)

// openPage asks whether a link is to be used: its secret stands behind the #, and a button posts it.
type openPage struct{ Heading, Text, Action, Button string }

// openPages are those of links that are printed, by their path.
var openPages = map[string]openPage{
	"/sign-in": {"Sign in with this link", "It works once, for the account that it was made for. Whoever sent it to you runs this Noctra.", "/sign-in", "Sign in"},
	"/set-up":  {"Set up Noctra", "This link makes the first account. It works once.", "/set-up", "Begin"},
}

// showOpenLink shows the page of a link. A secret that came in the address, as in links of earlier versions, is put
// behind the #, and used by nobody yet.
func (s *Service) showOpenLink(w http.ResponseWriter, r *http.Request, secret string) {
	if token.Looks(secret, "") {
		http.Redirect(w, r, s.config.link(r.URL.Path, secret), http.StatusSeeOther)
		return
	}
	page := openPages[r.URL.Path]
	s.writePage(w, http.StatusOK, setUpPage{Title: page.Heading, Open: &page})
}

// opensByGet reports whether a link is the demo's, which programs rely on.
func (s *Service) opensByGet(ctx context.Context, link string) (bool, error) {
	if !token.Looks(link, "") {
		return false, nil
	}
	found, err := s.store.LinkForUse(ctx, token.Hash(link))
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up link: %w", err)
	}
	return found.Reusable, nil
}
