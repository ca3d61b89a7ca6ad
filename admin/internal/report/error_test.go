package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/internal/clickhouse"
	"noctra/schema"
)

func TestClassify(t *testing.T) {
	server := func(code int32, message string) error {
		return fmt.Errorf("run report: %w", &clickhousego.Exception{Code: code, Message: message})
	}
	tests := []struct {
		name string
		err  error
		want error // nil: neither
	}{
		{"time", server(159, "Timeout exceeded"), ErrTooExpensive},
		{"memory of the query", server(241, "Query memory limit exceeded: would use 1.00 GiB"), ErrTooExpensive},
		{"memory of the server", server(241, "(total) memory limit exceeded"), ErrUnavailable},
		{"rows to read", server(158, ""), ErrTooExpensive},
		{"rows of the answer", server(396, ""), ErrTooExpensive},
		{"too many queries", server(202, ""), ErrUnavailable},
		{"no schema yet", server(60, ""), ErrUnavailable},
		{"shard gone in the middle", server(32, ""), ErrUnavailable},
		{"a mistake in SQL", server(62, "Syntax error"), nil},
		{"refused", &net.OpError{Op: "dial", Err: errors.New("connection refused")}, ErrUnavailable},
		{"cut off", fmt.Errorf("read report: %w", io.ErrUnexpectedEOF), ErrUnavailable},
		{"no answer in time", context.DeadlineExceeded, ErrUnavailable},
		{"nobody waits", fmt.Errorf("run report: %w", context.Canceled), nil},
		{"a wrong query", &Error{Problems: []Problem{{Path: "metrics", Message: "missing"}}}, nil},
		{"something else", errors.New("odd"), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := classify(test.err)
			for _, kind := range []error{ErrTooExpensive, ErrUnavailable} {
				if errors.Is(got, kind) != errors.Is(test.want, kind) {
					t.Errorf("%v is %q: %v", got, kind, errors.Is(got, kind))
				}
			}
			if !errors.Is(got, test.err) {
				t.Errorf("%v does not wrap its cause", got)
			}
		})
	}
}

// TestClickHouseAway asks a server that is not there.
func TestClickHouseAway(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Config{Addr: "http://someone:secret@" + address, Database: "noctra"}.Open(clickhouse.Reader)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	engine := New(conn, Options{})
	site := schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR"}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, queryErr := engine.Query(ctx, site, []byte(`{"site_id": "x", "metrics": ["visitors"], "date_range": "day"}`))
	_, liveErr := engine.Live(ctx, site)
	_, markErr := engine.Mark(ctx, site)
	_, freshErr := engine.Freshness(ctx, site)
	for i, err := range []error{queryErr, liveErr, markErr, freshErr} {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

// costlyConn refuses reports as a server with a limit does.
type costlyConn struct{ Conn }

func (c costlyConn) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	if len(args) > 0 {
		return nil, &clickhousego.Exception{Code: 159, Message: "Timeout exceeded: elapsed 30 seconds"}
	}
	return c.Conn.Query(ctx, query, args...)
}

func TestTooExpensive(t *testing.T) {
	db := openDatabase(t)
	engine := New(costlyConn{db.reader}, Options{})
	_, err := engine.Query(t.Context(), schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR"}, []byte(`{"site_id": "x", "metrics": ["visitors"], "date_range": "day"}`))
	if !errors.Is(err, ErrTooExpensive) {
		t.Errorf("error %v", err)
	}
}

func golden(name string) string { return filepath.Join("testdata", name) }
