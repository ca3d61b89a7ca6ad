package mailer

import (
	"context"
	"errors"
	"fmt"
	"time"

	gomail "github.com/wneessen/go-mail"
)

const sendTimeout = 20 * time.Second

// refusedForGood is an error that asking again does not mend: the relay knows no such mailbox.
type refusedForGood struct{ error }

// Relay sends letters over SMTP.
type Relay struct{ config Config }

// NewRelay reads the files that the settings name.
func NewRelay(config Config) (*Relay, error) {
	if _, _, err := config.options(); err != nil {
		return nil, err
	}
	return &Relay{config}, nil
}

// Send delivers one letter. Its errors say nothing about who the letter is for.
func (r *Relay) Send(ctx context.Context, l Letter) error {
	message := gomail.NewMsg()
	if err := message.From(r.config.From); err != nil {
		return errors.New("write mail: the sender is no address")
	}
	if err := message.To(l.To); err != nil {
		return refusedForGood{errors.New("write mail: the recipient is no address")}
	}
	message.SetMessageIDWithValue(l.MessageID)
	message.SetDateWithValue(l.Date)
	message.Subject(l.Subject)
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	message.SetBodyString(gomail.TypeTextPlain, l.Text)
	message.AddAlternativeString(gomail.TypeTextHTML, l.HTML)

	host, options, err := r.config.options()
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(host, options...)
	if err != nil {
		return fmt.Errorf("prepare mail: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return explain(client.DialAndSendWithContext(ctx, message))
}

// explain takes addresses out of an error, and tells refusals for good from the others. Only an
// unknown mailbox is one: any other refusal may be a setting that an operator mends.
func explain(err error) error {
	var refused *gomail.SendError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &refused):
		return fmt.Errorf("reach the mail relay: %w", err)
	}
	short := fmt.Errorf("the mail relay refused: %s, status %d", refused.Reason, refused.ErrorCode())
	unknown := refused.ErrorCode() == 550 || refused.ErrorCode() == 551 || refused.ErrorCode() == 553
	if refused.Reason == gomail.ErrSMTPRcptTo && unknown {
		return refusedForGood{short}
	}
	return short
}
