package schema

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestGooglePage: the list of reasons in docs/google.md is the one that the product has.
func TestGooglePage(t *testing.T) {
	const file, begin, end = "../docs/google.md", "schema/google_codes.go -->\n", "<!-- /codes -->"
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(have), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the list", file)
	}
	want := before + begin + reasonsPage() + end + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(have) != want {
		t.Errorf("%s is old; make codes writes it anew", file)
	}
}

func reasonsPage() string {
	var out strings.Builder
	for _, class := range []struct {
		class UploadClass
		words string
	}{
		{UploadDone, "Google has it: it is `accepted`, or `received` where Google says no more"},
		{UploadNewer, "A newer one counts: it is `superseded`"},
		{UploadLater, "Again later, by itself: it is `waiting`, or `ready` again"},
		{UploadDead, "Never taken: it is `rejected`"},
		{UploadGate, "A rule of the site or of Google's keeps it: it is `held`, or `waiting` where time may bring what is missing"},
		{UploadCustomer, "Somebody of the workspace has to act: nothing is sent meanwhile, owners are told once, and it goes on by itself"},
		{UploadOurs, "A fault of the product: it is `unknown`, counted, logged as an error, and tried again slowly"},
	} {
		_, _ = fmt.Fprintf(&out, "\n### %s\n\n| reason | in words |\n|---|---|\n", class.words)
		for _, r := range UploadReasons() {
			if r.Class == class.class {
				_, _ = fmt.Fprintf(&out, "| `%s` | %s |\n", r.Code, r.Words)
			}
		}
	}
	out.WriteString("\n")
	return out.String()
}
