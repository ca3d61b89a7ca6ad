package inflate

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// encoders write content into w in each encoding.
var encoders = map[string]func(w io.Writer) io.WriteCloser{
	"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	"raw": func(w io.Writer) io.WriteCloser {
		f, _ := flate.NewWriter(w, 6)
		return f
	},
	"br": func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, 5) },
	"zstd": func(w io.Writer) io.WriteCloser {
		e, _ := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		return e
	},
}

// name is the header's word for an encoder.
func name(encoder string) string {
	if encoder == "raw" {
		return "deflate"
	}
	return encoder
}

func compress(t testing.TB, encoder string, parts ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, part := range parts {
		w := encoders[encoder](&b)
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	f := New(1<<20, 64<<20)
	want := []byte(strings.Repeat(`{"type":"pageview"}`, 20_000))
	for encoder := range encoders {
		for range 3 { // also with decoders that were used before
			body, err := f.Open(name(encoder), compress(t, encoder, want))
			if err != nil || !bytes.Equal(body.Bytes, want) {
				t.Fatalf("%s: %d bytes, %v", encoder, len(body.Bytes), err)
			}
			body.Release()
		}
	}
	for _, encoder := range []string{"gzip", "zstd"} {
		body, err := f.Open(encoder, compress(t, encoder, []byte("ab"), []byte("cd")))
		if err != nil || string(body.Bytes) != "abcd" {
			t.Errorf("%s of two members: %q, %v", encoder, body.Bytes, err)
		}
		body.Release()
	}
	if f.InUse() != 0 {
		t.Errorf("%d bytes held at rest", f.InUse())
	}
}

func TestBombs(t *testing.T) {
	const limit = 1 << 20
	f := New(limit, 64<<20)
	zeros := make([]byte, 256<<20)
	for encoder := range encoders {
		bomb := compress(t, encoder, zeros)
		refuse := func(what string, data []byte) {
			t.Helper()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if _, err := f.Open(name(encoder), data); !errors.Is(err, ErrTooLarge) {
				t.Errorf("%s %s: %v", encoder, what, err)
			}
			runtime.ReadMemStats(&after)
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 24<<20 {
				t.Errorf("%s %s: allocated %d MiB", encoder, what, spent>>20)
			}
		}
		refuse("one member", bomb)
		if encoder == "gzip" || encoder == "zstd" {
			refuse("many members", bytes.Repeat(compress(t, encoder, zeros[:limit/2]), 20))
		}
	}
	if f.InUse() != 0 {
		t.Errorf("%d bytes held at rest", f.InUse())
	}
}

func TestDamage(t *testing.T) {
	f := New(1<<20, 64<<20)
	for encoder := range encoders {
		whole := compress(t, encoder, []byte(strings.Repeat("text ", 1000)))
		if _, err := f.Open(name(encoder), whole[:len(whole)-4]); err == nil {
			t.Errorf("%s: a cut body was taken", encoder)
		}
		if _, err := f.Open(name(encoder), []byte("{}{}{}{}{}")); err == nil {
			t.Errorf("%s: plain text was taken", encoder)
		}
	}
	if _, err := f.Open("lzma", nil); !errors.Is(err, ErrUnsupported) {
		t.Errorf("lzma: %v", err)
	}
}

func TestBudgetOfAll(t *testing.T) {
	f := New(1<<20, 2<<20)
	data := compress(t, "gzip", make([]byte, 900<<10))
	first, err := f.Open("gzip", data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Open("gzip", data); !errors.Is(err, ErrBusy) {
		t.Errorf("beyond the budget: %v", err)
	}
	first.Release()
	second, err := f.Open("gzip", data)
	if err != nil {
		t.Errorf("after a release: %v", err)
	}
	second.Release()
}

func FuzzOpen(f *testing.F) {
	for encoder := range encoders {
		f.Add(name(encoder), compress(f, encoder, []byte(`{"type":"pageview"}`)))
	}
	inflater := New(256<<10, 64<<20)
	f.Fuzz(func(t *testing.T, encoding string, data []byte) {
		body, err := inflater.Open(encoding, data)
		if err == nil && len(body.Bytes) > 256<<10 {
			t.Fatalf("%d bytes came out", len(body.Bytes))
		}
		body.Release()
		if inflater.InUse() != 0 {
			t.Fatalf("%d bytes held", inflater.InUse())
		}
	})
}
