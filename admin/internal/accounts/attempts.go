package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"noctra/admin/internal/store"
)

// Bounds of guessing. Each guess too many doubles the wait for the next, up to a quarter of an hour;
// guesses while one has to wait are not even looked at, and do not make the wait longer.
const (
	freeGuesses  = 5  // at one account or link
	freeOfClient = 20 // from one address
	freeMails    = 3  // to one address in a day
	freeSignUps  = 10 // from one address in a day
	longestWait  = 15 * time.Minute
	attemptsLife = 24 * time.Hour
)

// limit is something whose attempts are counted.
type limit struct {
	name string
	free int32
}

func (l limit) bucket() []byte {
	sum := sha256.Sum256([]byte(l.name))
	return sum[:]
}

// ofClient limits an address; of IPv6 the /64, which is what one customer has.
func ofClient(what string, v Visit, free int32) limit {
	client := v.Address
	if a, err := netip.ParseAddr(client); err == nil && a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			client = p.String()
		}
	}
	return limit{what + " from " + client, free}
}

func ofEmail(what, email string, free int32) limit {
	return limit{what + " at " + strings.ToLower(email), free}
}

func ofAccount(what string, account int64) limit {
	return limit{what + " of " + strconv.FormatInt(account, 10), freeGuesses}
}

func ofToken(what string, hash []byte) limit {
	return limit{what + " with " + hex.EncodeToString(hash), freeGuesses}
}

// attempt counts one attempt under each limit, as if it had gone wrong already, or refuses it.
func (s *Service) attempt(ctx context.Context, limits ...limit) error {
	for i, l := range limits {
		now := s.now()
		_, err := s.q.TakeAttempt(ctx, store.TakeAttemptParams{
			Bucket: l.bucket(), Now: now, Forget: now.Add(-attemptsLife), Free: l.free, LongestSeconds: longestWait.Seconds(),
		})
		if err == nil {
			continue
		}
		if !none(err) {
			return fmt.Errorf("count attempts: %w", err)
		}
		for _, before := range limits[:i] {
			if err := s.q.GiveBackAttempt(ctx, before.bucket()); err != nil {
				return fmt.Errorf("count attempts: %w", err)
			}
		}
		return s.tooMany(ctx, l)
	}
	return nil
}

func (s *Service) tooMany(ctx context.Context, l limit) error {
	wait := time.Second
	if next, err := s.q.NextAttempt(ctx, l.bucket()); err == nil {
		wait = max(wait, next.Sub(s.now()))
	} else if !none(err) {
		return fmt.Errorf("count attempts: %w", err)
	}
	return &Refusal{Kind: TooMany, Detail: "Too many attempts; wait a little before the next.", Wait: wait}
}

// succeeded forgets what was counted against whoever proved to be right, and gives the address back
// what this attempt took.
func (s *Service) succeeded(ctx context.Context, q *store.Queries, own limit, client ...limit) error {
	if err := q.ForgetAttempts(ctx, own.bucket()); err != nil {
		return fmt.Errorf("forget attempts: %w", err)
	}
	for _, l := range client {
		if err := q.GiveBackAttempt(ctx, l.bucket()); err != nil {
			return fmt.Errorf("forget attempts: %w", err)
		}
	}
	return nil
}
