package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"

	"noctra/admin/internal/kept"
	"noctra/admin/internal/requests"
)

var privacyTemplate = template.Must(template.ParseFS(assets, "assets/privacy.html"))

// privacyPage is what the template shows: one of the three, or a sentence.
type privacyPage struct {
	Title, Text string
	Data        *dataPage
	Ask         *askPage
	Confirm     bool
}

type dataPage struct {
	kept.Statement
	Groups []dataGroup
}

type dataGroup struct {
	Name, Text string
	Places     []kept.Place
}

type askPage struct {
	Support, Hostname, Email, Text, Sorry string
	Failed                                bool
	Kinds                                 []askKind
	Errors                                map[string][]string
}

type askKind struct {
	Value, Label string
	Chosen       bool
}

// privacyPages serves the pages that everybody may see.
func (s *Service) privacyPages(mux *http.ServeMux) {
	mux.HandleFunc("GET /privacy/data", s.showData)
	mux.HandleFunc("GET /privacy/data.json", s.sendData)
	mux.HandleFunc("GET /privacy/request", func(w http.ResponseWriter, r *http.Request) {
		s.writeAsk(w, http.StatusOK, askPage{Hostname: r.URL.Query().Get("site"), Kinds: askKinds("access")})
	})
	mux.HandleFunc("POST /privacy/request", s.takeAsk)
	mux.HandleFunc("GET /privacy/confirm", func(w http.ResponseWriter, _ *http.Request) {
		s.writePrivacy(w, http.StatusOK, privacyPage{Title: "Confirm your request", Confirm: true})
	})
	mux.HandleFunc("POST /privacy/confirm", s.takeConfirm)
	mux.HandleFunc("GET /privacy.css", setUpFile("privacy.css", ""))
	mux.HandleFunc("GET /privacy.js", setUpFile("privacy.js", ""))
}

// mayAsk takes one of a stranger's requests to pages that ask databases.
func (s *Service) mayAsk(w http.ResponseWriter, r *http.Request) bool {
	who := caller{visit: s.visitOf(r)}
	if err := s.ration(w, who); err != nil {
		s.writeProblem(w, s.refused(r.Context(), err))
		return false
	}
	return true
}

// showData is the page of what is kept.
func (s *Service) showData(w http.ResponseWriter, r *http.Request) {
	if !s.mayAsk(w, r) {
		return
	}
	statement, err := s.statement(r.Context())
	if err != nil {
		f := s.refused(r.Context(), err)
		s.writePrivacy(w, f.GetStatus(), privacyPage{Title: "What is kept cannot be read now", Text: "A database does not answer; try again in a moment."})
		return
	}
	s.writePrivacy(w, http.StatusOK, privacyPage{Title: "What is kept, and for how long", Data: &dataPage{statement, grouped(statement.Places)}})
}

// sendData is the same for programs.
func (s *Service) sendData(w http.ResponseWriter, r *http.Request) {
	if !s.mayAsk(w, r) {
		return
	}
	statement, err := s.statement(r.Context())
	if err != nil {
		s.writeProblem(w, s.refused(r.Context(), err))
		return
	}
	raw, err := json.Marshal(statement)
	if err != nil {
		s.writeProblem(w, s.refused(r.Context(), err))
		return
	}
	noStore(w)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(raw) // the browser may be gone
}

// grouped sorts places by whom they say something about.
func grouped(places []kept.Place) []dataGroup {
	groups := []dataGroup{
		{Name: "Visitors of measured sites", Text: "Pseudonyms that hold for a day, or longer with consent; never names."},
		{Name: "People who sign in here", Text: "Accounts of whoever looks at reports."},
		{Name: "People who ask about their data", Text: "Requests made on the page for them."},
		{Name: "Nobody", Text: "What the product needs to work, and that says nothing about a person."},
	}
	index := map[string]int{"visitors": 0, "account_holders": 1, "requesters": 2}
	for _, p := range places {
		i, ok := index[p.About]
		if !ok {
			i = len(groups) - 1
		}
		groups[i].Places = append(groups[i].Places, p)
	}
	return groups
}

func askKinds(chosen string) []askKind {
	labels := map[string]string{"access": "A copy of my data", "correction": "Correct my data", "erasure": "Erase my data", "objection": "Object to the use of my data", "other": "Something else"}
	var all []askKind
	for _, k := range requests.Kinds() {
		all = append(all, askKind{k, labels[k], k == chosen})
	}
	return all
}

// takeAsk keeps the request of a form. Whoever sent it hears the same, whatever was known before.
func (s *Service) takeAsk(w http.ResponseWriter, r *http.Request) {
	if !s.mayAsk(w, r) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		s.writeAsk(w, http.StatusBadRequest, askPage{Sorry: "The form did not arrive as a whole; send it again.", Kinds: askKinds("access")})
		return
	}
	in := &requestInput{}
	in.Body.Kind, in.Body.Hostname, in.Body.Email, in.Body.Text = r.PostForm.Get("kind"), r.PostForm.Get("hostname"), r.PostForm.Get("email"), r.PostForm.Get("text")
	page := askPage{Hostname: in.Body.Hostname, Email: in.Body.Email, Text: in.Body.Text, Kinds: askKinds(in.Body.Kind), Errors: map[string][]string{}}
	err := s.take(asCaller(r, caller{visit: s.visitOf(r)}), in)
	if err == nil {
		s.writePrivacy(w, http.StatusAccepted, privacyPage{Title: "Look into your mail", Text: "If the address is right, mail with a link is on its way. The request counts once you have opened it."})
		return
	}
	f := s.refused(r.Context(), err)
	for _, p := range f.problems {
		page.Errors[p.Path] = append(page.Errors[p.Path], p.Message)
	}
	if page.Failed = len(f.problems) > 0; !page.Failed {
		page.Sorry = f.detail
	}
	s.writeAsk(w, f.GetStatus(), page)
}

// takeConfirm confirms the address of a request.
func (s *Service) takeConfirm(w http.ResponseWriter, r *http.Request) {
	if !s.mayAsk(w, r) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	_, err := s.requests.Confirm(r.Context(), r.PostFormValue("token"))
	switch {
	case err == nil:
		s.writePrivacy(w, http.StatusOK, privacyPage{Title: "Your request has arrived", Text: "It will be answered within 30 days, by mail."})
	case errors.Is(err, requests.ErrLink):
		s.writePrivacy(w, http.StatusNotFound, privacyPage{Title: "This link is not good", Text: "It is unknown or has expired. Make the request again."})
	default:
		f := s.refused(r.Context(), err)
		s.writePrivacy(w, f.GetStatus(), privacyPage{Title: "That did not work", Text: f.detail})
	}
}

func (s *Service) writeAsk(w http.ResponseWriter, status int, page askPage) {
	page.Support = s.config.SupportEmail
	s.writePrivacy(w, status, privacyPage{Title: "Ask about your data", Ask: &page})
}

func (s *Service) writePrivacy(w http.ResponseWriter, status int, page privacyPage) {
	var body bytes.Buffer
	if err := privacyTemplate.ExecuteTemplate(&body, "privacy", page); err != nil {
		s.writeProblem(w, &fault{kind: internalError, detail: "Something went wrong here; the log has more.", cause: err})
		s.quiet.Error("page about data not written", "error", err.Error())
		return
	}
	noStore(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser may be gone
}
