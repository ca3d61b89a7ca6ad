package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
)

// Times of what accounts are made of.
const (
	signUpLife   = 48 * time.Hour
	resetLife    = time.Hour
	emailLife    = 24 * time.Hour
	ceremonyLife = 10 * time.Minute
	seedLife     = time.Hour          // a second factor that is being set up
	proofLife    = 15 * time.Minute   // a sign-in stands for a password so long, where there is none
	grace        = 7 * 24 * time.Hour // of a deletion
	linkMemory   = 7 * 24 * time.Hour // how long an old link is told from an unknown one
	deviceLife   = 180 * 24 * time.Hour
)

// Config is what the service's settings say about accounts.
type Config struct {
	URL         *url.URL // where browsers reach the dashboard
	SessionIdle time.Duration
	SessionMax  time.Duration
	Closed      bool // nobody signs up
}

// Hasher is what is needed of package password.
type Hasher interface {
	Hash(ctx context.Context, password string) (string, error)
	Check(ctx context.Context, phc, password string) (fits, renew bool, err error)
}

// Orders is what is needed of the mail outbox.
type Orders interface {
	Add(ctx context.Context, q *store.Queries, o mailer.Order) (messageID string, err error)
	Nudge()
}

// Deps are what accounts work with. Without Orders or Sealer, what needs them is refused.
type Deps struct {
	Pool   *pgxpool.Pool
	Hasher Hasher
	Sealer mailer.Sealer
	Orders Orders
	Now    func() time.Time
}

// Service does it all. It is safe for concurrent use.
type Service struct {
	config   Config
	deps     Deps
	pool     *pgxpool.Pool
	q        *store.Queries
	now      func() time.Time
	webauthn *webauthn.WebAuthn // nil where browsers allow no passkeys
}

// New makes the service.
func New(config Config, deps Deps) (*Service, error) {
	s := &Service{config: config, deps: deps, pool: deps.Pool, q: store.New(deps.Pool), now: deps.Now}
	var err error
	s.webauthn, err = relyingParty(config.URL)
	return s, err
}

// Visit is the browser that a request comes from.
type Visit struct {
	Address string // of the client
	Agent   string // User-Agent
	Session string // secret of the session's cookie, empty for none
	Device  string // secret of the device's cookie, empty for none
}

// Caller is who is signed in.
type Caller struct {
	Account int64
	Session []byte // hash of the cookie
	Visit   Visit
}

// Entered is the result of a sign-in: secrets of cookies, or a second step that is needed.
type Entered struct {
	Session  string
	Device   string // empty where the browser has it already
	Ceremony string // not empty: the second factor is asked for under this name
	Account  int64
}

// person is whom mail is for.
type person struct {
	id    int64
	email string
	name  string
}

// transact runs f in a transaction, and has waiting mail sent afterwards.
func (s *Service) transact(ctx context.Context, f func(q *store.Queries) error) error {
	err := store.Transact(ctx, s.pool, f)
	if err == nil && s.deps.Orders != nil {
		s.deps.Orders.Nudge()
	}
	return err
}

// none reports whether a query found nothing.
func none(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// link is an address of the dashboard with a token in its fragment, which browsers send to nobody.
func (s *Service) link(path, token string) string {
	u := s.config.URL.JoinPath(path)
	if token != "" {
		u.Fragment = "token=" + token
	}
	return u.String()
}

// tell orders mail to a person about something that happened. Without mail it does nothing.
func (s *Service) tell(ctx context.Context, q *store.Queries, p person, n notice) error {
	if s.deps.Orders == nil {
		return nil
	}
	values := map[string]string{"Name": p.name, "At": s.now().UTC().Format("2 January 2006 at 15:04 UTC"), "From": "", "Link": s.link("/", "")}
	if n.visit.Address != "" {
		values["From"] = " from " + n.visit.Address
	}
	for name, value := range n.values {
		values[name] = value
	}
	to := n.to
	if to == "" {
		to = p.email
	}
	_, err := s.deps.Orders.Add(ctx, q, mailer.Order{Kind: n.template, To: to, Account: p.id, Content: &mailer.Content{Template: n.template, Values: values}})
	if err != nil {
		return fmt.Errorf("tell the account's owner: %w", err)
	}
	return nil
}

// notice is what a person is told.
type notice struct {
	template string
	visit    Visit
	values   map[string]string
	to       string // empty: the account's address
}
