package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5/pgconn"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/workspaces"
)

// Problem is the body of every answer that is not what was asked for: RFC 9457 with a stable code.
type Problem struct {
	Type   string         `json:"type" doc:"Always about:blank; code tells problems apart." example:"about:blank"`
	Title  string         `json:"title" doc:"What the status means." example:"Not Found"`
	Status int            `json:"status" doc:"The HTTP status." example:"404"`
	Code   string         `json:"code" doc:"Stable name of the problem, for programs." example:"not_found"`
	Detail string         `json:"detail" doc:"One sentence, for people." example:"There is no such site, or it is not yours."`
	Errors []FieldProblem `json:"errors,omitempty" doc:"Everything that is wrong with the request, in its order."`
}

// FieldProblem is one thing that is wrong with a request.
type FieldProblem struct {
	Path    string `json:"path" doc:"Where it stands, such as filters[0][1] or hostnames." example:"hostnames"`
	Message string `json:"message" doc:"One sentence." example:"At least one host name is needed."`
}

// kind is why a request was not answered. Its text is the code of the public answer.
type kind string

// statuses is the one place where a kind becomes an HTTP status.
var statuses = map[kind]int{
	invalidQuery:          http.StatusBadRequest,
	malformed:             http.StatusBadRequest,
	invalidRequest:        http.StatusUnprocessableEntity,
	signedOut:             http.StatusUnauthorized,
	invalidKey:            http.StatusUnauthorized,
	sessionNeeded:         http.StatusForbidden,
	scopeNeeded:           http.StatusForbidden,
	forbidden:             http.StatusForbidden,
	secondFactorNeeded:    http.StatusForbidden,
	crossOrigin:           http.StatusForbidden,
	notFound:              http.StatusNotFound,
	wrongMethod:           http.StatusMethodNotAllowed,
	conflict:              http.StatusConflict,
	tooLarge:              http.StatusRequestEntityTooLarge,
	tooSlow:               http.StatusRequestTimeout,
	unknownMediaType:      http.StatusUnsupportedMediaType,
	tooExpensive:          http.StatusUnprocessableEntity,
	rateLimited:           http.StatusTooManyRequests,
	internalError:         http.StatusInternalServerError,
	clickHouseUnavailable: http.StatusServiceUnavailable,
	postgresUnavailable:   http.StatusServiceUnavailable,
	starting:              http.StatusServiceUnavailable,
	stopping:              http.StatusServiceUnavailable,
	busy:                  http.StatusServiceUnavailable,

	exportsOff:      http.StatusServiceUnavailable,
	keyReused:       http.StatusUnprocessableEntity,
	conditionNeeded: http.StatusPreconditionRequired,
	confirmNeeded:   http.StatusConflict,

	googleRefused:     http.StatusConflict,
	googleUnavailable: http.StatusServiceUnavailable,
	googleOff:         http.StatusServiceUnavailable,

	kind(workspaces.Changed):       http.StatusPreconditionFailed,
	kind(workspaces.OtherAddress):  http.StatusForbidden,
	kind(workspaces.AlreadyMember): http.StatusConflict,

	kind(accounts.WrongCredentials): http.StatusUnauthorized,
	kind(accounts.WrongPassword):    http.StatusUnprocessableEntity,
	kind(accounts.WrongCode):        http.StatusUnprocessableEntity,
	kind(accounts.ProofNeeded):      http.StatusForbidden,
	kind(accounts.LinkInvalid):      http.StatusNotFound,
	kind(accounts.LinkUsed):         http.StatusGone,
	kind(accounts.LinkExpired):      http.StatusGone,
	kind(accounts.CeremonyOver):     http.StatusGone,
	kind(accounts.TooMany):          http.StatusTooManyRequests,
	kind(accounts.LastOwner):        http.StatusConflict,
	kind(accounts.SignUpClosed):     http.StatusForbidden,
	kind(accounts.MailOff):          http.StatusServiceUnavailable,
	kind(accounts.SecretsOff):       http.StatusServiceUnavailable,
	kind(accounts.PasskeysOff):      http.StatusConflict,
}

const (
	invalidQuery          kind = "invalid_query"
	malformed             kind = "malformed_request"
	invalidRequest        kind = "invalid_request"
	signedOut             kind = "signed_out"
	invalidKey            kind = "invalid_key"
	sessionNeeded         kind = "session_needed"
	scopeNeeded           kind = "scope_needed"
	forbidden             kind = "forbidden"
	secondFactorNeeded    kind = workspaces.SecondFactorNeeded
	crossOrigin           kind = "cross_origin"
	notFound              kind = "not_found"
	wrongMethod           kind = "method_not_allowed"
	conflict              kind = "conflict"
	tooLarge              kind = "too_large"
	tooSlow               kind = "too_slow"
	unknownMediaType      kind = "unsupported_media_type"
	tooExpensive          kind = "query_too_expensive"
	rateLimited           kind = "rate_limited"
	internalError         kind = "internal"
	clickHouseUnavailable kind = "clickhouse_unavailable"
	postgresUnavailable   kind = "postgres_unavailable"
	starting              kind = "starting"
	stopping              kind = "stopping"
	busy                  kind = "busy"
	exportsOff            kind = "exports_unavailable"
	mailOff                    = kind(accounts.MailOff)
	changed                    = kind(workspaces.Changed)
	keyReused             kind = "idempotency_key_reused"
	conditionNeeded       kind = "precondition_required"
	confirmNeeded         kind = "confirmation_needed"
)

// fault is an error that has a public answer. Its cause goes to the log and nowhere else.
type fault struct {
	kind     kind
	detail   string // a sentence without names of machines, keys or people
	problems []FieldProblem
	wait     time.Duration // Retry-After, 0 for none
	cause    error
}

func refuse(k kind, detail string) *fault { return &fault{kind: k, detail: detail} }

// Error implements error.
func (f *fault) Error() string {
	if f.cause != nil {
		return string(f.kind) + ": " + f.cause.Error()
	}
	return string(f.kind) + ": " + f.detail
}

func (f *fault) Unwrap() error { return f.cause }

// GetStatus implements huma.StatusError.
func (f *fault) GetStatus() int { return statuses[f.kind] }

// ContentType implements huma.ContentTypeFilter.
func (f *fault) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError.
func (f *fault) GetHeaders() http.Header {
	h := http.Header{}
	if f.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(max(1, int((f.wait+time.Second-1)/time.Second))))
	}
	if f.GetStatus() == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="noctra"`)
	}
	return h
}

func (f *fault) problem() Problem {
	status := f.GetStatus()
	return Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: string(f.kind), Detail: f.detail, Errors: f.problems}
}

// publicProblem is a transformer of huma: it gives every error the one public form, also those that
// huma made itself. What was sent is never repeated.
func publicProblem(_ huma.Context, _ string, body any) (any, error) {
	switch e := body.(type) {
	case *fault:
		return e.problem(), nil
	case *huma.ErrorModel:
		return ofHuma(e).problem(), nil
	}
	return body, nil
}

// ofHuma translates errors of huma's own reading. Their status stays.
func ofHuma(e *huma.ErrorModel) *fault {
	f := &fault{kind: internalError, detail: "Something went wrong here."}
	switch e.Status {
	case http.StatusBadRequest:
		f.kind, f.detail = malformed, "The request is empty or no JSON."
	case http.StatusUnprocessableEntity:
		f.kind, f.detail = invalidRequest, "The request is not as it has to be; errors says where."
	case http.StatusRequestTimeout:
		f.kind, f.detail = tooSlow, "The request did not arrive in time."
	case http.StatusRequestEntityTooLarge:
		f.kind, f.detail = tooLarge, "The request is too large."
	case http.StatusUnsupportedMediaType:
		f.kind, f.detail = unknownMediaType, "Send the request as application/json."
	}
	for _, d := range e.Errors {
		if d != nil {
			f.problems = append(f.problems, FieldProblem{Path: strings.TrimPrefix(d.Location, "body."), Message: d.Message})
		}
	}
	return f
}

// ofAccounts gives a refusal of package accounts its public answer; its kinds are codes already.
func ofAccounts(r *accounts.Refusal) *fault {
	f := &fault{kind: kind(r.Kind), detail: r.Detail, wait: r.Wait}
	for _, field := range r.Fields {
		f.problems = append(f.problems, FieldProblem(field))
	}
	return f
}

// ofPostgres gives an error that came out of a query to Postgres its public answer.
func ofPostgres(err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	var r *accounts.Refusal
	if errors.As(err, &r) {
		return ofAccounts(r)
	}
	var server *pgconn.PgError
	if errors.As(err, &server) && (server.Code == "22021" || server.Code == "22P05") {
		return refuse(invalidRequest, "The request has a text that cannot be kept: it has a zero character, or is no UTF-8.")
	}
	if errors.As(err, &server) && !away(server.Code) {
		return &fault{kind: internalError, detail: "Something went wrong here; the log has more.", cause: err}
	}
	if errors.Is(err, context.Canceled) {
		return &fault{kind: busy, detail: "The request was given up.", cause: err}
	}
	return &fault{kind: postgresUnavailable, detail: "Postgres does not answer; ask again in a moment.", wait: time.Second, cause: err}
}

// away says whether a code of Postgres means that it does not work now: connection trouble, no
// resources, an operator who stops it, or trouble of its own machine.
func away(code string) bool {
	switch code[:min(2, len(code))] {
	case "08", "53", "57", "58":
		return true
	}
	return false
}
