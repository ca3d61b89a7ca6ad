package google

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// flexible is a number that JSON may have as text.
type flexible string

// UnmarshalJSON implements json.Unmarshaler.
func (f *flexible) UnmarshalJSON(raw []byte) error {
	*f = flexible(strings.Trim(string(raw), `"`))
	return nil
}

func (f flexible) int() int {
	n, err := strconv.Atoi(string(f))
	if err != nil {
		return 0
	}
	return n
}

// refusal returns Google's problem in err, and whether asking again would come to the same.
func refusal(err error) (p *Problem, final bool) {
	if errors.As(err, &p) {
		return p, p.Final()
	}
	return nil, false
}

// Ability says whether a way to Google can be used.
type Ability struct {
	Can       bool      `json:"can"`
	Code      string    `json:"code"` // why not, as Google writes it
	CheckedAt time.Time `json:"checked_at"`
}

// Abilities are ability by name: data_manager, google_ads, retraction.
type Abilities map[string]Ability

// Names of abilities; the first two are transports.
const (
	DataManager = "data_manager"
	GoogleAds   = "google_ads"
	File        = "file"
	Retraction  = "retraction"
)

// What a check sends. Nothing of it is kept by Google (validateOnly), and no click has this id.
const (
	checkClick = "Noctra_check_that_nothing_is_kept_of"
	checkOrder = "o-noctra-check"
)

// Probe finds out by which API conversions can be sent to an account. An empty action means that there
// is none yet to try it with.
func (c *Client) Probe(ctx context.Context, at At, action string) (Abilities, error) {
	now := c.now().UTC()
	all := Abilities{}
	for name, check := range map[string]func(context.Context, At, string) (string, error){DataManager: c.probeDataManager, GoogleAds: c.probeGoogleAds} {
		code, err := check(ctx, at, action)
		if err != nil {
			return nil, err
		}
		all[name] = Ability{code == "", code, now}
	}
	ads := all[GoogleAds] // the one way to take a conversion back
	all[Retraction] = ads
	return all, nil
}

// Check has Google judge a made-up conversion for an action, by one transport, without keeping it. The
// code is empty where it would have been taken.
func (c *Client) Check(ctx context.Context, transport string, at At, action string) (code string, err error) {
	if transport == GoogleAds {
		return c.checkUpload(ctx, at, action)
	}
	return judged(c.ingest(ctx, at, action), noneFine)
}

type dmAccount struct {
	Type string `json:"accountType"`
	ID   string `json:"accountId"`
}

type dmDestination struct {
	Operating dmAccount  `json:"operatingAccount"`
	Login     *dmAccount `json:"loginAccount,omitempty"`
	Action    string     `json:"productDestinationId"`
}

// probeDataManager finds out whether the account takes conversions at all: what Google says of the event
// does not matter, and without an action neither that it is missing.
func (c *Client) probeDataManager(ctx context.Context, at At, action string) (string, error) {
	return judged(c.ingest(ctx, at, action), func(p *Problem) bool {
		return p.Status == http.StatusBadRequest && (action == "" || p.Code != "INVALID_DESTINATION")
	})
}

// probeGoogleAds is the same for the Google Ads API.
func (c *Client) probeGoogleAds(ctx context.Context, at At, action string) (string, error) {
	_, err := c.upload(ctx, at, action)
	return judged(err, noneFine)
}

func noneFine(*Problem) bool { return false }

// ingest has events:ingest judge an event.
func (c *Client) ingest(ctx context.Context, at At, action string) error {
	to := dmDestination{Operating: dmAccount{"GOOGLE_ADS", at.Customer}, Action: action}
	if action == "" {
		to.Action = "1"
	}
	if at.Login != "" {
		to.Login = &dmAccount{"GOOGLE_ADS", at.Login}
	}
	body := map[string]any{"destinations": []dmDestination{to}, "validateOnly": true, "events": []any{map[string]any{
		"transactionId": checkOrder, "eventTimestamp": c.now().UTC().Format(time.RFC3339), "eventSource": "WEB", "adIdentifiers": map[string]string{"gclid": checkClick},
	}}}
	var answer struct{}
	return c.do(ctx, call{connection: at.Connection, method: http.MethodPost, url: c.dataManager + "/v1/events:ingest", body: body}, &answer)
}

// checkUpload is what the Google Ads API says of the row.
func (c *Client) checkUpload(ctx context.Context, at At, action string) (string, error) {
	code, err := c.upload(ctx, at, action)
	if err != nil {
		return judged(err, noneFine)
	}
	switch code {
	case "CLICK_NOT_FOUND", "EVENT_NOT_FOUND", "UNPARSEABLE_GCLID": // there is no such click, as everybody knows
		return "", nil
	}
	return code, nil
}

// upload has a row judged, and returns the code with which it failed.
func (c *Client) upload(ctx context.Context, at At, action string) (string, error) {
	if action == "" {
		action = "1"
	}
	body := map[string]any{"partialFailure": true, "validateOnly": true, "conversions": []any{map[string]any{
		"gclid": checkClick, "conversionAction": "customers/" + at.Customer + "/conversionActions/" + action, "orderId": checkOrder,
		"conversionDateTime": c.now().UTC().Format("2006-01-02 15:04:05-07:00"), "conversionValue": json.Number("1"), "currencyCode": "EUR",
	}}}
	var answer struct {
		Failure *struct {
			Details []struct {
				Errors []struct {
					ErrorCode map[string]string `json:"errorCode"`
				} `json:"errors"`
			} `json:"details"`
		} `json:"partialFailureError"`
	}
	err := c.do(ctx, call{connection: at.Connection, method: http.MethodPost, login: at.Login, body: body,
		url: c.ads + "/" + c.version + "/customers/" + at.Customer + ":uploadClickConversions"}, &answer)
	if err != nil || answer.Failure == nil {
		return "", err
	}
	for _, d := range answer.Failure.Details {
		for _, e := range d.Errors {
			for _, code := range e.ErrorCode {
				return code, nil
			}
		}
	}
	return "UNKNOWN", nil
}

// judged makes a code of a final refusal; fine says which refusals are none.
func judged(err error, fine func(*Problem) bool) (string, error) {
	p, final := refusal(err)
	switch {
	case err == nil || final && fine(p):
		return "", nil
	case final:
		return p.Code, nil
	}
	return "", err
}
