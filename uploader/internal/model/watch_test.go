package model

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// watched looks at every row that is sent, as things are at that moment, and has calls fail as histories say.
type watched struct {
	transport.Transport
	w *world
}

// Send implements transport.Transport.
func (t *watched) Send(ctx context.Context, r *transport.Request) (transport.Answer, error) {
	s := t.w.owners[r.To.ConnectionID]
	for i := range r.Rows {
		t.w.check(s, r, &r.Rows[i])
	}
	fault := ""
	if len(s.faults) > 0 {
		fault, s.faults = s.faults[0], s.faults[1:]
	}
	switch fault {
	case "never":
		return transport.Answer{Lost: true, Code: schema.ReasonAnswerLost}, nil
	case "503":
		return transport.Answer{Lost: true, Status: http.StatusServiceUnavailable, Code: "UNAVAILABLE"}, nil
	case "429":
		return transport.Answer{Status: http.StatusTooManyRequests, Code: "RESOURCE_EXHAUSTED"}, nil
	case "dies before":
		return transport.Answer{Lost: true}, t.w.die(ctx, r)
	case "partly": // a row is named that is not at fault, and would be the next time
		rows := make([]transport.Outcome, len(r.Rows))
		for i := range rows {
			rows[i].Code = schema.ReasonNarrowing
		}
		rows[0].Code = "INTERNAL_ERROR"
		return transport.Answer{Status: http.StatusBadRequest, Code: "INVALID_ARGUMENT", Rows: rows}, nil
	}
	if r.AttemptID%2 == 0 {
		t.w.suddenly(s)
	}
	answer, err := t.Transport.Send(ctx, r)
	t.w.suddenly(s)
	switch fault {
	case "lost":
		return transport.Answer{Lost: true, Code: schema.ReasonAnswerLost}, nil
	case "dies":
		return answer, t.w.die(ctx, r)
	}
	return answer, err
}

// die is an uploader that ends before it has written the answer down: its attempt is left as it was, once the
// others have done their part.
func (w *world) die(ctx context.Context, r *transport.Request) error {
	_, err := w.postgres.Exec(ctx, `UPDATE upload_attempts SET state = 'lost', code = 'died' WHERE id = $1`, r.AttemptID)
	return err
}

// check compares a row with what may be told of the shop now.
func (w *world) check(s *subject, r *transport.Request, row *transport.Row) {
	key := r.To.ActionID + " " + row.TransactionID
	e := s.google[key]
	if e == nil || len(e.sales) == 0 {
		w.wrong(s, "%s %s is sent, and never could be", r.Kind, key)
		return
	}
	may := false
	for one := range e.sales {
		may = may || s.speaks(one, r.To.ActionID)
	}
	said := money(int64(row.Value), row.Currency)
	switch {
	case e.sealed:
		w.wrong(s, "%s %s is sent, and Google has it of somebody who was erased", r.Kind, key)
	case !may:
		w.wrong(s, "%s %s is sent, and nothing may be told of it now", r.Kind, key)
	case r.Kind != transport.Retraction && r.Kind != transport.Enhancement && !e.values[said]:
		w.wrong(s, "%s %s is sent with %s, and was worth %v", r.Kind, key, said, e.values)
	case r.Kind == transport.Retraction && !e.retracted:
		w.wrong(s, "%s is taken back, and was never refunded", key)
	case row.EmailHash+row.PhoneHash != "" && !e.hashed:
		w.wrong(s, "%s %s is sent with hashes", r.Kind, key)
	case !e.clicks[clickOf(row)]:
		w.wrong(s, "%s %s is sent with click %s, and had %v", r.Kind, key, clickOf(row), e.clicks)
	}
	if row.AdjustmentID == 0 {
		return
	}
	if row.AdjustmentID < s.told[key] {
		w.wrong(s, "%s %s: adjustment %d is sent after %d", r.Kind, key, row.AdjustmentID, s.told[key])
	}
	s.told[key] = row.AdjustmentID
	if w.ledger()[key] == nil {
		w.wrong(s, "%s %s is adjusted, and Google does not have it", r.Kind, key)
	}
}

func clickOf(row *transport.Row) string { return row.ClickKind + "=" + row.ClickValue }

// listening returns a client that looks at what goes over the wire: no address of a person ever does.
func (w *world) listening() *http.Client {
	client := transport.NewClient()
	client.Transport = listener{w}
	return client
}

type listener struct{ w *world }

// RoundTrip implements http.RoundTripper.
func (l listener) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(raw, []byte("ipAddress")) || bytes.Contains(raw, []byte("userIp")) {
			l.w.Errorf("an address of a person is sent")
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
	}
	return http.DefaultTransport.RoundTrip(r)
}
