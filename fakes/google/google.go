package google

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"noctra/fakes"
)

// Config is the fake's settings.
type Config struct {
	Dir          string        `name:"fake-dir" help:"Folder in which everything sent is kept." placeholder:"DIR" required:""`
	Addr         string        `name:"fake-addr" help:"Address of Google's APIs, the consent page, the ledger and the faults." placeholder:"HOST:PORT" default:"127.0.0.1:0"`
	World        string        `name:"fake-world" help:"File with people, customers and conversion actions (default: the demo's)." placeholder:"FILE"`
	ClientID     string        `name:"fake-client-id" help:"The OAuth client that it knows." default:"noctra-demo.apps.googleusercontent.com"`
	ClientSecret string        `name:"fake-client-secret" help:"The client's secret." default:"noctra-demo-client-secret"`
	Processing   time.Duration `name:"fake-processing" help:"Time until the status of a request is final; some half an hour at Google." default:"2s"`
	PerMinute    int           `name:"fake-requests-per-minute" help:"Quota of the project for Data Manager." default:"300"`
	PerDay       int           `name:"fake-requests-per-day" help:"Quota of the project for Data Manager." default:"100000"`
}

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	var errs []error
	host, _, err := net.SplitHostPort(c.Addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		errs = append(errs, fmt.Errorf("--fake-addr: %q is not host:port on loopback; a fake is for this machine alone", c.Addr))
	}
	if c.ClientID == "" || c.ClientSecret == "" {
		errs = append(errs, errors.New("--fake-client-id, --fake-client-secret: a client has both"))
	}
	if c.Processing < 0 {
		errs = append(errs, fmt.Errorf("--fake-processing: %v is below 0", c.Processing))
	}
	if c.PerMinute < 1 || c.PerDay < 1 {
		errs = append(errs, errors.New("--fake-requests-per-minute, --fake-requests-per-day: below 1"))
	}
	return errors.Join(errs...)
}

const (
	mostBody  = 64 << 20
	timeout   = time.Minute
	closeTime = 2 * time.Second
)

// Service is the fake.
type Service struct {
	config Config
	log    *slog.Logger
	faults fakes.Faults
	world  world
	orders outcomes
	now    func() time.Time
	quota  quota

	mu      sync.Mutex // of everything below
	journal *fakes.Journal[entry]
	grants  grants
	ledger  ledger

	http     *http.Server
	listener net.Listener
}

// New reads what was sent before and listens.
func New(config Config, log *slog.Logger) (*Service, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	s := &Service{config: config, log: log, now: time.Now}
	s.quota = quota{perMinute: config.PerMinute, perDay: config.PerDay}
	var err error
	if s.world, err = readWorld(config.World); err != nil {
		return nil, err
	}
	journal, before, err := fakes.OpenJournal[entry](filepath.Join(config.Dir, "google.jsonl"))
	if err != nil {
		return nil, err
	}
	s.journal, s.grants, s.ledger = journal, newGrants(), newLedger()
	for i := range before {
		s.apply(&before[i])
	}
	if s.listener, err = net.Listen("tcp", config.Addr); err != nil {
		return nil, errors.Join(fmt.Errorf("--fake-addr: %w", err), journal.Close())
	}
	s.http = &http.Server{Handler: fakes.Local(s.faults.Wrap(s.routes())), ReadHeaderTimeout: timeout, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	return s, nil
}

// SetClock has it go by another clock than the machine's, before it runs.
func (s *Service) SetClock(now func() time.Time) { s.now = now }

// URL is where everything is.
func (s *Service) URL() string { return "http://" + s.listener.Addr().String() }

// Ready is nil: what listens answers.
func (s *Service) Ready() error { return nil }

// Run answers until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	s.log.Info("google is answered for", "url", s.URL())
	ended := make(chan error, 1)
	go func() { ended <- s.http.Serve(s.listener) }()
	var err error
	select {
	case err = <-ended:
		return errors.Join(err, s.journal.Close())
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	if s.http.Shutdown(closing) != nil {
		_ = s.http.Close()
	}
	_ = s.listener.Close() // also where Serve had not begun yet
	if ended := <-ended; !errors.Is(ended, http.ErrServerClosed) && !errors.Is(ended, net.ErrClosed) {
		err = ended
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(err, s.journal.Close())
}

func (s *Service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /_faults", &s.faults)
	mux.Handle("POST /_outcomes", &s.orders)
	mux.HandleFunc("GET /_ledger", s.showLedger)
	mux.HandleFunc("POST /_clicks", s.tellClicks)
	mux.HandleFunc("GET /o/oauth2/v2/auth", s.consentPage)
	mux.HandleFunc("POST /o/oauth2/v2/auth", s.consent)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /revoke", s.revoke)
	mux.HandleFunc("POST /v1/events:ingest", s.ingest)
	mux.HandleFunc("GET /v1/requestStatus:retrieve", s.requestStatus)
	mux.HandleFunc("GET /{version}/customers:listAccessibleCustomers", s.listCustomers)
	mux.HandleFunc("POST /{version}/customers/{call}", s.adsCall)
	mux.HandleFunc("POST /{version}/customers/{id}/googleAds:searchStream", s.search)
	return mux
}

// keep writes an entry to disk and then applies it. The caller holds mu.
func (s *Service) keep(e entry) error {
	if err := s.journal.Append(e); err != nil {
		return err
	}
	s.apply(&e)
	return nil
}

// newID returns 128 random bits after a prefix.
func newID(prefix string) string { return prefix + rand.Text() }
