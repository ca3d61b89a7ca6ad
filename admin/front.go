package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"noctra/admin/internal/pages"
	"noctra/admin/web"
)

// policy is the pages' content security policy, to the letter of docs/decisions/0061.
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// oneYear in seconds, for Strict-Transport-Security.
const oneYear = "31536000"

var problemType = reflect.TypeFor[Problem]()

// front builds everything that is served.
func (s *Service) front() (http.Handler, error) {
	mux := http.NewServeMux()
	api := s.serveAPI(mux)
	description, err := json.Marshal(api)
	if err != nil {
		return nil, err
	}
	if err := s.serveReference(mux, api, fontFace(web.Files())); err != nil {
		return nil, err
	}
	files, err := pages.New(web.Files())
	if err != nil {
		return nil, err
	}
	mux.HandleFunc("GET /api/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(description)
	})
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { s.nothingHere(w, r, mux) })
	mux.HandleFunc("GET /sign-in", s.signIn)
	mux.HandleFunc("POST /sign-in", s.takeSignIn)
	mux.HandleFunc("GET /set-up", s.showSetUp)
	mux.HandleFunc("POST /set-up", s.takeSetUp)
	mux.HandleFunc("GET /set-up.css", setUpFile("set-up.css", fontFace(web.Files())))
	mux.HandleFunc("GET /set-up.js", setUpFile("set-up.js", ""))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { health(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { health(w, s.problem()) })
	s.privacyPages(mux)
	mux.HandleFunc("GET "+callbackPath, s.googleCallback)
	mux.HandleFunc("GET "+filePath+"{file}", s.serveImport)
	mux.Handle("/", files)

	origins := http.NewCrossOriginProtection()
	if err := origins.AddTrustedOrigin(s.config.publicURL().String()); err != nil {
		return nil, err
	}
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.writeProblem(w, refuse(crossOrigin, "This came from a page of another site and is refused."))
	}))
	return s.watch(mux, s.gate(origins.Handler(mux))), nil
}

// nothingHere answers what no route of the API takes.
func (s *Service) nothingHere(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) {
	var allowed []string
	_, nothing := mux.Handler(r)
	for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPatch, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, route := mux.Handler(other); route != nothing {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		s.writeProblem(w, refuse(notFound, "There is nothing here; /api/openapi.json lists what there is."))
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	s.writeProblem(w, refuse(wrongMethod, "This address takes "+strings.Join(allowed, " or ")+"."))
}

// watch sets what every answer has, counts, and survives panics.
func (s *Service) watch(mux *http.ServeMux, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		_, route := mux.Handler(r)
		out := &counted{ResponseWriter: w}
		s.protect(out.Header())
		defer func() {
			cause := recover()
			if broken, ok := cause.(error); ok && errors.Is(broken, http.ErrAbortHandler) {
				defer panic(cause) // the server ends the connection
			} else if cause != nil {
				s.quiet.Error("request panicked", "route", route, "cause", cause, "stack", string(debug.Stack()))
				if out.status == 0 {
					s.writeProblem(out, refuse(internalError, "Something went wrong here; the log has more."))
				}
			}
			s.metrics.requests.WithLabelValues(route, strconv.Itoa(out.code())).Inc()
			if !strings.HasSuffix(route, "/live") {
				s.metrics.seconds.WithLabelValues(route).Observe(time.Since(begin).Seconds())
			}
		}()
		next.ServeHTTP(out, r)
	})
}

// protect sets the headers of security that every answer has.
func (s *Service) protect(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	if s.secure() {
		h.Set("Strict-Transport-Security", "max-age="+oneYear+"; includeSubDomains")
	}
	if s.draining.Load() {
		h.Set("Connection", "close")
	}
}

// gate answers for the databases until they are known to be as they have to be.
func (s *Service) gate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.open.Load() && s.needsDatabases(r.URL.Path) {
			s.writeProblem(w, &fault{kind: starting, detail: "The service is starting and waits for its databases; ask again in a moment.", wait: time.Second})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Service) needsDatabases(path string) bool {
	return strings.HasPrefix(path, "/api/v1/") || strings.HasPrefix(path, "/privacy/") || path == callbackPath || strings.HasPrefix(path, filePath) || path == "/sign-in" || path == "/set-up"
}

// counted remembers the status of an answer.
type counted struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (c *counted) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (c *counted) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	return c.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *counted) code() int {
	if c.status == 0 {
		return http.StatusOK
	}
	return c.status
}

// refused gives any error its public answer, counts it, and logs what an operator should see.
func (s *Service) refused(ctx context.Context, err error) *fault {
	f := ofPostgres(err)
	s.metrics.refusals.WithLabelValues(string(f.kind)).Inc()
	switch {
	case f.cause == nil || errors.Is(ctx.Err(), context.Canceled): // the client went
	case f.kind == internalError:
		s.quiet.Error("request failed", "error", err.Error())
	default:
		s.quiet.Warn("request refused", "code", string(f.kind), "error", err.Error())
	}
	return f
}

// writeProblem answers with a fault.
func (s *Service) writeProblem(w http.ResponseWriter, f *fault) {
	for name, values := range f.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	noStore(w)
	w.WriteHeader(f.GetStatus())
	_ = json.NewEncoder(w).Encode(f.problem()) // the client may be gone
}

func noStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer") // addresses with tokens stay here
}

// health says yes or no; the reasons stand on the private server alone.
func health(w http.ResponseWriter, problem error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	noStore(w)
	text := "ok\n"
	if problem != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		text = "not ready\n"
	}
	_, _ = w.Write([]byte(text))
}
