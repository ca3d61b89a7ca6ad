package collector

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/valyala/fasthttp"

	"noctra/collector/internal/ingest"
	"noctra/collector/internal/sites"
	"noctra/internal/envelope"
	"noctra/schema"
)

// Headers of signed requests.
const (
	signatureHeader = "Noctra-Signature" // t=<Unix seconds>,v1=<HMAC-SHA-256 of "t.body", in hex>
	keyHeader       = "Noctra-Key"       // number of the server key, in place of the key itself
)

// signatureWindow is how far, in milliseconds, a signature's time may be off.
const signatureWindow = 5 * 60_000

// signature is what a request is signed with.
type signature struct {
	given  bool
	time   []byte // as it was signed
	mac    [sha256.Size]byte
	good   bool // it fits
	before bool // a request with it was taken already
}

// parseSignature reads the header. Parts that it does not know are passed over.
func parseSignature(header []byte) (s signature, at schema.Millis, ok bool) {
	s.given = true
	for part := range bytes.SplitSeq(header, []byte(",")) {
		name, value, _ := bytes.Cut(bytes.TrimSpace(part), []byte("="))
		switch string(name) {
		case "t":
			seconds, err := strconv.ParseUint(string(value), 10, 40)
			if err != nil || s.time != nil {
				return s, 0, false
			}
			s.time, at = bytes.Clone(value), schema.Millis(seconds)*1000
		case "v1":
			if n, err := hex.Decode(make([]byte, len(value)), value); err != nil || n != len(s.mac) || ok {
				return s, 0, false
			}
			_, _ = hex.Decode(s.mac[:], value) // was just tried
			ok = true
		}
	}
	return s, at, ok && s.time != nil
}

// identifyServer finds out which server sends, by its key or, where the request is signed, by the key's
// number. An answer with a status ends the request.
func (s *Service) identifyServer(ctx *fasthttp.RequestCtx, w *work) answerTo {
	header, who := &ctx.Request.Header, &w.who
	auth, named := header.Peek(fasthttp.HeaderAuthorization), header.Peek(keyHeader)
	switch {
	case len(auth) > len(bearer) && bytes.EqualFold(auth[:len(bearer)], bearer):
		secret := bytes.TrimSpace(auth[len(bearer):])
		if who.key = who.sites.Key(secret); who.key == nil && s.canary.knows(secret) {
			who.probe, who.site = true, s.canary.site
			return answerTo{}
		}
	case len(auth) == 0:
		number, _ := strconv.ParseInt(string(bytes.TrimSpace(named)), 10, 64)
		who.key = who.sites.NumberedKey(number)
	}
	switch {
	case who.key == nil && len(auth) == 0:
		return refusal(401, "site", ingest.KeyUnknown, "There is no server key with the number of the header "+keyHeader+", or it was revoked.")
	case who.key == nil:
		return refusal(401, "site", ingest.KeyUnknown, "The server key of the Authorization header is not known, or was revoked.")
	}
	who.site = who.key.Only
	if who.key.Ended(w.received) {
		return refusal(401, "site", ingest.KeyExpired, "The server key has ended; use the one that was made for it, or a new one.")
	}
	if who.key.Postback && string(ctx.Path()) != postbackPath {
		return refusal(403, "site", ingest.KeyScope, "The server key is for postbacks alone.")
	}
	if a := s.readSignature(ctx, w, len(auth) == 0); a.status != 0 {
		return a
	}
	return who.judge(header.Peek(doorHeader))
}

// readSignature reads the signature, if there is one, and checks its time. needed says that nothing else
// shows who sends.
func (s *Service) readSignature(ctx *fasthttp.RequestCtx, w *work, needed bool) answerTo {
	header := ctx.Request.Header.Peek(signatureHeader)
	if len(header) == 0 {
		if needed || w.who.key.MustSign {
			return refusal(401, "site", ingest.SignatureMissing, "Requests with this server key need the header "+signatureHeader+".")
		}
		return answerTo{}
	}
	given, at, ok := parseSignature(header)
	if !ok {
		return refusal(401, "site", ingest.SignatureWrong, "The header "+signatureHeader+" is not t=<Unix seconds>,v1=<64 hex digits>.")
	}
	if off := w.received - at; off > signatureWindow || off < -signatureWindow {
		return refusal(401, "site", ingest.SignatureExpired, "The time of the signature is more than five minutes off; sign when you send, and look at the clock.")
	}
	if !ctx.IsPost() || ctx.QueryArgs().Has("site") {
		return refusal(400, "site", ingest.RequestInvalid, "A signature is of the body alone: send with POST, and name the site in the events.")
	}
	w.who.signature = given
	return answerTo{}
}

// verify checks the signature of a request, given its body as it came.
func (s *Service) verify(w *work, body []byte) answerTo {
	signed := &w.who.signature
	if !signed.given {
		return answerTo{}
	}
	secret, err := s.signing.secret(w.who.key)
	if errors.Is(err, errNoSecret) {
		return refusal(401, "site", ingest.SignatureWrong, "This server key has no signing secret; rotate it to get one.")
	}
	if err != nil {
		s.quiet.Error("signature not checked", "key_id", w.who.key.ID, "error", err.Error())
		a := refusal(503, "site", ingest.NotReady, "Signatures cannot be checked at the moment; send again.")
		a.retry = retrySpool
		return a
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(signed.time)
	mac.Write([]byte{'.'})
	mac.Write(body)
	if !hmac.Equal(mac.Sum(nil), signed.mac[:]) {
		return refusal(401, "site", ingest.SignatureWrong, "The signature does not fit the body: sign it as it is sent, compressed or not.")
	}
	signed.good, signed.before = true, s.replays.knows(signed.mac)
	return answerTo{}
}

// nameEvent gives an event without an id one. Of a signed request it follows from the signature and the
// event's place, so that the request makes the same ids wherever it is sent again.
func nameEvent(w *work, d *ingest.Decoder) *ingest.Rejection {
	signed := &w.who.signature
	if signed.before {
		return d.Reject("id", ingest.SignatureReplayed, "A request with this signature was taken already, and this event with it.")
	}
	w.ids = w.ids[:0]
	if !signed.good {
		w.ids = newID(w.ids, w.received)
		return nil
	}
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(signed.mac[:], uint32(w.place)))
	seconds, _ := strconv.ParseUint(string(signed.time), 10, 40) // was read before
	w.ids = appendUUID(w.ids, schema.Millis(seconds)*1000, binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:]))
	return nil
}

// signing opens signing secrets and remembers them.
type signing struct {
	ring *envelope.Ring // nil: signatures cannot be checked

	mu   sync.Mutex
	open map[int64][]byte // by key; a key's secret never changes
}

// mostSecrets is how many are remembered.
const mostSecrets = 10_000

var (
	errNoSecret = errors.New("the key has no signing secret")
	errNoRing   = errors.New("--signing-key-file is not set")
)

// secret returns what requests with the key are signed with.
func (s *signing) secret(key *sites.ServerKey) ([]byte, error) {
	if len(key.Sealed) == 0 {
		return nil, errNoSecret
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if plain, ok := s.open[key.ID]; ok {
		return plain, nil
	}
	if s.ring == nil {
		return nil, errNoRing
	}
	plain, err := s.ring.Unseal(key.Sealed, schema.SigningSecretPlace(key.Hash))
	if err != nil {
		return nil, fmt.Errorf("open signing secret: %w", err)
	}
	if s.open == nil || len(s.open) >= mostSecrets {
		s.open = map[int64][]byte{}
	}
	s.open[key.ID] = plain
	return plain, nil
}

// openSigning opens the file of signing keys that the settings name.
func (s *Service) openSigning() error {
	if s.config.SigningKeyFile == "" {
		return nil
	}
	ring, err := envelope.Open(s.config.SigningKeyFile)
	if err != nil {
		return fmt.Errorf("--signing-key-file: %w", err)
	}
	s.signing.ring = ring
	return nil
}
