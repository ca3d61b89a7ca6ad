package report

import "strings"

// Problem is one thing wrong with a query: where it stands in the JSON, such as filters[0][1],
// and a sentence that names the value and the rule.
type Problem struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

// Error is a query that cannot be answered as it was asked, with every problem found, in the order
// of the JSON. It is the caller's fault: HTTP status 400.
type Error struct{ Problems []Problem }

func (e *Error) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.Message
		if p.Path != "" {
			parts[i] = p.Path + ": " + p.Message
		}
	}
	return "wrong query: " + strings.Join(parts, "; ")
}
