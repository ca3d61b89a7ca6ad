package collector

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/collector/internal/sites"
	"noctra/internal/envelope"
	"noctra/schema"
)

const (
	signingKey    = "nsk_of_a_shop_that_signs_0123456" // number 3; its requests have to be signed
	endingKey     = "nsk_of_a_shop_that_ends_01234567" // number 4; it ends in an hour, and may be signed
	signingSecret = "nss_secret_of_the_shop_that_signs"
)

// signingSites are the known sites with two more keys, whose signing secret is sealed under ring.
func signingSites(t testing.TB, ring *envelope.Ring) sites.Source {
	t.Helper()
	source := knownSites()
	for i, secret := range []string{signingKey, endingKey} {
		key := sites.ServerKey{ID: int64(3 + i), Workspace: 1, Hash: sha256.Sum256([]byte(secret)), SiteIDs: []schema.SiteID{7}, MustSign: i == 0}
		if i == 1 {
			key.Expires = schema.MillisOf(fixedNow.Add(time.Hour))
		}
		var err error
		if key.Sealed, err = ring.Seal([]byte(signingSecret), schema.SigningSecretPlace(key.Hash)); err != nil {
			t.Fatal(err)
		}
		source.Keys = append(source.Keys, key)
	}
	return source
}

// startSigning runs a collector whose clock is fixedNow and what is added to it.
func startSigning(t testing.TB) (r *rig, later *atomic.Int64) {
	t.Helper()
	file := tempFile(t, "signing-keys.json")
	if err := envelope.Ensure(file); err != nil {
		t.Fatal(err)
	}
	ring, err := envelope.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	later = &atomic.Int64{}
	now := func() time.Time { return fixedNow.Add(time.Duration(later.Load())) }
	return startWith(t, func(c *Config) { c.SigningKeyFile = file }, now, func(s *Service) { s.sites.Restore(signingSites(t, ring)) }), later
}

// sign makes the header of a signature, as a server does.
func sign(secret, body string, at time.Time) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "." + body))
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

func TestSignature(t *testing.T) {
	r, _ := startSigning(t)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(goodEvent))
	_ = z.Close()
	good := sign(signingSecret, goodEvent, fixedNow)
	const event = "/v1/events"
	cases := map[string]struct {
		path, body string
		headers    []string // besides the signature
		signature  string
		status     int
		code       string
	}{
		"with the key":               {event, goodEvent, []string{"Authorization", "Bearer " + signingKey}, good, 202, ""},
		"with its number":            {event, goodEvent, []string{"Noctra-Key", "3"}, sign(signingSecret, goodEvent, fixedNow.Add(time.Second)), 202, ""},
		"compressed":                 {event, packed.String(), []string{"Noctra-Key", "3", "Content-Encoding", "gzip"}, sign(signingSecret, packed.String(), fixedNow), 202, ""},
		"what is inside was signed":  {event, packed.String(), []string{"Noctra-Key", "3", "Content-Encoding", "gzip"}, sign(signingSecret, goodEvent, fixedNow), 401, "signature_wrong"},
		"none":                       {event, goodEvent, []string{"Authorization", "Bearer " + signingKey}, "", 401, "signature_missing"},
		"a number alone":             {event, goodEvent, []string{"Noctra-Key", "4"}, "", 401, "signature_missing"},
		"none where it may be":       {event, goodEvent, []string{"Authorization", "Bearer " + endingKey}, "", 202, ""},
		"wrong where it may be":      {event, goodEvent, []string{"Authorization", "Bearer " + endingKey}, sign("x", goodEvent, fixedNow), 401, "signature_wrong"},
		"another body":               {event, goodEvent + " ", []string{"Noctra-Key", "3"}, good, 401, "signature_wrong"},
		"another time":               {event, goodEvent, []string{"Noctra-Key", "3"}, strings.Replace(good, "t=", "t=0", 1), 401, "signature_wrong"},
		"old":                        {event, goodEvent, []string{"Noctra-Key", "3"}, sign(signingSecret, goodEvent, fixedNow.Add(-301*time.Second)), 401, "signature_expired"},
		"of tomorrow":                {event, goodEvent, []string{"Noctra-Key", "3"}, sign(signingSecret, goodEvent, fixedNow.Add(301*time.Second)), 401, "signature_expired"},
		"just in time":               {event, goodEvent, []string{"Noctra-Key", "3"}, sign(signingSecret, goodEvent, fixedNow.Add(-300*time.Second)), 202, ""},
		"no signature":               {event, goodEvent, []string{"Noctra-Key", "3"}, "v1=abc", 401, "signature_wrong"},
		"two signatures":             {event, goodEvent, []string{"Noctra-Key", "3"}, good + "," + good, 401, "signature_wrong"},
		"what comes later":           {event, goodEvent + "\n", []string{"Noctra-Key", "3"}, sign(signingSecret, goodEvent+"\n", fixedNow) + ", v2=abc", 202, ""},
		"an unknown number":          {event, goodEvent, []string{"Noctra-Key", "99"}, good, 401, "key_unknown"},
		"no number":                  {event, goodEvent, []string{"Noctra-Key", "x"}, good, 401, "key_unknown"},
		"an unknown key":             {event, goodEvent, []string{"Authorization", "Bearer nsk_x", "Noctra-Key", "3"}, good, 401, "key_unknown"},
		"the site in the address":    {event + "?site=" + shopKey, goodEvent, []string{"Noctra-Key", "3"}, good, 400, "request_invalid"},
		"a key that has no secret":   {event, goodEvent, []string{"Authorization", "Bearer " + serverKey}, good, 401, "signature_wrong"},
		"a key that needs it, pixel": {"/v1/pixel.gif?type=pageview&site=" + shopKey, "", []string{"Authorization", "Bearer " + signingKey}, "", 401, ""},
	}
	for name, c := range cases {
		method := "POST"
		if strings.Contains(c.path, "pixel") {
			method = "GET"
		}
		if c.signature != "" {
			c.headers = append(c.headers, "Noctra-Signature", c.signature)
		}
		a := r.call(t, method, c.path, c.body, c.headers...)
		if a.Status != c.status || c.code != "" && (len(a.Rejected) != 1 || a.Rejected[0].Code != c.code || a.Rejected[0].Message == "") {
			t.Errorf("%s: %d %s, want %d %s", name, a.Status, a.Body, c.status, c.code)
		}
	}
	if n := r.sink.counted()["7 server signature_wrong"]; n != 7 {
		t.Errorf("%d wrong signatures are counted for the site: %v", n, r.sink.counted())
	}
	r.balanced(t)
	r.conserved(t)
}

// A signed request that comes again was taken, or is taken now: nothing is lost, and nothing doubled.
func TestSignedAgain(t *testing.T) {
	r, _ := startSigning(t)
	send := func(r *rig, body string) reply {
		t.Helper()
		return r.call(t, "POST", "/v1/events", body, "Noctra-Key", "3", "Noctra-Signature", sign(signingSecret, body, fixedNow))
	}
	named := strings.Replace(goodEvent, "{", `{"id":"mine",`, 1)
	both := "[" + goodEvent + "," + named + "," + goodEvent + "]"

	r.sink.fail(errors.New("away"))
	if a := send(r, both); a.Status != 503 {
		t.Fatalf("kafka away: %d %s", a.Status, a.Body)
	}
	r.sink.fail(nil)
	if a := send(r, both); a.Status != 202 || a.Accepted != 3 {
		t.Fatalf("the first that is taken: %d %s", a.Status, a.Body)
	}
	first := ids(r.sink.take(t))
	if len(first) != 3 || first[0] == first[2] || first[1] != "mine" || first[0][14] != '7' {
		t.Errorf("ids %v", first)
	}
	a := send(r, both)
	if a.Status != 202 || a.Accepted != 1 || len(a.Rejected) != 2 || a.Rejected[0].Code != "signature_replayed" || a.Rejected[1].Index != 2 {
		t.Errorf("again, in part: %d %s", a.Status, a.Body)
	}
	if diff := cmp.Diff([]string{"mine"}, ids(r.sink.take(t))); diff != "" {
		t.Error(diff)
	}
	for want, body := range map[int]string{202: named, 401: goodEvent} {
		if a := send(r, body); a.Status != 202 {
			t.Errorf("first: %d %s", a.Status, a.Body)
		}
		if a := send(r, body); a.Status != want {
			t.Errorf("again: %d %s, want %d", a.Status, a.Body, want)
		}
	}
	other, _ := startSigning(t) // has not seen it, and makes the same ids
	if a := send(other, both); a.Status != 202 || a.Accepted != 3 {
		t.Errorf("another collector: %d %s", a.Status, a.Body)
	}
	if diff := cmp.Diff(first, ids(other.sink.take(t))); diff != "" {
		t.Errorf("ids of another collector: %s", diff)
	}
	r.conserved(t)
}

func ids(events []schema.Event) (all []string) {
	for _, e := range events {
		all = append(all, e.ID)
	}
	return all
}

// Without the file of signing keys a signature cannot be checked: the sender is told to come again.
func TestSignatureWithoutKeys(t *testing.T) {
	r, _ := startSigning(t)
	r.signing.ring = nil
	a := r.call(t, "POST", "/v1/events", goodEvent, "Noctra-Key", "3", "Noctra-Signature", sign(signingSecret, goodEvent, fixedNow))
	if a.Status != 503 || a.Rejected[0].Code != "not_ready" || a.Header.Get("Retry-After") == "" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// A key ends by the clock, without word from Postgres; its owner sees that it is still used.
func TestKeyEnds(t *testing.T) {
	r, later := startSigning(t)
	with := []string{"Authorization", "Bearer " + endingKey}
	later.Store(int64(time.Hour - time.Millisecond))
	if a := r.call(t, "POST", "/v1/events", goodEvent, with...); a.Status != 202 {
		t.Errorf("before: %d %s", a.Status, a.Body)
	}
	later.Store(int64(time.Hour))
	if a := r.call(t, "POST", "/v1/events", goodEvent, with...); a.Status != 401 || a.Rejected[0].Code != "key_expired" {
		t.Errorf("after: %d %s", a.Status, a.Body)
	}
	if n := r.sink.counted()["7 server key_expired"]; n != 1 {
		t.Errorf("counted: %v", r.sink.counted())
	}
}

// Signatures are remembered as long as they are good, and not without bound.
func TestReplays(t *testing.T) {
	r := newReplays()
	mac := func(i int) [32]byte { return sha256.Sum256(fmt.Append(nil, i)) }
	r.note(mac(0), 0)
	for minute := range 10 {
		r.note(mac(100+minute), schema.Millis(minute)*60_000)
	}
	if !r.knows(mac(0)) || r.knows(mac(1)) {
		t.Error("ten minutes: one is forgotten, or one is known that never was")
	}
	for i := range 3 * mostReplays {
		r.note(mac(1000+i), 10*60_000)
	}
	if n := r.size(); n > 2*mostReplays || !r.knows(mac(1000+3*mostReplays-1)) || r.knows(mac(0)) {
		t.Errorf("%d are remembered", n)
	}
}

func FuzzSignature(f *testing.F) {
	f.Add([]byte(sign("x", "y", fixedNow)))
	f.Add([]byte("t=1,v1=,v1="))
	f.Add([]byte(",=,t"))
	f.Fuzz(func(t *testing.T, header []byte) {
		s, at, ok := parseSignature(header)
		if ok && (len(s.time) == 0 || at < 0) {
			t.Errorf("%q: %+v at %d", header, s, at)
		}
	})
}
