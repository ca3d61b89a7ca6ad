package web

import (
	"io/fs"
	"testing"
)

func TestFilesMatchBuilt(t *testing.T) {
	if _, err := fs.Stat(Files(), ".keep"); err != nil {
		t.Fatalf("placeholder: %v", err)
	}
	_, err := fs.Stat(Files(), "index.html")
	if got, want := Built(), err == nil; got != want {
		t.Fatalf("Built() = %v, index.html present = %v", got, want)
	}
}
