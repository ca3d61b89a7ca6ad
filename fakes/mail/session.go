package mail

import (
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"noctra/fakes"
)

// session is one connection.
type session struct {
	s    *Service
	conn *smtp.Conn
	from string
	to   []string
}

var errCut = errors.New("the connection was cut, as was ordered")

func (s *Service) session(c *smtp.Conn) (smtp.Session, error) {
	one := &session{s: s, conn: c}
	return one, one.disturb("/connect", false)
}

// Reset implements smtp.Session.
func (c *session) Reset() { c.from, c.to = "", nil }

// Logout implements smtp.Session.
func (c *session) Logout() error { return nil }

// Mail implements smtp.Session.
func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	c.from = from
	return c.disturb("/mail", false)
}

// Rcpt implements smtp.Session. Nobody has a mailbox under .invalid (RFC 2606), so that an unknown
// mailbox can be tried out.
func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := c.disturb("/rcpt", false); err != nil {
		return err
	}
	if _, err := mail.ParseAddress(to); err != nil {
		return refusal(501, "5.1.3 that is no address")
	}
	if strings.HasSuffix(strings.ToLower(to), ".invalid") {
		return c.refuse([]string{to}, nil, refusal(550, "5.1.1 there is no such mailbox"))
	}
	c.to = append(c.to, to)
	return nil
}

// Data implements smtp.Session. A fault without a path is drawn here, once for each message.
func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	after, err := c.draw("/data", true)
	if err != nil {
		return c.refuse(c.to, raw, err)
	}
	message, why := read(raw)
	if why != "" {
		return c.refuse(c.to, raw, refusal(554, "5.6.0 "+why))
	}
	message.From, message.To, message.State = c.from, c.to, accepted
	if err := c.s.box.add(message); err != nil {
		c.s.log.Error("mail not kept", "error", err.Error())
		return refusal(451, "4.3.0 the disk did not take it")
	}
	return c.lose(after)
}

// refuse notes a refusal.
func (c *session) refuse(to []string, raw []byte, why error) error {
	message, _ := read(raw)
	message.From, message.To, message.State, message.Reason = c.from, to, refused, why.Error()
	if err := c.s.box.add(message); err != nil {
		c.s.log.Error("refusal not kept", "error", err.Error())
	}
	return why
}

// disturb does what is ordered for a step at which nothing is kept.
func (c *session) disturb(path string, general bool) error {
	after, err := c.draw(path, general)
	if err != nil {
		return err
	}
	return c.lose(after)
}

// draw waits, or refuses; what is returned is to happen after the work. Faults without a path are
// for whole messages, so only general steps draw them.
func (c *session) draw(path string, general bool) ([]fakes.Fault, error) {
	var after []fakes.Fault
	for _, f := range c.s.faults.NextFor(path, general) {
		switch f.Kind {
		case fakes.Delay:
			time.Sleep(f.Wait())
		case fakes.Status:
			return nil, refusal(f.Status, "a fault that was ordered")
		default:
			after = append(after, f)
		}
	}
	return after, nil
}

// lose loses the answer.
func (c *session) lose(after []fakes.Fault) error {
	if len(after) == 0 {
		return nil
	}
	if after[0].Kind == fakes.Garbage {
		_, _ = c.conn.Conn().Write([]byte("\x00\xff garbage\r\n"))
	}
	_ = c.conn.Conn().Close()
	return errCut
}

func refusal(code int, text string) *smtp.SMTPError {
	if code < 400 { // no refusal in SMTP
		code = 451
	}
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: text}
}

// check says why a relay would not take a message; empty where it would.
func check(h mail.Header) string {
	for _, name := range []string{"From", "Date"} { // RFC 5322, 3.6
		if h.Get(name) == "" {
			return fmt.Sprintf("the header %s is missing", name)
		}
	}
	if _, err := h.Date(); err != nil {
		return "the header Date is no date"
	}
	if _, err := h.AddressList("From"); err != nil {
		return "the header From has no address"
	}
	return ""
}
