package datamanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

const mostEvents = 2000

// reasonName is a reason for failed events without its prefix; one of Google's has a shorter one.
func reasonName(reason string) string {
	return strings.TrimPrefix(strings.TrimPrefix(reason, "PROCESSING_ERROR_"), "REASON_")
}

// Transport is the API as a way to Google.
type Transport struct {
	base   string // https://datamanager.googleapis.com
	caller transport.Caller
}

// New returns the API at base, called in the name of what access gives tokens for.
func New(base string, caller transport.Caller) *Transport {
	return &Transport{base: strings.TrimSuffix(base, "/"), caller: caller}
}

// Name implements transport.Transport.
func (t *Transport) Name() string { return "data_manager" }

// Most implements transport.Transport.
func (t *Transport) Most(kind transport.Kind) int {
	if kind == transport.Retraction {
		return 0
	}
	return mostEvents
}

// Send implements transport.Transport.
func (t *Transport) Send(ctx context.Context, r *transport.Request) (transport.Answer, error) {
	if len(r.Rows) == 0 || len(r.Rows) > t.Most(r.Kind) {
		return transport.Answer{}, fmt.Errorf("build ingest request: %d rows of kind %q", len(r.Rows), r.Kind)
	}
	body, err := json.Marshal(build(r))
	if err != nil {
		return transport.Answer{}, fmt.Errorf("build ingest request: %w", err)
	}
	answer, raw, err := t.caller.Do(ctx, &transport.Call{Connection: r.To.ConnectionID, Method: http.MethodPost, URL: t.base + "/v1/events:ingest", Body: body})
	if err != nil || answer.Lost {
		return answer, err
	}
	if answer.Status == http.StatusOK {
		return taken(answer, raw), nil
	}
	return refused(answer, raw, len(r.Rows)), nil
}

// taken reads the answer to a request that was received. Without an id it cannot be asked for: as good as lost.
func taken(answer transport.Answer, raw []byte) transport.Answer {
	var body struct {
		RequestID string `json:"requestId"`
	}
	if err := json.Unmarshal(raw, &body); err != nil || body.RequestID == "" {
		answer.Lost, answer.Code = true, schema.ReasonMalformed
		return answer
	}
	answer.RequestID = body.RequestID
	return answer
}

// Ask implements transport.Transport.
func (t *Transport) Ask(ctx context.Context, to transport.Destination, requestID string) (transport.Status, error) {
	answer, raw, err := t.caller.Do(ctx, &transport.Call{Connection: to.ConnectionID, Method: http.MethodGet, URL: t.base + "/v1/requestStatus:retrieve?requestId=" + url.QueryEscape(requestID)})
	if err != nil {
		return transport.Status{}, err
	}
	if answer.Status != http.StatusOK || answer.Lost {
		return transport.Status{}, fmt.Errorf("ask for status: %d %s", answer.Status, answer.Code)
	}
	return readStatus(raw, to)
}

type statusAnswer struct {
	PerDestination []struct {
		Destination   destination `json:"destination"`
		RequestStatus string      `json:"requestStatus"`
		ErrorInfo     struct {
			ErrorCounts []struct {
				RecordCount string `json:"recordCount"` // numbers of 64 bits are strings in Google's JSON
				Reason      string `json:"reason"`
			} `json:"errorCounts"`
		} `json:"errorInfo"`
		Events struct {
			RecordCount string `json:"recordCount"`
		} `json:"eventsIngestionStatus"`
	} `json:"requestStatusPerDestination"`
}

var errMalformed = errors.New("ask for status: the answer cannot be read")

func readStatus(raw []byte, to transport.Destination) (status transport.Status, err error) {
	var body statusAnswer
	if err := json.Unmarshal(raw, &body); err != nil || len(body.PerDestination) != 1 {
		return status, errMalformed
	}
	one := &body.PerDestination[0]
	switch {
	case one.Destination.ProductDestinationID != "" && one.Destination.ProductDestinationID != to.ActionID:
		return status, errMalformed
	case one.RequestStatus == "PROCESSING":
		return status, nil
	case one.RequestStatus != "SUCCESS" && one.RequestStatus != "FAILED" && one.RequestStatus != "PARTIAL_SUCCESS":
		return status, errMalformed
	}
	status.Final, status.Counts = true, map[string]int{}
	if status.Rows, err = count(one.Events.RecordCount); err != nil {
		return transport.Status{}, errMalformed
	}
	for _, failed := range one.ErrorInfo.ErrorCounts {
		n, err := count(failed.RecordCount)
		if err != nil {
			return transport.Status{}, errMalformed
		}
		status.Counts[reasonName(failed.Reason)] += n
	}
	if one.RequestStatus == "FAILED" && len(status.Counts) == 0 { // it says no more than that
		status.Counts["FAILED"] = status.Rows
	}
	return status, nil
}

func count(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err == nil && n < 0 {
		err = strconv.ErrRange
	}
	return n, err
}
