package tracker

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"io"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
)

// maxGzip is the size in bytes that the product promises.
const maxGzip = 2500

func TestVersions(t *testing.T) {
	for _, number := range Versions() {
		t.Run(number, func(t *testing.T) {
			script, ok := Version(number)
			if !ok || script.Version != number {
				t.Fatalf("version %q: got %q, %v", number, script.Version, ok)
			}
			sum := sha512.Sum384(script.Body)
			if want := "sha384-" + base64.StdEncoding.EncodeToString(sum[:]); script.Integrity != want {
				t.Errorf("integrity %s, want %s: a frozen file has changed", script.Integrity, want)
			}
			zipped, err := gzip.NewReader(bytes.NewReader(script.Gzip))
			if err != nil {
				t.Fatal(err)
			}
			expectSame(t, "gzip", zipped, script.Body)
			expectSame(t, "brotli", brotli.NewReader(bytes.NewReader(script.Brotli)), script.Body)
			if len(script.Gzip) > maxGzip {
				t.Errorf("%d bytes gzipped, at most %d are allowed", len(script.Gzip), maxGzip)
			}
			if len(script.ETag) < 10 {
				t.Errorf("ETag %s", script.ETag)
			}
		})
	}
}

func expectSame(t *testing.T, what string, r io.Reader, want []byte) {
	t.Helper()
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s holds something else than the script", what)
	}
}

func TestNewestIsTheLast(t *testing.T) {
	all := Versions()
	if diff := cmp.Diff(all[len(all)-1], Newest().Version); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownVersion(t *testing.T) {
	if script, ok := Version("0.0.0"); ok {
		t.Errorf("got %q", script.Version)
	}
}
