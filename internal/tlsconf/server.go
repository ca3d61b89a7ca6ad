package tlsconf

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"sync"
	"time"
)

// Files are what a server speaks TLS with: both, or neither for a server without.
type Files struct {
	CertFile string `name:"tls-cert-file" help:"Speak TLS with this certificate, PEM, with those between it and its authority; read again when the file changes (default: no TLS)." placeholder:"FILE"`
	KeyFile  string `name:"tls-key-file" help:"Key of that certificate, PEM." placeholder:"FILE"`
}

// On reports whether there is a certificate.
func (f Files) On() bool { return f.CertFile != "" || f.KeyFile != "" }

// Scheme is that of addresses of the server.
func (f Files) Scheme() string {
	if f.On() {
		return "https"
	}
	return "http"
}

// Check reports what is wrong with f, whose settings begin with prefix (--admin-).
func (f Files) Check(prefix string) error {
	if (f.CertFile == "") != (f.KeyFile == "") {
		return fmt.Errorf("%stls-cert-file, %stls-key-file: give both, or neither", prefix, prefix)
	}
	return nil
}

// Beyond reports whether a server that listens on addr (host:port) can be reached from other machines.
func Beyond(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && Elsewhere(host)
}

// Exposed reports whether a server that listens on addr is reached from other machines without TLS: it has none, and
// publicURL does not say that somebody before it speaks it.
func (f Files) Exposed(addr, publicURL string) bool {
	u, err := url.Parse(publicURL)
	return Beyond(addr) && !f.On() && (err != nil || u.Scheme != "https")
}

// lookEvery is how long a certificate is served before its files are looked at again.
const lookEvery = 5 * time.Second

// Certificate is the one in a server's files, as they are now: whoever renews it replaces the files. While they
// cannot be read, or do not belong together, the one of before is served.
type Certificate struct {
	files Files
	log   *slog.Logger
	now   func() time.Time

	mu     sync.Mutex
	served *tls.Certificate
	read   [2]stamp // of the files that are served
	looked time.Time
	failed bool // the last look
}

// stamp tells whether a file has changed.
type stamp struct {
	at   time.Time
	size int64
	file os.FileInfo
}

// Open reads the files, which have to hold a certificate and its key.
func (f Files) Open(log *slog.Logger, now func() time.Time) (*Certificate, error) {
	c := &Certificate{files: f, log: log, now: now}
	stamps, err := c.stamps()
	if err != nil {
		return nil, err
	}
	if err := c.load(stamps); err != nil {
		return nil, err
	}
	c.looked = now()
	return c, nil
}

// Listen puts TLS on a listener. Its handshakes are made when a connection is first read or written.
func (c *Certificate) Listen(plain net.Listener) net.Listener {
	return tls.NewListener(plain, c.Config())
}

// Config returns the settings of a server of HTTP/1.1.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return c.Current(), nil
	}}
}

// Current returns the certificate that is served.
func (c *Certificate) Current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= lookEvery {
		c.looked = now
		c.look()
	}
	return c.served
}

// look reads files that have changed.
func (c *Certificate) look() {
	stamps, err := c.stamps()
	if err == nil && stamps[0].same(c.read[0]) && stamps[1].same(c.read[1]) {
		c.failed = false
		return
	}
	if err == nil {
		err = c.load(stamps)
	}
	switch failed := c.failed; {
	case err == nil:
		c.log.Info("certificate read again", "file", c.files.CertFile, "ends", c.served.Leaf.NotAfter.UTC().Format(time.RFC3339))
	case !failed:
		c.log.Error("certificate not read again, the one of before is served until it can be", "error", err.Error())
	}
	c.failed = err != nil
}

func (c *Certificate) load(stamps [2]stamp) error {
	pair, err := tls.LoadX509KeyPair(c.files.CertFile, c.files.KeyFile)
	if err != nil {
		return fmt.Errorf("read certificate %q with key %q: %w", c.files.CertFile, c.files.KeyFile, err)
	}
	c.served, c.read = &pair, stamps
	return nil
}

func (c *Certificate) stamps() (both [2]stamp, err error) {
	for i, path := range []string{c.files.CertFile, c.files.KeyFile} {
		info, statErr := os.Stat(path)
		if statErr != nil {
			err = errors.Join(err, fmt.Errorf("read certificate: %w", statErr))
			continue
		}
		both[i] = stamp{at: info.ModTime(), size: info.Size(), file: info}
	}
	return both, err
}

func (s stamp) same(as stamp) bool {
	return s.at.Equal(as.at) && s.size == as.size && os.SameFile(s.file, as.file)
}
