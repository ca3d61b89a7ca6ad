package datamanager

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

type access struct{}

func (access) Token(context.Context, int64) (string, error) { return "token", nil }

func (access) Drop(context.Context, int64, string) error { return nil }

// answers returns the API in front of a server that always says the same, and what it was sent last.
func answers(t *testing.T, status int, body string) (way *Transport, sent *string) {
	t.Helper()
	sent = new(string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		*sent = r.Method + " " + r.URL.String() + " " + string(raw)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return New(server.URL+"/", transport.Caller{Access: access{}, Client: transport.NewClient()}), sent
}

var (
	mail   = strings.Repeat("ab", 32)
	phone  = strings.Repeat("cd", 32)
	berlin = time.Date(2026, 10, 25, 2, 30, 0, 5e8, time.FixedZone("CEST", 7200)) // an hour that came twice there
	people = transport.Row{TransactionID: "o-1", OccurredAt: berlin, HasValue: true, Value: 19_990_000, Currency: "EUR", ClickKind: "gclid", ClickValue: "Cj0KCQjw-a", EmailHash: mail, PhoneHash: phone,
		UserData: schema.ConsentGranted, Personal: schema.ConsentDenied}
	plain = transport.Row{TransactionID: "e-2", OccurredAt: berlin, ClickKind: "wbraid", ClickValue: "wb-123456789"}
	to2   = transport.Destination{ConnectionID: 1, CustomerID: "2000000002", LoginCustomerID: "1000000001", ActionID: "900000021"}
)

func TestRequest(t *testing.T) {
	way, sent := answers(t, 200, `{"requestId": "r1"}`)
	answer, err := way.Send(t.Context(), &transport.Request{To: to2, Kind: transport.Conversion, Rows: []transport.Row{people, plain}})
	if err != nil || answer.RequestID != "r1" || answer.Code != "" || answer.Final || answer.Lost {
		t.Errorf("%+v, %v", answer, err)
	}
	want := `POST /v1/events:ingest {"destinations":[{"operatingAccount":{"accountType":"GOOGLE_ADS","accountId":"2000000002"},"loginAccount":{"accountType":"GOOGLE_ADS","accountId":"1000000001"},"productDestinationId":"900000021"}],` +
		`"events":[{"transactionId":"o-1","eventTimestamp":"2026-10-25T00:30:00.5Z","eventSource":"WEB","adIdentifiers":{"gclid":"Cj0KCQjw-a"},"userData":{"userIdentifiers":[{"emailAddress":"` + mail + `"},{"phoneNumber":"` + phone + `"}]},` +
		`"consent":{"adUserData":"CONSENT_GRANTED","adPersonalization":"CONSENT_DENIED"},"conversionValue":19.99,"currency":"EUR"},` +
		`{"transactionId":"e-2","eventTimestamp":"2026-10-25T00:30:00.5Z","eventSource":"WEB","adIdentifiers":{"wbraid":"wb-123456789"}}],"encoding":"HEX"}`
	if diff := cmp.Diff(want, *sent); diff != "" {
		t.Error(diff)
	}
	if _, err := way.Send(t.Context(), &transport.Request{To: to2, Kind: transport.Restatement, Rows: []transport.Row{plain}, ValidateOnly: true}); err != nil || strings.Contains(*sent, "encoding") || !strings.Contains(*sent, `"validateOnly":true`) {
		t.Errorf("%s, %v", *sent, err)
	}
	for _, refused := range []transport.Request{{To: to2, Kind: transport.Retraction, Rows: []transport.Row{plain}}, {To: to2, Kind: transport.Conversion}, {To: to2, Kind: transport.Conversion, Rows: make([]transport.Row, mostEvents+1)}} {
		if _, err := way.Send(t.Context(), &refused); err == nil {
			t.Errorf("%d rows of %s were sent", len(refused.Rows), refused.Kind)
		}
	}
	raw, err := way.Payload(&transport.Request{Rows: []transport.Row{people}}, 0)
	if err != nil || strings.Contains(string(raw), mail) || strings.Contains(string(raw), people.ClickValue) || !strings.Contains(string(raw), `"conversionValue":19.99`) {
		t.Errorf("payload %s, %v", raw, err)
	}
}

func TestAnswers(t *testing.T) {
	const info = `{"error": {"code": 400, "message": "There was a problem with a@b.example", "status": "INVALID_ARGUMENT", "details": [{"@type": "x", "reason": "INVALID_ARGUMENT"}, {"fieldViolations": [%s]}, {"requestId": "r9"}]}}`
	row := func(violations string) string { return strings.Replace(info, "%s", violations, 1) }
	for name, c := range map[string]struct {
		status int
		body   string
		want   transport.Answer
	}{
		"no id":   {200, `{}`, transport.Answer{Status: 200, Lost: true, Code: schema.ReasonMalformed}},
		"garbage": {200, "<html>\x00", transport.Answer{Status: 200, Lost: true, Code: schema.ReasonMalformed}},
		"503":     {503, `{}`, transport.Answer{Status: 503, Lost: true, Code: "UNAVAILABLE"}},
		"429":     {429, `{"error": {"message": "Quota exceeded"}}`, transport.Answer{Status: 429, Code: "RESOURCE_EXHAUSTED", Message: "Quota exceeded"}},
		"bare":    {400, `{"error": {"message": "Request contains an invalid argument.", "status": "INVALID_ARGUMENT"}}`, transport.Answer{Status: 400, Code: "INVALID_ARGUMENT", Message: "Request contains an invalid argument."}},
		"denied": {403, `{"error": {"details": [{"reason": "DESTINATION_ACCOUNT_ACCESS_DENIED"}]}}`,
			transport.Answer{Status: 403, Code: "DESTINATION_ACCOUNT_ACCESS_DENIED"}},
		"second row": {400, row(`{"field": "events[1].eventTimestamp", "description": "Required.", "reason": "REQUIRED_FIELD_MISSING"}, {"field": "events[1].currency", "reason": "INVALID_CURRENCY_CODE"}`),
			transport.Answer{Status: 400, Code: "INVALID_ARGUMENT", Message: "There was a problem with …", RequestID: "r9",
				Rows: []transport.Outcome{{Code: schema.ReasonNarrowing}, {Code: "REQUIRED_FIELD_MISSING", Message: "events[1].eventTimestamp: Required."}}}},
		"no reason": {400, row(`{"field": "events[0].x"}, {"field": "events[1].x"}`),
			transport.Answer{Status: 400, Code: "INVALID_ARGUMENT", Message: "There was a problem with …", RequestID: "r9",
				Rows: []transport.Outcome{{Code: "INVALID_ARGUMENT", Message: "events[0].x:"}, {Code: "INVALID_ARGUMENT", Message: "events[1].x:"}}}},
		"destination": {400, row(`{"field": "destinations[0].productDestinationId", "description": "gone", "reason": "INVALID_DESTINATION"}`),
			transport.Answer{Status: 400, Code: "INVALID_DESTINATION", Message: "destinations[0].productDestinationId: gone", RequestID: "r9"}},
		"a row that was not sent": {400, row(`{"field": "events[7].x", "reason": "INVALID_FORMAT"}`), transport.Answer{Status: 400, Code: "INVALID_FORMAT", Message: "events[7].x:", RequestID: "r9"}},
	} {
		way, _ := answers(t, c.status, c.body)
		got, err := way.Send(t.Context(), &transport.Request{To: to2, Kind: transport.Conversion, Rows: []transport.Row{people, plain}})
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestStatus(t *testing.T) {
	for body, want := range map[string]transport.Status{
		`{"requestStatusPerDestination": [{"requestStatus": "PROCESSING"}]}`: {},
		`{"requestStatusPerDestination": [{"requestStatus": "SUCCESS", "eventsIngestionStatus": {"recordCount": "5"}}]}`: {
			Final: true, Rows: 5, Counts: map[string]int{}},
		`{"requestStatusPerDestination": [{"destination": {"productDestinationId": "900000021"}, "requestStatus": "PARTIAL_SUCCESS", "eventsIngestionStatus": {"recordCount": "5"},
			"errorInfo": {"errorCounts": [{"recordCount": "2", "reason": "PROCESSING_ERROR_REASON_INVALID_GCLID"}, {"recordCount": "1", "reason": "NEW"}]}}]}`: {
			Final: true, Rows: 5, Counts: map[string]int{"INVALID_GCLID": 2, "NEW": 1}},
		`{"requestStatusPerDestination": [{"requestStatus": "FAILED", "eventsIngestionStatus": {"recordCount": "2"}}]}`: {Final: true, Rows: 2, Counts: map[string]int{"FAILED": 2}},
	} {
		way, sent := answers(t, 200, body)
		got, err := way.Ask(t.Context(), to2, "r 1")
		if diff := cmp.Diff(want, got); diff != "" || err != nil || *sent != "GET /v1/requestStatus:retrieve?requestId=r+1 " {
			t.Errorf("%s: %v %s\n%s", body, err, *sent, diff)
		}
	}
	for _, bad := range []string{`{}`, `[`, `{"requestStatusPerDestination": [{"requestStatus": "NEW"}]}`, `{"requestStatusPerDestination": [{"requestStatus": "SUCCESS"}]}`,
		`{"requestStatusPerDestination": [{"destination": {"productDestinationId": "1"}, "requestStatus": "PROCESSING"}]}`,
		`{"requestStatusPerDestination": [{"requestStatus": "SUCCESS", "eventsIngestionStatus": {"recordCount": "-1"}}]}`} {
		way, _ := answers(t, 200, bad)
		if got, err := way.Ask(t.Context(), to2, "r"); err == nil {
			t.Errorf("%s: %+v", bad, got)
		}
	}
	way, _ := answers(t, 404, `{}`)
	if _, err := way.Ask(t.Context(), to2, "r"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("404: %v", err)
	}
}

// FuzzRefused: whatever the body is, there are as many outcomes as rows, and each has a code.
func FuzzRefused(f *testing.F) {
	f.Add([]byte(`{"error": {"details": [{"fieldViolations": [{"field": "events[1].x", "reason": "A"}]}]}}`))
	f.Add([]byte(`{"error": {"details": [{"fieldViolations": [{"field": "events[99999999999999999999]"}]}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := refused(transport.Answer{Status: 400, Code: "INVALID_ARGUMENT"}, raw, 3)
		if got.Rows != nil && len(got.Rows) != 3 {
			t.Fatalf("%d outcomes", len(got.Rows))
		}
		for _, one := range got.Rows {
			if one.Code == "" {
				t.Error("a row without a code counts as taken")
			}
		}
		if status, err := readStatus(raw, to2); err == nil && status.Final && status.Rows < 0 {
			t.Errorf("status %+v", status)
		}
		if _, err := json.Marshal(got); err != nil {
			t.Error(err)
		}
	})
}
