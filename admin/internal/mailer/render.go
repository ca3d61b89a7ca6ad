package mailer

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"
	text "text/template"
	"time"
)

//go:embed templates
var files embed.FS

var (
	texts  = text.Must(text.ParseFS(files, "templates/*.txt"))
	layout = template.Must(template.ParseFS(files, "templates/layout.html"))
)

// Letter is a mail as it is sent.
type Letter struct {
	MessageID string
	To        string
	Date      time.Time
	Subject   string
	Text      string
	HTML      string
}

// Content is what an order says: the template and what stands in it.
type Content struct {
	Template string            `json:"template"`
	Values   map[string]string `json:"values"`
	To       string            `json:"to,omitempty"` // instead of the order's recipient
}

// paragraph is one of the HTML form. One that is a link alone becomes a button.
type paragraph struct {
	Text string
	Link string
}

// render writes a letter in both forms. The first line of a template is the subject; the HTML form is
// made of the same paragraphs.
func render(c Content) (Letter, error) {
	var out bytes.Buffer
	if err := texts.Option("missingkey=error").ExecuteTemplate(&out, c.Template+".txt", c.Values); err != nil {
		return Letter{}, fmt.Errorf("write mail %q: %w", c.Template, err)
	}
	subject, body, _ := strings.Cut(out.String(), "\n")
	body = strings.TrimSpace(body) + "\n"
	var page struct {
		Subject    string
		Button     string
		Paragraphs []paragraph
	}
	page.Subject, page.Button = subject, c.Values["Button"]
	for part := range strings.SplitSeq(body, "\n\n") {
		part = strings.TrimSpace(part)
		if link := c.Values["Link"]; link != "" && part == link {
			page.Paragraphs = append(page.Paragraphs, paragraph{Link: link})
		} else if part != "" {
			page.Paragraphs = append(page.Paragraphs, paragraph{Text: part})
		}
	}
	var html bytes.Buffer
	if err := layout.ExecuteTemplate(&html, "layout.html", page); err != nil {
		return Letter{}, fmt.Errorf("write mail %q: %w", c.Template, err)
	}
	return Letter{Subject: subject, Text: body, HTML: html.String()}, nil
}
