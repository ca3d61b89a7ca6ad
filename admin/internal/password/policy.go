package password

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the list
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of a password, in characters. Why 12: docs/decisions/0091.
const (
	Shortest = 12
	Longest  = 128
)

// product is what somebody guesses first who knows where the password is used.
const product = "noctra"

// common.txt.gz is made by `make passwords`, sorted; where it comes from and its licence stand in
// common-LICENSE.txt.
//
//go:embed common.txt.gz
var packed []byte

var common = sync.OnceValue(func() []string {
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err) // the program was built with a broken list
	}
	raw, err := io.ReadAll(reader)
	if err != nil {
		panic(err)
	}
	return strings.Split(strings.TrimSpace(string(raw)), "\n")
})

// Refuse returns why a password may not be chosen, as a sentence, empty where it may. own is what is
// known of the person: name, parts of the e-mail address.
func Refuse(password string, own ...string) string {
	password = norm.NFKC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl):
		return "A password has no control characters."
	case n < Shortest:
		return fmt.Sprintf("A password has at least %d characters; a few words in a row do.", Shortest)
	case n > Longest:
		return fmt.Sprintf("A password has at most %d characters.", Longest)
	}
	plain := strings.ToLower(password)
	if strings.Contains(plain, product) {
		return "A password does not contain the name of this service."
	}
	for _, o := range own {
		o = strings.ToLower(norm.NFKC.String(strings.TrimSpace(o)))
		if utf8.RuneCountInString(o) >= 4 && strings.Contains(plain, o) {
			return "A password does not contain your name or address."
		}
	}
	if weak(plain) {
		return "This password, or one much like it, is on lists that are tried first; take another."
	}
	return ""
}

// Own lists what of a person must not stand in their password: the name and its parts, the address
// and its parts.
func Own(name, email string) []string {
	local, domain, _ := strings.Cut(email, "@")
	host, _, _ := strings.Cut(domain, ".")
	own := append([]string{name, strings.ReplaceAll(name, " ", ""), email, local, domain, host}, strings.Fields(name)...)
	return append(own, strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune(".+-_", r) })...)
}

// leet are the replacements that guessing programs try first.
var leet = strings.NewReplacer("@", "a", "4", "a", "8", "b", "3", "e", "6", "g", "1", "i", "!", "i", "0", "o", "$", "s", "5", "s", "7", "t", "+", "t", "2", "z")

// weak says whether a password is on the list, or is one of it with something simple done to it:
// characters replaced, digits and signs added at its ends, or repeated.
func weak(plain string) bool {
	if listed(plain) || fewDifferent(plain) {
		return true
	}
	trim := func(s string) string {
		return strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	}
	for _, form := range []string{plain, trim(plain), trim(unrepeated(plain)), leet.Replace(plain), leet.Replace(trim(plain)), trim(leet.Replace(plain))} {
		if form == "" || listed(form) || listed(unrepeated(form)) || run(form) {
			return true
		}
	}
	return false
}

func listed(s string) bool {
	if utf8.RuneCountInString(s) < 4 {
		return s == "" // a few letters between digits are looked at as a whole
	}
	_, found := slices.BinarySearch(common(), s)
	return found
}

// fewDifferent says whether the whole has less than five different characters.
func fewDifferent(s string) bool {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen) < 5
}

// unrepeated returns the shortest part of which s is repetitions; s itself where there is none.
func unrepeated(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return s[:n]
		}
	}
	return s
}

// run says whether s is a piece of a row of keys or of the alphabet, once or over and over.
func run(s string) bool {
	for _, row := range []string{"abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "01234567890"} {
		again := strings.Repeat(row, 2+len(s)/len(row))
		reversed := []byte(again)
		slices.Reverse(reversed)
		if strings.Contains(again, s) || strings.Contains(string(reversed), s) {
			return true
		}
	}
	return false
}
