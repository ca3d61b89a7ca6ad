package transport

import "strings"

const (
	mostMessage = 300
	longestWord = 40
)

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
