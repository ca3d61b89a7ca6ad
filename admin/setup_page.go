package admin

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"
)

//go:embed assets
var assets embed.FS

var setUpTemplate = template.Must(template.ParseFS(assets, "assets/set-up.html"))

// setUpPage is what the template shows: exactly one of the four.
type setUpPage struct {
	Title string
	Open  *openPage
	Form  *setUpForm
	Done  *setUpDone
	Sorry *setUpSorry
}

type setUpForm struct {
	Token  string
	Failed bool
	Groups []setUpGroup
}

type setUpGroup struct {
	Name   string
	Fields []setUpField
}

type setUpField struct {
	Name, Label, Hint, Type, Autocomplete string
	Value                                 string
	Errors                                []string
	Options                               []string
	Wide, Lines, Guess                    bool
}

type setUpDone struct {
	SiteName, Hostname, Snippet, SiteKey, ServerKey, APIKey, Example string
}

type setUpSorry struct{ Heading, Text string }

// commonCurrencies are proposed; every ISO 4217 code is taken.
var commonCurrencies = strings.Fields("EUR USD GBP CHF SEK NOK DKK PLN CZK HUF JPY CNY INR KRW SGD HKD AUD NZD CAD BRL MXN ZAR TRY AED")

// formOf builds the form with the values and problems of a first try.
func formOf(secret string, values setUpValues, problems []FieldProblem) *setUpForm {
	zones, err := assets.ReadFile("assets/time-zones.txt")
	if err != nil {
		panic(err) // the file is part of the program
	}
	errs := map[string][]string{}
	for _, p := range problems {
		errs[p.Path] = append(errs[p.Path], p.Message)
	}
	field := func(f setUpField) setUpField {
		f.Value, f.Errors = values[f.Name], errs[f.Name]
		if f.Type == "" {
			f.Type = "text"
		}
		if f.Autocomplete == "" {
			f.Autocomplete = "off"
		}
		return f
	}
	first := values["time_zone"] == ""
	zone := field(setUpField{Name: "time_zone", Label: "Time zone", Hint: "Days of reports begin at its midnight.", Options: strings.Fields(string(zones)), Guess: first})
	if first {
		zone.Value = time.UTC.String()
	}
	return &setUpForm{Token: secret, Failed: len(problems) > 0, Groups: []setUpGroup{
		{"You", []setUpField{
			field(setUpField{Name: "person", Label: "Your name", Autocomplete: "name"}),
			field(setUpField{Name: "email", Label: "E-mail address", Type: "email", Autocomplete: "email"}),
			field(setUpField{Name: "workspace", Label: "Workspace", Hint: "Your company or team; sites and people belong to it.", Autocomplete: "organization", Wide: true}),
		}},
		{"Your site", []setUpField{
			field(setUpField{Name: "name", Label: "Name of the site", Wide: true}),
			field(setUpField{Name: "hostnames", Label: "Host names", Hint: "One per line. *.shop.example takes all below it.", Lines: true, Wide: true}),
			zone,
			field(setUpField{Name: "currency", Label: "Currency", Hint: "Of revenue in reports.", Options: commonCurrencies}),
		}},
	}}
}

// example is a command that asks for a first report.
func (s *Service) example(siteKey, apiKey string) string {
	return fmt.Sprintf("curl %s/api/v1/query \\\n  -H 'Authorization: Bearer %s' \\\n  -d '{\"site_id\": \"%s\", \"metrics\": [\"visitors\", \"pageviews\"], \"date_range\": \"7d\"}'",
		s.config.publicURL(), apiKey, siteKey)
}

// writePage answers with a page of the set-up.
func (s *Service) writePage(w http.ResponseWriter, status int, page setUpPage) {
	var body bytes.Buffer
	if err := setUpTemplate.ExecuteTemplate(&body, "page", page); err != nil {
		s.writeProblem(w, &fault{kind: internalError, detail: "Something went wrong here; the log has more.", cause: err})
		s.quiet.Error("set-up page not written", "error", err.Error())
		return
	}
	noStore(w)
	// Under no-referrer browsers send the form with `Origin: null`, which over plain http is all that
	// tells it from a form of another site.
	w.Header().Set("Referrer-Policy", "same-origin")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser may be gone
}

// setUpFile serves a file that the page needs; rest is put behind it.
func setUpFile(name, rest string) http.HandlerFunc {
	content, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // the file is part of the program
	}
	content = append(content, rest...)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	}
}

// fontFace names the dashboard's font, whose file has a hash in its name. It is empty where the pages
// were not built.
func fontFace(files fs.FS) string {
	found, err := fs.Glob(files, "assets/inter-latin-wght-*.woff2")
	if err != nil || len(found) == 0 {
		return ""
	}
	return `@font-face { font-family: "Inter Variable"; font-weight: 100 900; font-display: swap; src: url("/` + found[0] + `") format("woff2"); }` + "\n"
}
