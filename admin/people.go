package admin

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/mailer"
	"noctra/admin/internal/password"
	"noctra/admin/internal/store"
	"noctra/admin/internal/workspaces"
	"noctra/internal/address"
	"noctra/internal/envelope"
)

// people is what the service has for accounts and their mail.
type people struct {
	accounts *accounts.Service
	teams    *workspaces.Service
	outbox   *mailer.Outbox // nil: no mail
	proxies  address.Proxies
	hasher   *password.Hasher
}

// openAccounts prepares accounts, mail and the file of master keys.
func (s *Service) openAccounts() error {
	var err error
	if s.people.proxies, err = address.Parse(s.config.TrustedProxies); err != nil {
		return err
	}
	s.people.hasher = password.New(s.config.PasswordConcurrency)
	deps := accounts.Deps{Pool: s.pool, Hasher: s.people.hasher, Now: s.now}
	if s.config.MasterKeyFile != "" {
		if err := envelope.Ensure(s.config.MasterKeyFile); err != nil {
			return err
		}
		ring, err := envelope.Open(s.config.MasterKeyFile)
		if err != nil {
			return err
		}
		deps.Sealer = ring
	}
	if s.config.Mail.On() {
		relay, err := mailer.NewRelay(s.config.Mail)
		if err != nil {
			return err
		}
		s.people.outbox = mailer.New(s.config.Mail, mailer.Deps{
			Pool: s.pool, Sealer: deps.Sealer, Sender: relay, Writer: writer{s}, Log: s.log, Now: s.now,
			Count: func(result string) { s.metrics.mail.WithLabelValues(result).Inc() },
		})
		deps.Orders = s.people.outbox
	}
	s.people.accounts, err = accounts.New(accounts.Config{
		URL: s.config.publicURL(), SessionIdle: s.config.SessionIdle, SessionMax: s.config.SessionMax, Closed: !s.config.SignUp,
	}, deps)
	team := workspaces.Deps{Pool: s.pool, URL: s.config.publicURL(), Now: s.now}
	if s.people.outbox != nil {
		team.Orders = s.people.outbox
	}
	s.people.teams = workspaces.New(team)
	return err
}

// writer lets the outbox ask accounts, which are made after it.
type writer struct{ s *Service }

// Write implements mailer.Writer.
func (w writer) Write(ctx context.Context, q *store.Queries, o mailer.Open) (mailer.Content, error) {
	return w.s.people.accounts.Write(ctx, q, o)
}

// Delivered implements mailer.Writer.
func (w writer) Delivered(ctx context.Context, q *store.Queries, o mailer.Open) error {
	return w.s.people.accounts.Delivered(ctx, q, o)
}

// sendMail sends mail until ctx ends.
func (s *Service) sendMail(ctx context.Context) {
	if s.people.outbox != nil {
		s.people.outbox.Run(ctx)
	}
}

// lookAtMail keeps the figures of waiting mail.
func (s *Service) lookAtMail(ctx context.Context) {
	if s.people.outbox == nil {
		return
	}
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	waiting, oldest, err := s.people.outbox.Waiting(asking)
	if err != nil {
		return // that Postgres does not answer is told elsewhere
	}
	s.metrics.waiting.Set(float64(waiting))
	s.metrics.oldest.Set(oldest.Seconds())
}

// tidyAccounts deletes accounts whose time is over, and drops what is no longer needed.
func (s *Service) tidyAccounts(ctx context.Context) error {
	deleted, err := s.people.accounts.DeleteDue(ctx)
	if deleted > 0 {
		s.log.Info("accounts deleted", "accounts", deleted)
	}
	if err != nil {
		return err
	}
	if s.people.outbox != nil {
		if err := s.people.outbox.Tidy(ctx); err != nil {
			return err
		}
	}
	if err := s.store.DropOldSightings(ctx, s.now().Add(-sightingsKept)); err != nil {
		return fmt.Errorf("tidy sightings: %w", err)
	}
	if err := s.store.DropOldAnswers(ctx, s.now().Add(-answersKept)); err != nil {
		return fmt.Errorf("tidy answers: %w", err)
	}
	return s.people.accounts.Tidy(ctx)
}

// visitOf says from where a request comes.
func (s *Service) visitOf(r *http.Request) accounts.Visit {
	v := accounts.Visit{Agent: r.UserAgent(), Session: s.credentialsOf(r).cookie}
	if cookie, err := r.Cookie(s.deviceCookieName()); err == nil {
		v.Device = cookie.Value
	}
	v.Address = s.addressOf(r)
	return v
}

// addressOf is the client's address, behind the proxies that are believed.
func (s *Service) addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	remote, err := netip.ParseAddr(host)
	if err != nil {
		return ""
	}
	return s.people.proxies.Client(remote, r.Header.Get("Forwarded"), r.Header.Get("X-Forwarded-For")).String()
}
