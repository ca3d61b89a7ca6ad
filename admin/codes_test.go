package admin

import (
	"slices"
	"testing"
)

// Every code has a meaning and a status, and every route that is named in a table exists.
func TestCodes(t *testing.T) {
	for code := range statuses {
		if meanings[code] == "" {
			t.Errorf("%s: no meaning, for the description", code)
		}
	}
	for code := range meanings {
		if statuses[code] == 0 {
			t.Errorf("%s: no status", code)
		}
	}
	routes := (&Service{}).routes()
	for name, codes := range ownCodes {
		if !slices.ContainsFunc(routes, func(r route) bool { return r.name == name }) {
			t.Errorf("%s: no such route", name)
		}
		for _, code := range codes {
			if statuses[code] == 0 {
				t.Errorf("%s: %s has no status", name, code)
			}
		}
	}
}
