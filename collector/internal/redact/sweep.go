package redact

import (
	"regexp"
	"strings"
)

// suspicious reports whether s may hold anything to redact. It errs on that
// side, and is the only thing that most texts go through.
func suspicious(s string) bool {
	digits, run, scored := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '@' || c == '%' || c == '=':
			return true
		case digit(c):
			digits++
			run++
		case letter(c) || c == '-':
			run++
		case c == '_': // marks of vendors end in one
			run++
			scored = true
		default:
			run = 0
		}
		if digits >= 7 || run >= minSecret && (digits >= 1 || scored) {
			return true
		}
	}
	return false
}

var (
	emailForm = regexp.MustCompile(`[\p{L}\p{N}._%+'\-]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}\-]{0,61}[\p{L}\p{N}])?\.)+\p{L}{2,24}`)
	jwtForm   = regexp.MustCompile(`eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*)?`)
	// vendorForm are the prefixes by which vendors mark their secrets.
	vendorForm = regexp.MustCompile(`(?:[spr]k_(?:live|test)_|cs_(?:live|test)_|whsec_|gh[pousr]_|github_pat_|xox[abprs]-|glpat-|ya29\.|AKIA|AIza|nsk_|nak_)[A-Za-z0-9_\-]{12,}`)
	pairForm   = regexp.MustCompile(`([A-Za-z_\-]{2,24})=([^\s&;/=]{6,}=*)`)
	runForm    = regexp.MustCompile(`[A-Za-z0-9_\-+]{20,}={0,2}`)
)

// sweepSegment redacts a decoded path segment. The one before it may say what
// it is.
func sweepSegment(s, before string) string {
	switch {
	case among(before, secretSegments[:]) && random(s):
		return Token
	case among(before, phoneSegments[:]) && phoneDigits(s):
		return Phone
	}
	return sweep(s)
}

// sweepValue redacts a decoded parameter, whose name may say what it is.
func sweepValue(s, name string) string {
	switch {
	case secretName(name) && secretish(s):
		return Token
	case phoneName(name) && phoneDigits(s):
		return Phone
	}
	return sweep(s)
}

// sweep redacts decoded text.
func sweep(s string) string {
	if strings.Contains(s, "@") {
		s = emailForm.ReplaceAllString(s, Email)
	}
	if strings.Contains(s, "=") {
		s = pairForm.ReplaceAllStringFunc(s, sweepPair)
	}
	if longRun(s) {
		s = jwtForm.ReplaceAllString(s, Token)
		s = vendorForm.ReplaceAllString(s, Token)
		s = runForm.ReplaceAllStringFunc(s, sweepRun)
	}
	return phones(s)
}

func sweepPair(pair string) string {
	name, value, _ := strings.Cut(pair, "=")
	switch {
	case secretName(name) && secretish(value):
		return name + "=" + Token
	case phoneName(name) && phoneDigits(value):
		return name + "=" + Phone
	}
	return pair
}

func sweepRun(run string) string {
	if secret(run) {
		return Token
	}
	return run
}

// longRun reports whether s has an unbroken run that is long enough for a
// secret.
func longRun(s string) bool {
	run := 0
	for i := 0; i < len(s); i++ {
		if letter(s[i]) || digit(s[i]) || s[i] == '_' || s[i] == '-' || s[i] == '.' || s[i] == '+' {
			if run++; run >= 16 {
				return true
			}
		} else {
			run = 0
		}
	}
	return false
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
