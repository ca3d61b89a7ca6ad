package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/mailer"
	"noctra/admin/internal/requests"
	"noctra/admin/internal/store"
	"noctra/internal/envelope"
)

// RequestLine is a request about the installation itself, as an operator sees it.
type RequestLine struct {
	ID       int64
	Kind     string
	State    string
	Email    string
	Hostname string // that the person gave; no site has it
	Text     string
	Asked    time.Time
	Due      time.Time
	History  []RequestStepLine // of a single one
}

// RequestStepLine is something that was done about a request.
type RequestStepLine struct {
	At        time.Time
	By, State string
	Note      string
}

// RequestAnswer ends a request.
type RequestAnswer struct {
	ID     int64
	Refuse bool
	Text   string // what the person is told
	Mail   bool   // by mail; otherwise the operator tells them
}

// ListRequests returns requests that belong to no workspace, those that are closed only where all is
// set. That somebody looked is in the audit.
func ListRequests(ctx context.Context, config Config, all bool) (lines []RequestLine, err error) {
	err = command(ctx, config, true, func(q *store.Queries) error {
		rows, err := q.RequestsOfOperator(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if all || r.ClosedAt == nil {
				lines = append(lines, requestLine(r))
			}
		}
		return noteCommand(ctx, q, audit.Entry{Action: "privacy_requests.listed", Details: map[string]any{"requests": len(lines)}})
	})
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return lines, nil
}

func requestLine(r store.PrivacyRequest) RequestLine {
	l := RequestLine{ID: r.ID, Kind: r.Kind, State: r.State, Email: r.Email, Hostname: r.Hostname, Text: r.Body, Asked: r.CreatedAt.UTC()}
	if r.DueAt != nil {
		l.Due = r.DueAt.UTC()
	}
	return l
}

// ShowRequest returns one with its history. That somebody looked is in the audit.
func ShowRequest(ctx context.Context, config Config, id int64) (l RequestLine, err error) {
	err = heldCommand(ctx, config, true, func(ctx context.Context, pool *pgxpool.Pool) error {
		r, steps, err := requests.New(requests.Deps{Pool: pool, Now: time.Now}).Get(ctx, nil, id)
		if err != nil {
			return err
		}
		l = requestLine(r)
		for _, s := range steps {
			by := "Noctra"
			switch {
			case s.Operator != nil:
				by = "operator " + *s.Operator
			case s.AccountID != nil:
				by = fmt.Sprintf("account %d", *s.AccountID)
			}
			l.History = append(l.History, RequestStepLine{s.At.UTC(), by, s.State, s.Note})
		}
		return noteCommand(ctx, store.On(ctx, pool), audit.Entry{Action: "privacy_request.read", Details: map[string]any{"request_id": id}})
	})
	if err != nil {
		return l, fmt.Errorf("show request: %w", err)
	}
	return l, nil
}

// AnswerRequest closes a request and orders the mail that tells the person. Without apply it only tries.
func AnswerRequest(ctx context.Context, config Config, a RequestAnswer, apply bool) (l RequestLine, err error) {
	if a.Text = strings.TrimSpace(a.Text); a.Text == "" || len(a.Text) > 2000 {
		return l, errors.New("answer request: the text has 1 to 2000 characters")
	}
	err = heldCommand(ctx, config, apply, func(ctx context.Context, pool *pgxpool.Pool) error {
		deps := requests.Deps{Pool: pool, URL: config.publicURL(), Now: time.Now}
		if a.Mail {
			outbox, err := ordersOnly(config, pool)
			if err != nil {
				return err
			}
			deps.Orders = outbox
		}
		service := requests.New(deps)
		found, _, err := service.Get(ctx, nil, a.ID)
		if err != nil {
			return err
		}
		if found.ClosedAt != nil {
			return fmt.Errorf("it is closed already, as %s", found.State)
		}
		change := requests.Change{State: "done", Note: a.Text, Match: "*"}
		if a.Refuse {
			change.State = "refused"
		}
		r, err := service.Handle(ctx, a.ID, change, audit.Entry{Operator: operatorName()})
		l = requestLine(r)
		return err
	})
	if err != nil {
		return l, fmt.Errorf("answer request: %w", err)
	}
	return l, nil
}

// ordersOnly is an outbox that takes mail which a running service sends.
func ordersOnly(config Config, pool *pgxpool.Pool) (*mailer.Outbox, error) {
	if config.MasterKeyFile == "" {
		return nil, errors.New("mail is sealed under --master-key-file, which is not set; tell the person yourself and say so with --no-mail")
	}
	ring, err := envelope.Open(config.MasterKeyFile)
	if err != nil {
		return nil, err
	}
	if config.Mail.From == "" {
		config.Mail.From = "noctra@" + config.publicURL().Hostname() // for Message-IDs; the service sends under its own
	}
	return mailer.New(config.Mail, mailer.Deps{Pool: pool, Sealer: ring, Log: slog.New(slog.DiscardHandler), Now: time.Now}), nil
}

// heldCommand is command for what makes transactions by itself: all of them are part of one.
func heldCommand(ctx context.Context, config Config, apply bool, f func(ctx context.Context, pool *pgxpool.Pool) error) error {
	err := withStore(ctx, config, func(pool *pgxpool.Pool) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if err := f(store.Hold(ctx, tx), pool); err != nil {
				return err
			}
			if !apply {
				return errDryRun
			}
			return nil
		})
	})
	if errors.Is(err, errDryRun) {
		return nil
	}
	return err
}
