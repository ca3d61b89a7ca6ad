package accounts

import (
	"context"
	"fmt"
	"unicode/utf8"

	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// How a session was opened, as Postgres has it.
const (
	byLink         = "link"
	byPassword     = "password"
	byTOTP         = "totp"
	byRecoveryCode = "recovery_code"
	byPasskey      = "passkey"
)

const longestAgent = 300

// arrival is somebody who has proved who they are.
type arrival struct {
	person person
	visit  Visit
	method string
	first  bool // the account was made this moment
}

// enter opens a session, ends the one that the browser had, and remembers the browser.
func (s *Service) enter(ctx context.Context, q *store.Queries, a arrival) (Entered, error) {
	secret, err := s.openSession(ctx, q, a)
	if err != nil {
		return Entered{}, err
	}
	device, known, err := s.remember(ctx, q, a.person.id, a.visit)
	if err != nil {
		return Entered{}, err
	}
	if !known && !a.first {
		values := map[string]string{"Agent": cut(a.visit.Agent)}
		if err := s.tell(ctx, q, a.person, notice{template: "new_sign_in", visit: a.visit, values: values}); err != nil {
			return Entered{}, err
		}
	}
	err = s.note(ctx, q, entry{account: a.person.id, action: "sign_in.done", visit: a.visit, details: map[string]any{"method": a.method}, shared: true})
	return Entered{Session: secret, Device: device, Account: a.person.id}, err
}

// EnterByLink is enter for somebody who came through a sign-in link that an operator made.
func (s *Service) EnterByLink(ctx context.Context, q *store.Queries, account int64, v Visit) (string, error) {
	secret, err := s.openSession(ctx, q, arrival{person: person{id: account}, visit: v, method: byLink})
	if err != nil {
		return "", err
	}
	return secret, s.note(ctx, q, entry{account: account, action: "sign_in.done", visit: v, details: map[string]any{"method": byLink}, shared: true})
}

// openSession adds a session and returns its secret; the browser's session before ends.
func (s *Service) openSession(ctx context.Context, q *store.Queries, a arrival) (string, error) {
	if token.Looks(a.visit.Session, "") {
		if _, err := q.EndSession(ctx, token.Hash(a.visit.Session)); err != nil {
			return "", fmt.Errorf("end session before: %w", err)
		}
	}
	secret, now := token.New(""), s.now()
	err := q.AddSession(ctx, store.AddSessionParams{
		TokenHash: token.Hash(secret), AccountID: a.person.id, Now: now, ExpiresAt: now.Add(s.config.SessionMax),
		Method: a.method, Address: a.visit.Address, Agent: cut(a.visit.Agent),
	})
	if err != nil {
		return "", fmt.Errorf("open session: %w", err)
	}
	return secret, nil
}

// remember notes that a browser has signed in to an account. It returns a new secret for its cookie
// where it has none, and whether it was known.
func (s *Service) remember(ctx context.Context, q *store.Queries, account int64, v Visit) (secret string, known bool, err error) {
	now := s.now()
	device := v.Device
	if token.Looks(device, "") {
		hash := token.Hash(device)
		n, err := q.SeeDevice(ctx, store.SeeDeviceParams{TokenHash: hash, AccountID: account, LastSeenAt: now})
		if err != nil {
			return "", false, fmt.Errorf("remember device: %w", err)
		}
		if n > 0 {
			return "", true, nil
		}
		others, err := q.DeviceKnown(ctx, store.DeviceKnownParams{TokenHash: hash, AccountID: account})
		if err != nil {
			return "", false, fmt.Errorf("remember device: %w", err)
		}
		if others.All == 0 { // nobody else's: it was not made here
			device = ""
		}
	} else {
		device = ""
	}
	if device == "" {
		secret = token.New("")
		device = secret
	}
	if err := q.AddDevice(ctx, store.AddDeviceParams{TokenHash: token.Hash(device), AccountID: account, Now: now}); err != nil {
		return "", false, fmt.Errorf("remember device: %w", err)
	}
	return secret, false, nil
}

// cut shortens what a browser says of itself, and makes it text.
func cut(agent string) string {
	clean := make([]rune, 0, longestAgent)
	for _, r := range agent {
		if len(clean) == longestAgent {
			break
		}
		if r != utf8.RuneError && r >= ' ' && r != 0x7f {
			clean = append(clean, r)
		}
	}
	return string(clean)
}
