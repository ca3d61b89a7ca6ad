package clickhouse

import (
	"fmt"
	"net/http"

	"noctra/internal/secrets"
	"noctra/internal/tlsconf"
)

// settings help where TLS does not come about.
var settings = tlsconf.Settings{CA: "--clickhouse-ca-file", Plain: "an http:// address with --clickhouse-plain"}

// transport sends requests of one role to one server, with the password that its file has at that moment: one
// that was replaced holds for the next request.
//
// For the reader it takes away the setting that clickhouse-go derives from the deadline of a
// context, since a user with readonly=1 may change no setting at all. The deadline holds all
// the same: the request is cancelled, and the server's own limit stands in the user's profile.
type transport struct {
	next     http.RoundTripper
	role     Role
	user     string
	password *secrets.File // nil: it stands in the address
	host     string
}

// Headers in which clickhouse-go logs in over TLS; without, it uses basic authentication.
const (
	userHeader = "X-ClickHouse-User"
	keyHeader  = "X-ClickHouse-Key"
)

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != t.host {
		return nil, fmt.Errorf("clickhouse at %s sends requests on to %s, where its password must not go", t.host, r.URL.Host)
	}
	r = r.Clone(r.Context())
	if query := r.URL.Query(); t.role == Reader && query.Has("max_execution_time") {
		query.Del("max_execution_time")
		r.URL.RawQuery = query.Encode()
	}
	if t.password == nil {
		return t.send(r)
	}
	password, err := t.password.Read()
	if err != nil {
		return nil, fmt.Errorf("--clickhouse-%s-password-file: %w", t.role, err)
	}
	switch {
	case password == "":
	case r.Header.Get(userHeader) != "":
		r.Header.Set(keyHeader, password)
	default:
		r.SetBasicAuth(t.user, password)
	}
	return t.send(r)
}

func (t transport) send(r *http.Request) (*http.Response, error) {
	answer, err := t.next.RoundTrip(r)
	return answer, tlsconf.Explain(err, t.host, settings)
}
