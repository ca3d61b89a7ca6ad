package transport

import "strings"

const (
	maskKeeps   = 6
	mostMessage = 300
	longestWord = 40
)

// Mask returns the beginning of a click id or hash, enough to know it again and too little to use it.
func Mask(identifier string) string {
	if len(identifier) <= maskKeeps {
		return strings.Repeat("…", min(len(identifier), 1))
	}
	return identifier[:maskKeeps] + "…"
}

// Message returns what Google said as it may be kept: at most 300 characters, without words that look
// like an address, a click id or a hash.
func Message(google string) string {
	words := strings.Fields(google)
	for i, word := range words {
		if strings.Contains(word, "@") || len(word) > longestWord && !strings.Contains(word, ".") {
			words[i] = "…"
		}
	}
	message := []rune(strings.ToValidUTF8(strings.Join(words, " "), "…"))
	return string(message[:min(len(message), mostMessage)])
}
