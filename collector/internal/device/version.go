package device

import "strings"

// after returns the text that follows the first token in s.
func after(s, token string) (string, bool) {
	i := strings.Index(s, token)
	if i < 0 {
		return "", false
	}
	return s[i+len(token):], true
}

// version returns the dotted number that s starts with, at most maxVersion
// bytes and without a trailing dot. Apple's underscores become dots.
func version(s string) string {
	end, underscores := 0, false
	for end < len(s) && end < maxVersion {
		c := s[end]
		if c == '_' {
			underscores = true
		} else if c != '.' && (c < '0' || c > '9') {
			break
		}
		end++
	}
	v := strings.Trim(s[:end], "._")
	if underscores {
		v = strings.ReplaceAll(v, "_", ".")
	}
	return v
}

// leadingNumber returns the number before the first dot, 0 when there is none.
func leadingNumber(v string) int {
	n := 0
	for i := 0; i < len(v) && v[i] >= '0' && v[i] <= '9' && n < 1e6; i++ {
		n = n*10 + int(v[i]-'0')
	}
	return n
}
