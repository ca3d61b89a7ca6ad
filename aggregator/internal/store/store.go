package store

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"noctra/internal/clickhouse"
)

// InsertLimit is how long an insert may take, at the client and at the server. Reports rely on a
// row being visible within two minutes of its inserted_at.
const InsertLimit = 60 * time.Second

const (
	dialTimeout = 5 * time.Second
	idleTimeout = 30 * time.Second
	idleConns   = 8
	errorBytes  = 2000 // of a server's answer that are kept
)

// Store is a ClickHouse server.
type Store struct {
	address  string // without login and query
	database string
	user     string
	password string
	client   *http.Client
}

// Open returns a store for the writer of config. It connects when it is used.
func Open(config clickhouse.Config) (*Store, error) {
	raw, err := config.URL(clickhouse.Writer)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("--clickhouse: the address does not parse")
	}
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		MaxIdleConnsPerHost: idleConns,
		IdleConnTimeout:     idleTimeout,
		DisableCompression:  true,
	}
	if config.CAFile != "" {
		if transport.TLSClientConfig, err = authorities(config.CAFile); err != nil {
			return nil, err
		}
	}
	s := &Store{database: config.Database, user: u.User.Username(), client: &http.Client{Transport: transport}}
	s.password, _ = u.User.Password()
	u.User, u.RawQuery = nil, ""
	s.address = u.String()
	return s, nil
}

func authorities(file string) (*tls.Config, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--clickhouse-ca-file: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--clickhouse-ca-file: no certificate in %q", file)
	}
	return config, nil
}

// Close ends idle connections.
func (s *Store) Close() { s.client.CloseIdleConnections() }

// Error is an answer of ClickHouse that is no success.
type Error struct {
	Status int
	Code   string // ClickHouse's number of the exception, if it has one
	Text   string // as ClickHouse wrote it, cut
}

func (e *Error) Error() string { return fmt.Sprintf("clickhouse answers %d: %s", e.Status, e.Text) }

// reasons are what operators can do something about, by ClickHouse's numbers.
var reasons = map[string]string{
	"164": "it is read-only for the writer", "242": "the table is read-only", "497": "the writer lacks a grant", "516": "the writer's login is refused",
	"252": "too many parts, merges do not keep up", "241": "its memory limit is reached", "243": "its disk is full", "159": "it takes too long",
	"202": "too many queries at once", "60": "a table is missing", "81": "the database is missing", "16": "a column is missing", "47": "a column is missing",
	"53": "a column has another type",
}

// Reason says in a few words why ClickHouse did not do what it was asked.
func Reason(err error) string {
	var refused *Error
	var altered *Altered
	switch {
	case errors.As(err, &altered):
		return "its tables were altered"
	case !errors.As(err, &refused):
		return "it gives no answer"
	}
	if known, ok := reasons[refused.Code]; ok {
		return known
	}
	return fmt.Sprintf("it answers with status %d, exception %s", refused.Status, refused.Code)
}

// post sends one query. The caller closes the answer's body.
func (s *Store) post(ctx context.Context, parameters url.Values, contentType string, body io.Reader) (io.ReadCloser, error) {
	parameters.Set("database", s.database)
	for name, value := range clickhouse.ShardSettings() {
		parameters.Set(name, fmt.Sprint(value))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address+"?"+parameters.Encode(), body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-ClickHouse-User", s.user)
	request.Header.Set("X-ClickHouse-Key", s.password)
	request.Header.Set("Content-Type", contentType)
	response, err := s.client.Do(request)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // without the address and the query
		}
		return nil, err
	}
	if response.StatusCode == http.StatusOK && response.Header.Get("X-ClickHouse-Exception-Code") == "" {
		return response.Body, nil
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, errorBytes))
	if err != nil {
		text = append(text, " (cut off)"...)
	}
	return nil, &Error{Status: response.StatusCode, Code: response.Header.Get("X-ClickHouse-Exception-Code"), Text: string(bytes.TrimSpace(text))}
}

// query runs a SELECT and returns its whole result. The server holds the answer back until it is
// complete, so that an error in the middle is one.
func (s *Store) query(ctx context.Context, sql string) ([]byte, error) {
	body, err := s.post(ctx, url.Values{"wait_end_of_query": {"1"}}, "text/plain", strings.NewReader(sql))
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	return io.ReadAll(body)
}
