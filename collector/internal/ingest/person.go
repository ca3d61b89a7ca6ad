package ingest

import (
	"net/netip"
	"strings"

	"noctra/internal/pseudonym"
	"noctra/schema"
)

// person reads who the event is about. E-mail and phone leave as hashes, and only where their
// use for advertising was granted.
func (d *Decoder) person(_ Context, draft *Draft) *Rejection {
	f := &d.fields
	var r *Rejection
	if draft.VisitorID, r = d.word("visitor_id", f.visitorID, maxPerson); r != nil {
		return r
	}
	if draft.UserID, r = d.word("user_id", f.userID, maxPerson); r != nil {
		return r
	}
	if draft.UserAgent, r = d.text("user_agent", f.userAgent, maxAgent); r != nil {
		return r
	}
	if f.ip != nil {
		s, _ := stringOf(f.ip)
		addr, err := netip.ParseAddr(s)
		if err != nil || addr.Zone() != "" {
			return d.reject("ip", IPInvalid, "The ip is no IPv4 or IPv6 address.")
		}
		draft.Addr = addr.Unmap()
	}
	if f.email == nil && f.phone == nil {
		return nil
	}
	return d.contact(draft)
}

func (d *Decoder) contact(draft *Draft) *Rejection {
	e, f := &draft.Event, &d.fields
	granted := e.ConsentAdUser == schema.ConsentGranted
	if f.email != nil {
		s, _ := stringOf(f.email)
		email, ok := pseudonym.NormalEmail(s)
		if !ok {
			return d.reject("email", EmailInvalid, "The email is no e-mail address.")
		}
		if granted {
			e.EmailHash = pseudonym.Digest(email)
		}
	}
	if f.phone != nil {
		s, _ := stringOf(f.phone)
		phone, ok := NormalPhone(s)
		if !ok {
			return d.reject("phone", PhoneInvalid, "The phone is no number of the form +18005550100: a plus, the country, and 8 to 15 digits.")
		}
		if granted {
			e.PhoneHash = pseudonym.Digest(phone)
		}
	}
	return nil
}

// NormalPhone returns E.164: a plus and digits. Separators are left out, nothing is guessed.
func NormalPhone(phone string) (string, bool) {
	phone = strings.TrimSpace(phone)
	if !strings.HasPrefix(phone, "+") || len(phone) > 40 {
		return "", false
	}
	digits := make([]byte, 1, 16)
	digits[0] = '+'
	for i := 1; i < len(phone); i++ {
		switch c := phone[i]; {
		case c >= '0' && c <= '9':
			digits = append(digits, c)
		case c == ' ', c == '-', c == '.', c == '(', c == ')':
		default:
			return "", false
		}
	}
	if n := len(digits) - 1; n < 8 || n > 15 || digits[1] == '0' {
		return "", false
	}
	return string(digits), true
}

// Person is what the event that was parsed says of whom it is about, whether it is good or not.
type Person struct{ Visitor, User, Order string }

// Person reads it. What is no word is empty.
func (d *Decoder) Person() (p Person) {
	f := &d.fields
	p.Visitor, _ = d.word("visitor_id", f.visitorID, maxPerson)
	p.User, _ = d.word("user_id", f.userID, maxPerson)
	p.Order, _ = d.word("order_id", f.orderID, maxOrderID)
	return p
}
