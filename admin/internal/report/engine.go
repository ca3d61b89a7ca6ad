package report

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/schema"
)

// Conn is what the engine needs of ClickHouse. The user behind it may be readonly = 1: no settings
// are sent.
type Conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

// Options of an Engine. The zero value is good.
type Options struct {
	Now func() time.Time // the clock; nil means time.Now
}

// Engine answers queries. It is safe for concurrent use.
type Engine struct {
	conn Conn
	now  func() time.Time
}

// New returns an engine that asks conn.
func New(conn Conn, opts Options) *Engine {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Engine{conn: conn, now: opts.Now}
}

// Query answers the JSON body of POST /api/v1/query about site; the caller has found the site by
// SiteID and decided that it may be asked about. A wrong query gives an *Error, anything else is a
// failure of ClickHouse or the end of ctx.
func (e *Engine) Query(ctx context.Context, site schema.Site, body []byte) (*Answer, error) {
	return nil, &Error{Problems: []Problem{{Message: "the query engine is not finished"}}}
}

// SiteID returns the site_id of a query body without judging the rest: the public key or the
// numeric id of a site, as a string.
func SiteID(body []byte) (string, error) {
	return "", &Error{Problems: []Problem{{Path: "site_id", Message: "missing"}}}
}

// Freshness says how far the site's events have come.
func (e *Engine) Freshness(ctx context.Context, site schema.Site) (Freshness, error) {
	return Freshness{}, nil
}
