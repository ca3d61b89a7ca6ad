package totp

import (
	"net/url"
	"testing"
	"time"
)

// The vectors of RFC 6238, appendix B, for SHA-1; its codes have eight digits, ours the last six.
func TestVectors(t *testing.T) {
	seed := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := Code(seed, Step(time.Unix(at, 0))); got != want {
			t.Errorf("%d: %s, want %s", at, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	seed, at := NewSeed(), time.Unix(1_800_000_000, 0)
	now := Step(at)
	check := func(step, after int64, want bool) {
		t.Helper()
		got, ok := Check(seed, Code(seed, step), at, after)
		if ok != want || ok && got != step {
			t.Errorf("step %d after %d: %d, %v", step-now, after-now, got, ok)
		}
	}
	for d := int64(-3); d <= 3; d++ {
		check(now+d, 0, d >= -1 && d <= 1)
	}
	check(now, now, false) // used already
	check(now-1, now, false)
	check(now+1, now, true)
	for _, bad := range []string{"", "12345", "1234567", "abcdef"} {
		if _, ok := Check(seed, bad, at, 0); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestURI(t *testing.T) {
	seed := NewSeed()
	u, err := url.Parse(URI(seed, "Noctra", "mara+x@acme.example"))
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Noctra:mara+x@acme.example" || u.Query().Get("secret") != Text(seed) || len(Text(seed)) != 32 {
		t.Errorf("%v, %v", u, err)
	}
}
