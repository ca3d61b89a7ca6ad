package token_test

import (
	"regexp"
	"testing"

	"noctra/admin/internal/token"
)

func TestForm(t *testing.T) {
	for made, form := range map[string]string{
		token.NewSite():         `^nst_[0-9A-Za-z]{20}$`,
		token.New(token.Server): `^nsk_[0-9A-Za-z]{43}$`,
		token.New(token.API):    `^nak_[0-9A-Za-z]{43}$`,
		token.New(""):           `^[0-9A-Za-z]{43}$`,
	} {
		if !regexp.MustCompile(form).MatchString(made) {
			t.Errorf("%q is not %s", made, form)
		}
	}
	if len(token.Hash("nak_a")) != 32 {
		t.Error("hash of another length than Postgres takes")
	}
}

func TestEveryCharacterComes(t *testing.T) {
	seen := map[byte]int{}
	for range 2000 {
		for _, c := range []byte(token.New("")) {
			seen[c]++
		}
	}
	if len(seen) != 62 {
		t.Fatalf("%d characters, want 62", len(seen))
	}
	for c, n := range seen { // 1387 expected, standard deviation 37
		if n < 1150 || n > 1650 {
			t.Errorf("%q came %d times of 86000", c, n)
		}
	}
}

func TestLooks(t *testing.T) {
	good := token.New(token.API)
	for s, want := range map[string]bool{good: true, good[:len(good)-1]: false, good + "a": false, token.New(token.Server): false, "": false, good[:len(good)-1] + "/": false} {
		if got := token.Looks(s, token.API); got != want {
			t.Errorf("Looks(%q) = %v", s, got)
		}
	}
}
