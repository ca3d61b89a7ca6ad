package mailer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
	"noctra/internal/logs"
)

// Kept is how long mail that was sent or given up is remembered, without what it said.
const Kept = 7 * 24 * time.Hour

const (
	lookEvery   = 500 * time.Millisecond
	lease       = 2 * time.Minute
	firstDelay  = 2 * time.Second
	longDelay   = 5 * time.Minute
	oldestMail  = 72 * time.Hour
	stepTimeout = 10 * time.Second
	logEvery    = time.Minute
)

// Sender delivers letters.
type Sender interface {
	Send(ctx context.Context, l Letter) error
}

// Sealer hides what waits.
type Sealer interface {
	Seal(plain []byte, place string) ([]byte, error)
	Unseal(sealed []byte, place string) ([]byte, error)
}

// Writer decides what an order that was left open says (see Order.Content), in the transaction q, and
// hears of deliveries.
type Writer interface {
	Write(ctx context.Context, q *store.Queries, o Open) (Content, error)
	Delivered(ctx context.Context, q *store.Queries, o Open) error
}

// ErrNothing is returned by a Writer where there is nothing to send after all.
var ErrNothing = errors.New("there is nothing to send")

// Order is a mail that is to be sent.
type Order struct {
	Kind    string
	To      string
	Account int64    // 0 for none
	Subject int64    // what the Writer needs to know, 0 for none
	Content *Content // nil: the Writer writes it when it is sent
}

// Open is an order that the Writer is asked about.
type Open struct {
	MessageID string
	Kind      string
	To        string
	Subject   int64
}

// Deps are what the outbox works with.
type Deps struct {
	Pool   *pgxpool.Pool
	Sealer Sealer
	Sender Sender
	Writer Writer
	Log    *slog.Logger
	Now    func() time.Time
	Count  func(result string) // sent, retried, refused, expired, nothing
}

// Outbox takes orders and sees to it that they are sent.
type Outbox struct {
	deps   Deps
	quiet  *logs.Throttled
	q      *store.Queries
	domain string
	nudge  chan struct{}
}

// New makes an outbox whose Message-IDs end in the domain of the sender.
func New(config Config, deps Deps) *Outbox {
	_, domain, _ := strings.Cut(strings.TrimRight(config.From, "> "), "@")
	return &Outbox{deps: deps, quiet: logs.Throttle(deps.Log, logEvery, time.Now), q: store.New(deps.Pool), domain: domain, nudge: make(chan struct{}, 1)}
}

// Add puts an order into the transaction q, and returns its Message-ID. It is sent once that is
// committed.
func (o *Outbox) Add(ctx context.Context, q *store.Queries, order Order) (messageID string, err error) {
	p := store.AddMailParams{MessageID: token.New("") + "@" + o.domain, Kind: order.Kind, Recipient: order.To, Now: o.deps.Now()}
	if order.Account != 0 {
		p.AccountID = &order.Account
	}
	if order.Subject != 0 {
		p.SubjectID = &order.Subject
	}
	if order.Content != nil {
		if p.Content, err = o.seal(*order.Content, p.MessageID); err != nil {
			return "", err
		}
	}
	if err := q.AddMail(ctx, p); err != nil {
		return "", fmt.Errorf("order mail: %w", err)
	}
	return p.MessageID, nil
}

// Nudge makes Run look at once. It never waits.
func (o *Outbox) Nudge() {
	select {
	case o.nudge <- struct{}{}:
	default:
	}
}

// Run sends what is due until ctx ends. Several may run beside each other.
func (o *Outbox) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		for ctx.Err() == nil {
			more, err := o.next(ctx)
			if err != nil && ctx.Err() == nil {
				o.quiet.Warn("mail waits", "error", err.Error())
			}
			if !more || err != nil {
				break
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-o.nudge:
		}
	}
}

// place is where the content of a mail stands; see package envelope.
func place(messageID string) string { return "mail_outbox.content:" + messageID }

func (o *Outbox) seal(c Content, messageID string) ([]byte, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("order mail: %w", err)
	}
	return o.deps.Sealer.Seal(raw, place(messageID))
}

// next sends one mail; more is false when none is due.
func (o *Outbox) next(ctx context.Context) (more bool, err error) {
	asking, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	now := o.deps.Now()
	m, err := o.q.ClaimMail(asking, store.ClaimMailParams{Lease: now.Add(lease), Now: now})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for mail: %w", err)
	}
	letter, err := o.write(asking, m)
	if errors.Is(err, ErrNothing) {
		return true, o.giveUp(ctx, m.ID, "nothing")
	}
	if err == nil {
		err = o.deps.Sender.Send(ctx, letter)
	}
	var final refusedForGood
	switch {
	case err == nil:
		return true, o.sent(ctx, m)
	case errors.As(err, &final):
		o.quiet.Warn("mail refused for good", "error", err.Error())
		return true, o.giveUp(ctx, m.ID, "refused")
	case now.Sub(m.CreatedAt) > oldestMail:
		return true, errors.Join(err, o.giveUp(ctx, m.ID, "expired"))
	case ctx.Err() != nil:
		return false, ctx.Err() // the lease ends, and the next start sends it
	}
	return true, errors.Join(err, o.later(ctx, m))
}

// write returns the letter, which is the same at every attempt: what it says is kept before the first.
func (o *Outbox) write(ctx context.Context, m store.ClaimMailRow) (Letter, error) {
	var content Content
	if m.Content == nil {
		err := pgx.BeginFunc(ctx, o.deps.Pool, func(tx pgx.Tx) (err error) {
			q := o.q.WithTx(tx)
			if content, err = o.deps.Writer.Write(ctx, q, open(m)); err != nil {
				return err
			}
			sealed, err := o.seal(content, m.MessageID)
			if err != nil {
				return err
			}
			return q.WriteMail(ctx, store.WriteMailParams{ID: m.ID, Content: sealed})
		})
		if err != nil {
			return Letter{}, err
		}
	} else {
		raw, err := o.deps.Sealer.Unseal(m.Content, place(m.MessageID))
		if err == nil {
			err = json.Unmarshal(raw, &content)
		}
		if err != nil {
			return Letter{}, fmt.Errorf("read mail: %w", err)
		}
	}
	letter, err := render(content)
	letter.MessageID, letter.To, letter.Date = m.MessageID, m.Recipient, m.CreatedAt
	if content.To != "" {
		letter.To = content.To
	}
	return letter, err
}

func open(m store.ClaimMailRow) Open {
	o := Open{MessageID: m.MessageID, Kind: m.Kind, To: m.Recipient}
	if m.SubjectID != nil {
		o.Subject = *m.SubjectID
	}
	return o
}
