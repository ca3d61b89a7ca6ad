package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// params are the cost of a hash; they stand in it.
type params struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

// current is OWASP's second recommendation: 19 MiB, two passes, one lane.
var current = params{memory: 19 * 1024, time: 2, threads: 1}

const (
	saltSize = 16
	hashSize = 32
	queue    = 64 // requests that wait for each that is worked on
)

// ErrBusy is returned when too many wait already.
var ErrBusy = errors.New("too many passwords are being checked")

// ErrForm is returned for what is no hash of this package.
var ErrForm = errors.New("the hash of the password has an unknown form")

// Hasher hashes and checks, few at a time: each takes 19 MiB and tens of milliseconds of a core.
type Hasher struct {
	params  params
	slots   chan struct{}
	waiting atomic.Int64
	most    int64
	done    atomic.Int64
	dummy   string
}

// New makes a hasher that works on at most so many at a time; 0: half of the cores, at least one, so
// that everything else goes on.
func New(concurrency int) *Hasher {
	if concurrency <= 0 {
		concurrency = max(1, runtime.GOMAXPROCS(0)/2)
	}
	h := &Hasher{params: current, slots: make(chan struct{}, concurrency), most: int64(concurrency) * (queue + 1)}
	h.dummy = h.hash(rand.Text())
	return h
}

// Done returns how many passwords were hashed or checked.
func (h *Hasher) Done() int64 { return h.done.Load() }

// Hash returns the PHC string of a password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return h.hash(password), nil
}

// Check compares a password with a PHC string. renew says that the string has another cost than
// today's. An empty string never fits, and takes as long as any other.
func (h *Hasher) Check(ctx context.Context, phc, password string) (fits, renew bool, err error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	known := phc != ""
	if !known {
		phc = h.dummy
	}
	p, salt, want, err := parse(phc)
	if err != nil {
		return false, false, err
	}
	got := argon2.IDKey([]byte(norm.NFKC.String(password)), salt, p.time, p.memory, p.threads, uint32(len(want)))
	fits = subtle.ConstantTimeCompare(got, want) == 1 && known
	return fits, fits && p != h.params, nil
}

// enter waits for a slot, or refuses at once when too many wait.
func (h *Hasher) enter(ctx context.Context) (leave func(), err error) {
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > h.most {
		return nil, ErrBusy
	}
	select {
	case h.slots <- struct{}{}:
		h.done.Add(1)
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *Hasher) hash(password string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails: the program ends instead
	p := h.params
	key := argon2.IDKey([]byte(norm.NFKC.String(password)), salt, p.time, p.memory, p.threads, hashSize)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads, encode(salt), encode(key))
}

// parse reads a PHC string. Costs are bounded: what stands in a database must not take all memory.
func parse(phc string) (p params, salt, key []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, ErrForm
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil {
		return p, nil, nil, ErrForm
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(salt) < 8 || len(key) < 16 || len(key) > 128 ||
		p.memory < 8 || p.memory > 1<<20 || p.time < 1 || p.time > 100 || p.threads < 1 {
		return p, nil, nil, ErrForm
	}
	return p, salt, key, nil
}
