package testenv

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"sync"
	"testing"
)

// shapes are the forms of what never stands in a log, whatever a test did.
var shapes = []struct {
	name string
	form *regexp.Regexp
}{
	{"a key", regexp.MustCompile(`n(?:[as]k|ss)_[A-Za-z0-9]{20,}`)},
	{"a token", regexp.MustCompile(`(?:^|[^/A-Za-z0-9])[A-Za-z0-9]{43}\b`)},
	{"a link", regexp.MustCompile(`[#?&]token=[^*&\s"]`)},
	{"a password in an address", regexp.MustCompile(`://[^/\s:@"]+:[^*/\s@"][^/\s@"]*@`)},
	{"an e-mail address", regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`)},
	{"a hash of a password", regexp.MustCompile(`\$argon2`)},
}

// Leaks returns what in a log is, by its form, a secret or says who somebody is, and what of the canaries,
// which are secrets that a test has used, is in it.
func Leaks(log []byte, canaries ...string) (found []string) {
	for _, s := range shapes {
		if at := s.form.FindIndex(log); at != nil {
			found = append(found, fmt.Sprintf("%s: %s", s.name, around(log, at[0])))
		}
	}
	for _, secret := range canaries {
		if at := bytes.Index(log, []byte(secret)); secret != "" && at >= 0 {
			found = append(found, fmt.Sprintf("a canary: %s", around(log, at)))
		}
	}
	return found
}

func around(log []byte, at int) []byte { return log[max(0, at-100):min(len(log), at+100)] }

// Log returns where a service of a test writes its log. At the test's end it must have nothing that Leaks
// finds.
func Log(t testing.TB, canaries ...string) io.Writer {
	w := &watched{}
	t.Cleanup(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, leak := range Leaks(w.text.Bytes(), canaries...) {
			t.Errorf("the log has %s", leak)
		}
	})
	return w
}

// watched is a buffer that several write to.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}
