package quarantine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

// script is a collector that answers as it is told, one line per request: status, Retry-After,
// body. It notes how many events each request had.
type script struct {
	lines []string
	sizes []int
	waits []time.Duration
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var events []json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&events); err != nil || r.Header.Get("Authorization") != "Bearer nsk_x" || r.URL.Path != "/v1/events" {
		s.lines = []string{"400 0 wrong request"}
	}
	s.sizes = append(s.sizes, len(events))
	var status, retry int
	var body string
	if _, err := fmt.Sscanf(s.lines[0], "%d %d %s", &status, &retry, &body); err != nil {
		panic(err)
	}
	if len(s.lines) > 1 {
		s.lines = s.lines[1:]
	}
	if retry > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(retry))
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// send sends n events to a collector that answers with lines.
func send(t *testing.T, n int, lines ...string) (*script, []Verdict, error) {
	t.Helper()
	s := &script{lines: lines}
	server := httptest.NewServer(s)
	defer server.Close()
	f := NewFront(server.URL+"/", "nsk_x", slog.New(slog.DiscardHandler))
	f.wait = func(_ context.Context, d time.Duration) error {
		s.waits = append(s.waits, d)
		return nil
	}
	events := make([][]byte, n)
	for i := range events {
		events[i] = fmt.Appendf(nil, `{"id":"e%d"}`, i)
	}
	verdicts, err := f.Send(t.Context(), schema.ViaUnknown, events)
	return s, verdicts, err
}

func rejected(index int, code string) string {
	return fmt.Sprintf(`{"index":%d,"code":%q,"message":"m"}`, index, code)
}

func TestSend(t *testing.T) {
	check := func(name string, n int, lines []string, codes string, sizes []int, waits ...time.Duration) {
		t.Helper()
		s, verdicts, err := send(t, n, lines...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		got := make([]string, len(verdicts))
		for i, v := range verdicts {
			got[i] = v.Code
		}
		if diff := cmp.Diff(codes, strings.Join(got, ",")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff([]any{sizes, waits}, []any{s.sizes, s.waits}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	all := func(n int) string { return fmt.Sprintf(`202 0 {"accepted":%d,"rejected":[]}`, n) }
	check("all", 3, []string{all(3)}, ",,", []int{3})
	check("some", 2, []string{`202 0 {"accepted":1,"rejected":[` + rejected(0, "too_long") + `]}`}, "too_long,", []int{2})
	check("none", 2, []string{`400 0 {"accepted":0,"rejected":[` + rejected(0, "too_long") + "," + rejected(1, "required") + `]}`}, "too_long,required", []int{2})
	check("foreign site", 1, []string{`403 0 {"accepted":0,"rejected":[` + rejected(0, "site_forbidden") + `]}`}, "site_forbidden", []int{1})
	check("busy, then down", 2, []string{`503 7 {"accepted":0,"rejected":[` + rejected(0, "overloaded") + `]}`, "502 0 <html>", all(2)}, ",", []int{2, 2, 2}, 7*time.Second, time.Second)
	check("one of a busy collector", 1, []string{`503 2 {"accepted":0,"rejected":[` + rejected(0, "kafka_unavailable") + `]}`, all(1)}, "", []int{1, 1}, 2*time.Second)
	check("rate of single events", 3, []string{`202 4 {"accepted":1,"rejected":[` + rejected(0, "rate_limited") + "," + rejected(2, "too_long") + `]}`, all(1)},
		",,too_long", []int{3, 1}, 4*time.Second)
	check("too large", 3, []string{`413 0 {"accepted":0,"rejected":[` + rejected(0, "too_many_events") + `]}`, all(1), all(2)}, ",,", []int{3, 1, 2})
	check("one that is too large", 1, []string{`413 0 {"accepted":0,"rejected":[` + rejected(0, "body_too_large") + `]}`}, "body_too_large", []int{1})
}

func TestSendFails(t *testing.T) {
	check := func(n int, line, want string) {
		t.Helper()
		if _, _, err := send(t, n, line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
	check(1, `401 0 {"accepted":0,"rejected":[`+rejected(0, "key_unknown")+`]}`, "401, key_unknown")
	check(2, `401 0 {"accepted":0,"rejected":[`+rejected(0, "key_unknown")+`]}`, "401, key_unknown")
	check(2, "404 0 -", "status 404")
	check(2, "301 0 -", "status 301")
	check(2, "202 0 -", "status 202")
	check(2, `202 0 {"accepted":1,"rejected":[`+rejected(2, "too_long")+`]}`, "event 2 of 2")
	check(2, "503 0 -", "given up after 10m0s")
	check(2, "503 3600 -", "given up after 0s")
}

func TestParsePlace(t *testing.T) {
	p, err := ParsePlace("2/17")
	if err != nil || p != (Place{2, 17}) || p.String() != "2/17" {
		t.Errorf("%v, %v", p, err)
	}
	for _, wrong := range []string{"", "17", "0/", "/1", "0/-1", "-1/0", "a/1", "0/1/2"} {
		if p, err := ParsePlace(wrong); err == nil {
			t.Errorf("%q is %v", wrong, p)
		}
	}
}
