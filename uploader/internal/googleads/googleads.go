// Package googleads sends conversions and adjustments through the Google Ads API: uploadClickConversions
// and uploadConversionAdjustments, always with partial failures, so that one bad row costs no other.
//
// Google answers for each row at once, so its answers are final. It is open to accounts alone that used
// it before it was closed to new ones; others use Data Manager. It knows nothing of the queue: what is
// sent when, and what a code asks for, is the sender's.
package googleads

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// Most is how many rows Google takes in a request.
const Most = 2000

// Config says where the API is.
type Config struct {
	URL            string // without a path
	Version        string // such as v25
	DeveloperToken string // sent along where there is one; Google no longer asks for it
}

// Transport is the Google Ads API. It is safe for several goroutines.
type Transport struct {
	config Config
	caller transport.Caller
}

// New returns the API at config.
func New(config Config, caller transport.Caller) *Transport {
	config.URL = strings.TrimRight(config.URL, "/")
	return &Transport{config: config, caller: caller}
}

// Name implements transport.Transport.
func (t *Transport) Name() string { return "google_ads" }

// Most implements transport.Transport. Enhancements are for conversions of a website's tag, which are
// none of ours.
func (t *Transport) Most(kind transport.Kind) int {
	if kind == transport.Enhancement {
		return 0
	}
	return Most
}

// Send implements transport.Transport.
func (t *Transport) Send(ctx context.Context, r *transport.Request) (transport.Answer, error) {
	method, body, err := build(r)
	if err != nil {
		return transport.Answer{}, fmt.Errorf("google ads request: %w", err)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return transport.Answer{}, fmt.Errorf("google ads request: %w", err)
	}
	call := transport.Call{Connection: r.To.ConnectionID, Method: http.MethodPost, Header: http.Header{}, Body: raw,
		URL: t.config.URL + "/" + t.config.Version + "/customers/" + r.To.CustomerID + ":" + method}
	if r.To.LoginCustomerID != "" {
		call.Header.Set("login-customer-id", r.To.LoginCustomerID)
	}
	if t.config.DeveloperToken != "" {
		call.Header.Set("developer-token", t.config.DeveloperToken)
	}
	answer, got, err := t.caller.Do(ctx, &call)
	if err != nil {
		return transport.Answer{}, fmt.Errorf("google ads: %w", err)
	}
	return read(r, answer, got), nil
}

// errNothingToAsk is what a request for the status of a final answer comes to.
var errNothingToAsk = errors.New("the Google Ads API answers for each row at once: there is no status to ask for")

// Ask implements transport.Transport.
func (t *Transport) Ask(context.Context, transport.Destination, string) (transport.Status, error) {
	return transport.Status{}, errNothingToAsk
}

// Payload implements transport.Transport.
func (t *Transport) Payload(r *transport.Request, row int) ([]byte, error) {
	one := *r
	masked := r.Rows[row]
	masked.ClickValue, masked.EmailHash, masked.PhoneHash = schema.Mask(masked.ClickValue), schema.Mask(masked.EmailHash), schema.Mask(masked.PhoneHash)
	one.Rows = []transport.Row{masked}
	_, body, err := build(&one)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	if len(body.Conversions) == 1 {
		return json.Marshal(body.Conversions[0])
	}
	return json.Marshal(body.Adjustments[0])
}
