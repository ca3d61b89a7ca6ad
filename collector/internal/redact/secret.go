package redact

import "strings"

// minSecret is the shortest run of letters and digits that can be a secret by
// its looks alone.
const minSecret = 20

// secretWords name parameters that hold something which lets its bearer in,
// secretSegments path segments that stand before one.
var (
	secretWords = [...]string{
		"token", "access_token", "refresh_token", "id_token", "auth_token", "csrf", "csrf_token", "auth", "authorization", "jwt", "otp", "nonce",
		"api_key", "apikey", "api-key", "key", "secret", "client_secret", "password", "passwd", "pwd", "pass", "code", "sig", "signature",
		"session", "sessionid", "session_id", "jsessionid", "phpsessid", "sid",
	}
	secretSegments = [...]string{
		"token", "reset", "reset-password", "password-reset", "reset_password", "verify", "verify-email", "confirm", "confirmation", "activate",
		"invite", "invitation", "magic", "magic-link", "unsubscribe", "auth", "callback",
	}
)

func secretName(name string) bool { return among(name, secretWords[:]) }

// among reports whether name, in any case, is one of words.
func among(name string, words []string) bool {
	for _, word := range words {
		if len(word) == len(name) && strings.EqualFold(word, name) {
			return true
		}
	}
	return false
}

// random reports whether a path segment that stands where secrets do looks
// like one: here a UUID and a shorter string suffice, but a slug does not.
func random(segment string) bool {
	if uuid(segment) {
		return true
	}
	upper, lower, digits := cases(segment)
	return len(segment) >= 16 && upper+lower > 0 && digits >= 2 && changes(segment)*3 >= len(segment)
}

// secretish reports whether a value whose name says that it is secret looks
// so: 16 bytes or more without blanks, with a digit or in mixed case. "code=SUMMER-SALE"
// stays.
func secretish(value string) bool {
	if len(value) < 16 || strings.ContainsAny(value, " \t/") {
		return false
	}
	upper, lower, digits := cases(value)
	return digits > 0 && upper+lower > 0 || digits >= 16 || upper > 2 && lower > 2
}

// secret reports whether a run of [A-Za-z0-9_+-] and closing = is a random
// string. UUIDs are not: they name things.
func secret(run string) bool {
	if uuid(run) {
		return false
	}
	bare := strings.TrimRight(run, "=")
	for _, part := range strings.FieldsFunc(bare, func(r rune) bool { return r == '-' || r == '_' || r == '+' }) {
		if hexSecret(part) || smallSecret(part) {
			return true
		}
	}
	upper, lower, digits := cases(bare)
	if upper == 0 || lower == 0 || digits < 2 || upper+lower+digits < 24 {
		return false
	}
	return changes(bare)*2 >= upper+lower+digits-1
}

// hexSecret is 32 or more hexadecimal digits: a hash or a key.
func hexSecret(part string) bool {
	if len(part) < 32 {
		return false
	}
	for i := 0; i < len(part); i++ {
		c := part[i] | 0x20
		if !digit(part[i]) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// smallSecret is a long run of letters of one case mixed with digits all over.
func smallSecret(part string) bool {
	upper, lower, digits := cases(part)
	return len(part) >= 28 && (upper == 0 || lower == 0) && digits >= 5 && changes(part)*4 >= len(part)
}

// changes counts how often the kind of character changes between upper case,
// lower case and digits. In random text it does at more than half of the
// places, in words and article numbers at a third at most.
func changes(s string) int {
	kind, count := 0, -1
	for i := 0; i < len(s); i++ {
		k := kind
		switch c := s[i]; {
		case digit(c):
			k = 1
		case c >= 'a' && c <= 'z':
			k = 2
		case c >= 'A' && c <= 'Z':
			k = 3
		}
		if k != kind {
			kind = k
			count++
		}
	}
	return max(count, 0)
}

func cases(s string) (upper, lower, digits int) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case digit(c):
			digits++
		case c >= 'a' && c <= 'z':
			lower++
		case c >= 'A' && c <= 'Z':
			upper++
		}
	}
	return upper, lower, digits
}

// uuid reports whether s is one in its usual form.
func uuid(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !digit(s[i]) && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}
