package device

import "strings"

// matcher finds which group of tokens occurs in a text, in one walk over it.
type matcher struct {
	buckets [1024][]groupToken
}

// groupToken is a token of at least two bytes and the group that it is of.
type groupToken struct {
	text  string
	group int
}

func newMatcher(groups ...[]string) *matcher {
	m := &matcher{}
	for g, tokens := range groups {
		for _, t := range tokens {
			b := bucket(t[0], t[1])
			m.buckets[b] = append(m.buckets[b], groupToken{t, g})
		}
	}
	return m
}

func bucket(a, b byte) int { return int(a&31)<<5 | int(b&31) }

// first returns the lowest group with a token in s, or -1.
func (m *matcher) first(s string) int {
	found := -1
	for i := 0; i+1 < len(s); i++ {
		for _, t := range m.buckets[bucket(s[i], s[i+1])] {
			if (found < 0 || t.group < found) && strings.HasPrefix(s[i:], t.text) {
				found = t.group
			}
		}
	}
	return found
}
