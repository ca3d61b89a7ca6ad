// Package inflate undoes the content encodings of request bodies under hard bounds: of one
// output, and of all outputs together.
//
// It reads gzip, deflate, br and zstd, streams of several members included, and never writes
// more than the limit into memory, whatever the input promises. In the flow it stands between
// the request and package ingest.
package inflate

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Errors of Body.
var (
	ErrUnsupported = errors.New("content encoding is none of gzip, deflate, br, zstd")
	ErrTooLarge    = errors.New("body is too large when decompressed")
	ErrDamaged     = errors.New("compressed body is damaged")
	ErrBusy        = errors.New("too many compressed bodies are open")
)

// step is how much an output grows at a time, and what a decoder is taken to need for itself.
const (
	step      = 64 << 10
	overhead  = 256 << 10
	maxWindow = 8 << 20 // of zstd; what RFC 9659 lets senders use
)

// Inflater decompresses bodies. It is safe for concurrent use.
type Inflater struct {
	limit  int   // bytes of one output
	budget int64 // bytes of all outputs and decoders together
	used   atomic.Int64

	gzips, zlibs, flates, brotlis, zstds sync.Pool
	outputs                              sync.Pool
}

// New returns an Inflater that writes at most limit bytes for one body and holds at most budget
// bytes at any time.
func New(limit int, budget int64) *Inflater { return &Inflater{limit: limit, budget: budget} }

// Body is a decompressed body. Bytes is valid until Release, which has to be called once.
type Body struct {
	Bytes []byte
	from  *Inflater
	held  int64
	out   *[]byte
}

// Release gives the body's memory back.
func (b *Body) Release() {
	if b.from == nil {
		return
	}
	b.from.used.Add(-b.held)
	if cap(b.Bytes) <= 1<<20 {
		*b.out = b.Bytes[:0]
		b.from.outputs.Put(b.out)
	}
	*b = Body{}
}

// InUse returns the bytes that are held.
func (f *Inflater) InUse() int64 { return f.used.Load() }

// Open decompresses data. encoding is the name of one encoding, in lower case.
func (f *Inflater) Open(encoding string, data []byte) (Body, error) {
	reader, done, err := f.reader(encoding, bytes.NewReader(data))
	if err != nil {
		return Body{}, err
	}
	defer done()
	out, _ := f.outputs.Get().(*[]byte)
	if out == nil {
		out = new([]byte)
	}
	b := Body{from: f, out: out, Bytes: (*out)[:0]}
	if err := b.fill(reader, overhead+window(encoding, data)); err != nil {
		b.Release()
		return Body{}, err
	}
	return b, nil
}

// hold takes n more bytes out of the budget.
func (b *Body) hold(n int64) bool {
	if b.from.used.Add(n) > b.from.budget {
		b.from.used.Add(-n)
		return false
	}
	b.held += n
	return true
}

// window is what the first frame makes a zstd decoder keep, in bytes.
func window(encoding string, data []byte) int64 {
	var head zstd.Header
	if encoding != "zstd" || head.Decode(data) != nil {
		return 0
	}
	return int64(min(head.WindowSize, maxWindow))
}

// fill reads all of r; own is what its decoder needs.
func (b *Body) fill(r io.Reader, own int64) error {
	if !b.hold(own + int64(cap(b.Bytes))) {
		return ErrBusy
	}
	for {
		if len(b.Bytes) == cap(b.Bytes) {
			grow := max(step, min(cap(b.Bytes), b.from.limit+1-cap(b.Bytes)))
			if !b.hold(int64(grow)) {
				return ErrBusy
			}
			larger := make([]byte, len(b.Bytes), len(b.Bytes)+grow)
			copy(larger, b.Bytes)
			b.Bytes = larger
		}
		n, err := r.Read(b.Bytes[len(b.Bytes):cap(b.Bytes)])
		b.Bytes = b.Bytes[:len(b.Bytes)+n]
		switch {
		case len(b.Bytes) > b.from.limit:
			return ErrTooLarge
		case err == io.EOF: //nolint:errorlint // readers return it as it is
			return nil
		case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
			return ErrTooLarge
		case err != nil:
			return ErrDamaged
		}
	}
}

// reader returns a decoder, and what gives it back.
func (f *Inflater) reader(encoding string, data *bytes.Reader) (io.Reader, func(), error) {
	switch encoding {
	case "gzip", "x-gzip":
		return f.gzip(data)
	case "deflate":
		return f.deflate(data)
	case "br":
		r, _ := f.brotlis.Get().(*brotli.Reader)
		if r == nil {
			r = brotli.NewReader(data)
		} else if r.Reset(data) != nil {
			return nil, nil, ErrDamaged
		}
		return r, func() { f.brotlis.Put(r) }, nil
	case "zstd":
		return f.zstd(data)
	}
	return nil, nil, ErrUnsupported
}

func (f *Inflater) gzip(data *bytes.Reader) (io.Reader, func(), error) {
	r, _ := f.gzips.Get().(*gzip.Reader)
	if r == nil {
		r = new(gzip.Reader)
	}
	if r.Reset(data) != nil {
		f.gzips.Put(r)
		return nil, nil, ErrDamaged
	}
	return r, func() { f.gzips.Put(r) }, nil
}

// deflate is zlib by the standard; some senders leave its head out.
func (f *Inflater) deflate(data *bytes.Reader) (io.Reader, func(), error) {
	var head [2]byte
	n, _ := data.ReadAt(head[:], 0)
	if n == 2 && head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
		r, _ := f.zlibs.Get().(io.ReadCloser)
		var err error
		if r == nil {
			r, err = zlib.NewReader(data)
		} else {
			err = r.(zlib.Resetter).Reset(data, nil)
		}
		if err != nil {
			return nil, nil, ErrDamaged
		}
		return r, func() { f.zlibs.Put(r) }, nil
	}
	r, _ := f.flates.Get().(io.ReadCloser)
	if r == nil {
		r = flate.NewReader(data)
	} else if r.(flate.Resetter).Reset(data, nil) != nil {
		return nil, nil, ErrDamaged
	}
	return r, func() { f.flates.Put(r) }, nil
}

func (f *Inflater) zstd(data *bytes.Reader) (io.Reader, func(), error) {
	r, _ := f.zstds.Get().(*zstd.Decoder)
	var err error
	if r == nil {
		r, err = zstd.NewReader(data, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(uint64(max(f.limit, maxWindow))+step))
	} else {
		err = r.Reset(data)
	}
	if err != nil {
		return nil, nil, ErrDamaged
	}
	return r, func() {
		if r.Reset(nil) == nil {
			f.zstds.Put(r)
		}
	}, nil
}
