package shop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

const consentCookie = "moonlight_consent"

// consentOf is the visitor's answer, or empty.
func consentOf(r *http.Request) string {
	if cookie, err := r.Cookie(consentCookie); err == nil && (cookie.Value == "granted" || cookie.Value == "denied") {
		return cookie.Value
	}
	return ""
}

func (s *shop) consent(w http.ResponseWriter, r *http.Request) {
	answer := r.PostFormValue("answer")
	if answer != "granted" && answer != "denied" {
		http.Error(w, "answer is granted or denied.", http.StatusBadRequest)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: consentCookie, Value: answer, Path: "/", MaxAge: 180 * 86400, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	goBack(w, r)
}

// goBack returns to the page that a form names, if it is one of the shop's own.
func goBack(w http.ResponseWriter, r *http.Request) {
	back := r.PostFormValue("back")
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\r\n") {
		back = "/"
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// trafficState tells what the demo's own visitors do: {"traffic": "running"}.
func (s *shop) trafficState(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]TrafficState{"traffic": s.cfg.Traffic.State()})
}

// switchTraffic takes on or off: as the form field "traffic", or as the whole body of another
// content type.
func (s *shop) switchTraffic(w http.ResponseWriter, r *http.Request) {
	wanted, form := "", strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	if form {
		wanted = r.PostFormValue("traffic")
	}
	if wanted == "" {
		var body bytes.Buffer
		if _, err := body.ReadFrom(r.Body); err == nil && !form {
			wanted = strings.Trim(body.String(), "\" \r\n")
		}
	}
	switch {
	case wanted != "on" && wanted != "off":
		http.Error(w, "Send traffic=on or traffic=off.", http.StatusBadRequest)
	case s.cfg.Traffic.State() == TrafficOff:
		http.Error(w, "The demo was started with NOCTRA_DEMO_TRAFFIC=off: it makes no visits.", http.StatusConflict)
	default:
		s.cfg.Traffic.SetPaused(wanted == "off")
		if form && r.PostFormValue("back") != "" {
			goBack(w, r)
			return
		}
		s.trafficState(w, r)
	}
}

// planner is a small PDF, there to be downloaded.
func (s *shop) planner(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="light-planner.pdf"`)
	_, _ = w.Write(plannerPDF())
}

func plannerPDF() []byte {
	text := "BT /F1 22 Tf 72 740 Td (Moonlight light planner) Tj 0 -40 Td /F1 12 Tf (Three lamps, three heights, one dark corner less.) Tj ET"
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var offsets []int
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}
