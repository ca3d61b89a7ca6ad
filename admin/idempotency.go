package admin

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/store"
)

const (
	answersKept    = 24 * time.Hour
	longestKey     = 255
	mostIdempotent = 1 << 20 // bytes of a request
)

// once answers a request that carries an Idempotency-Key: the first makes what it asks for, and every
// other within a day gets the same answer. The answer is kept in the transaction that makes things, so
// that there is never one without the other; of two at once, the second waits for the first.
func (s *Service) once(c huma.Context, key string, next func(huma.Context)) {
	r, w := humago.Unwrap(c)
	ask, err := readOnce(r, s.credentialsOf(r).secret(), key)
	if err != nil {
		s.writeProblem(w, s.refused(c.Context(), err))
		return
	}
	var out recorded
	err = again(c.Context(), func() (err error) {
		out, err = s.onceTried(c, ask, next)
		return err
	})
	if err != nil && !errors.Is(err, errNothingMade) {
		s.writeProblem(w, s.refused(c.Context(), err))
		return
	}
	for name, values := range out.Header {
		w.Header()[name] = values
	}
	c.SetStatus(out.Status)
	_, _ = c.BodyWriter().Write(out.Body) // the client may be gone
}

// onceTried is once in one transaction. What broke off with the connection to Postgres is no answer.
func (s *Service) onceTried(c huma.Context, ask onceAsk, next func(huma.Context)) (out recorded, err error) {
	r, _ := humago.Unwrap(c)
	err = pgx.BeginFunc(c.Context(), s.pool, func(tx pgx.Tx) (err error) {
		q := store.New(tx)
		if out, err = s.keptAnswer(c.Context(), q, ask); err != nil || out.Status != 0 {
			return err
		}
		into := &recorder{header: http.Header{}}
		held := r.WithContext(store.Hold(c.Context(), tx))
		held.Body = io.NopCloser(bytes.NewReader(ask.body))
		next(humago.NewContext(c.Operation(), held, into))
		out = into.recorded()
		if out.Status >= http.StatusBadRequest && tx.Conn().IsClosed() {
			return errConnectionLost
		}
		if out.Status >= http.StatusBadRequest {
			return errNothingMade
		}
		sealed, err := ask.seal(out)
		if err != nil {
			return err
		}
		if err := q.KeepAnswer(c.Context(), store.KeepAnswerParams{Name: ask.name, Answer: sealed}); err != nil {
			return fmt.Errorf("keep answer: %w", err)
		}
		return nil
	})
	return out, err
}

// errConnectionLost is when Postgres went away in the middle.
var errConnectionLost = errors.New("the connection to Postgres was lost")

// errNothingMade rolls a refused request back; the next with its key is tried anew.
var errNothingMade = errors.New("nothing was made")

// onceAsk is a request that is to be done once.
type onceAsk struct {
	name   []byte // under which its answer is kept
	secret []byte // under which its answer is sealed
	hash   []byte // of method, address and body
	body   []byte
}

// readOnce reads the request. Name and key of the answer come from the caller's own secret, so that the
// database alone opens no answer: there may be new keys in it.
func readOnce(r *http.Request, caller, key string) (onceAsk, error) {
	if len(key) > longestKey || !printable(key) {
		return onceAsk{}, &fault{kind: invalidRequest, detail: fmt.Sprintf("An Idempotency-Key has at most %d characters, and no control characters.", longestKey),
			problems: []FieldProblem{{"header.Idempotency-Key", "This is none."}}}
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, mostIdempotent+1))
	if err != nil {
		return onceAsk{}, refuse(malformed, "The request did not arrive as a whole.")
	}
	if len(body) > mostIdempotent {
		return onceAsk{}, refuse(tooLarge, "The request is too large.")
	}
	derive := func(purpose string) []byte {
		mac := hmac.New(sha256.New, []byte(caller))
		_, _ = fmt.Fprintf(mac, "%s\x00%s", purpose, key)
		return mac.Sum(nil)
	}
	request := sha256.New()
	_, _ = fmt.Fprintf(request, "%s %s\x00%s", r.Method, r.URL.RequestURI(), body)
	return onceAsk{name: derive("name"), secret: derive("answer"), hash: request.Sum(nil), body: body}, nil
}

// keptAnswer returns the answer to a request that was done before, or claims its name.
func (s *Service) keptAnswer(ctx context.Context, q *store.Queries, ask onceAsk) (recorded, error) {
	now := s.now()
	n, err := q.ClaimAnswer(ctx, store.ClaimAnswerParams{Name: ask.name, RequestHash: ask.hash, CreatedAt: now, Before: now.Add(-answersKept)})
	if err != nil {
		return recorded{}, fmt.Errorf("claim answer: %w", err)
	}
	if n == 1 {
		return recorded{}, nil
	}
	row, err := q.KeptAnswer(ctx, ask.name)
	if err != nil {
		return recorded{}, fmt.Errorf("read kept answer: %w", err)
	}
	if !bytes.Equal(row.RequestHash, ask.hash) {
		return recorded{}, refuse(keyReused, "This Idempotency-Key came with another request before; take a new one.")
	}
	return ask.open(row.Answer)
}

// recorded is an answer as it is kept.
type recorded struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

func (a onceAsk) sealer() (cipher.AEAD, error) {
	block, err := aes.NewCipher(a.secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (a onceAsk) seal(answer recorded) ([]byte, error) {
	raw, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("keep answer: %w", err)
	}
	aead, err := a.sealer()
	if err != nil {
		return nil, fmt.Errorf("keep answer: %w", err)
	}
	return aead.Seal(nil, nil, raw, a.name), nil
}

func (a onceAsk) open(sealed []byte) (recorded, error) {
	var answer recorded
	aead, err := a.sealer()
	if err == nil {
		sealed, err = aead.Open(nil, nil, sealed, a.name)
	}
	if err == nil {
		err = json.Unmarshal(sealed, &answer)
	}
	if err != nil {
		return answer, fmt.Errorf("open kept answer: %w", err)
	}
	return answer, nil
}

// recorder takes an answer that is not sent yet.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write implements io.Writer.
func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

func (r *recorder) recorded() recorded {
	r.WriteHeader(http.StatusOK)
	return recorded{r.status, r.header, r.body.Bytes()}
}
