package mail

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"noctra/fakes"
)

//go:embed pages
var files embed.FS

var inbox = template.Must(template.New("").Funcs(template.FuncMap{"linked": linked, "join": strings.Join}).ParseFS(files, "pages/*.html"))

// Policies: nothing runs on the pages, and a message in its frame may not even have styles of others.
const (
	policy      = "default-src 'none'; style-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	framePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)

// Ledger is the answer of GET /_ledger.
type Ledger struct {
	Messages []Message `json:"messages"`
	Totals   Totals    `json:"totals"`
}

func (s *Service) pages() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /_faults", &s.faults)
	mux.HandleFunc("GET /_ledger", func(w http.ResponseWriter, _ *http.Request) {
		messages, totals := s.box.ledger()
		fakes.WriteJSON(w, Ledger{messages, totals})
	})
	mux.HandleFunc("GET /{$}", s.list)
	mux.HandleFunc("GET /messages/{id}", s.message)
	mux.HandleFunc("GET /messages/{id}/html", s.html)
	mux.HandleFunc("GET /inbox.css", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, "pages/inbox.css") })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

func (s *Service) list(w http.ResponseWriter, r *http.Request) {
	messages, totals := s.box.ledger()
	slices.Reverse(messages)
	to := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("to")))
	if to != "" {
		messages = slices.DeleteFunc(messages, func(m Message) bool { return !strings.Contains(strings.ToLower(strings.Join(m.To, " ")), to) })
	}
	s.render(w, "list.html", map[string]any{"Messages": messages, "Totals": totals, "To": to})
}

func (s *Service) message(w http.ResponseWriter, r *http.Request) {
	if m, ok := s.find(r.PathValue("id")); ok {
		s.render(w, "message.html", m)
		return
	}
	http.NotFound(w, r)
}

func (s *Service) html(w http.ResponseWriter, r *http.Request) {
	m, ok := s.find(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", framePolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(m.HTML))
}

func (s *Service) find(raw string) (Message, bool) {
	messages, _ := s.box.ledger()
	id, err := strconv.Atoi(raw)
	if err != nil || id < 1 || id > len(messages) {
		return Message{}, false
	}
	return messages[id-1], true
}

func (s *Service) render(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := inbox.ExecuteTemplate(w, name, data); err != nil {
		s.log.Warn("page not written", "page", name, "error", err.Error())
	}
}

var address = regexp.MustCompile(`https?://[^\s<>"']+`)

// linked makes the addresses in a text clickable.
func linked(text string) template.HTML {
	var out strings.Builder
	at := 0
	for _, span := range address.FindAllStringIndex(text, -1) {
		out.WriteString(template.HTMLEscapeString(text[at:span[0]]))
		link := template.HTMLEscapeString(text[span[0]:span[1]])
		fmt.Fprintf(&out, `<a href="%s">%s</a>`, link, link)
		at = span[1]
	}
	out.WriteString(template.HTMLEscapeString(text[at:]))
	return template.HTML(out.String()) //nolint:gosec // escaped piece by piece above
}
