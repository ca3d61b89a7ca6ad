package e2e

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// transaction is a conversion as the Google that stands in has it.
type transaction struct {
	ID          string `json:"transaction_id"`
	Gclid       string `json:"gclid"`
	Action      string `json:"action"`
	Value       string `json:"value"`
	Currency    string `json:"currency"`
	State       string `json:"state"`
	Identifiers []struct {
		Email string `json:"emailAddress"`
	} `json:"user_identifiers"`
}

// conversion is a sale as the product has it.
type conversion struct {
	ID            string `json:"id"`
	EventID       string `json:"event_id"`
	TransactionID string `json:"transaction_id"`
	State         string `json:"state"`
	Reason        string `json:"reason"`
	GoogleValue   string `json:"google_value"`
}

func (p *product) getJSON(address, key string, into any) error {
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := (&http.Client{Timeout: clientLimit}).Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %d", request.URL.Path, response.StatusCode)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// transactionOf is what Google has of an order.
func (p *product) transactionOf(order string) (transaction, error) {
	var ledger struct{ Transactions []transaction }
	if err := p.getJSON(p.ready.Fakes["google"]+"/_ledger", "", &ledger); err != nil {
		return transaction{}, err
	}
	var found []transaction
	for _, one := range ledger.Transactions {
		if one.ID == "o-"+order {
			found = append(found, one)
		}
	}
	if len(found) != 1 {
		return transaction{}, fmt.Errorf("google has %d of order %s", len(found), order)
	}
	return found[0], nil
}

// conversionOf is the same in the product, found by the id of the sale's event.
func (p *product) conversionOf(event string) (conversion, error) {
	var list struct{ Conversions []conversion }
	if err := p.getJSON(p.ready.AdminURL+"/api/v1/conversions", p.ready.Demo.APIKey, &list); err != nil {
		return conversion{}, err
	}
	for _, one := range list.Conversions {
		if one.EventID == event {
			return one, nil
		}
	}
	return conversion{}, fmt.Errorf("no conversion of event %s among %d", event, len(list.Conversions))
}

// sellsByGoogle follows a click, its sale and a partial refund from the browser's event id to the ledger of
// the Google that stands in.
func (p *product) sellsByGoogle(t *testing.T) {
	p.t = t
	const click, order, sale = "Cj0KCQiAwholeproduct", "W-4711", "whole-sale-1"
	granted := map[string]string{"analytics": "granted", "ad_user_data": "granted", "ad_personalization": "granted"}
	agent := "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
	take := func(event map[string]any) {
		t.Helper()
		body, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.send(body, nil); err != nil || got.Accepted != 1 {
			t.Fatalf("%s: %+v, %v", event["id"], got, err)
		}
	}
	take(map[string]any{"id": "whole-click-1", "type": "click", "site": p.ready.Demo.SiteKey, "url": "https://" + p.ready.Demo.Hostname + "/autumn-sale?gclid=" + click, "consent": granted, "user_agent": agent})
	take(map[string]any{"id": sale, "type": "sale", "site": p.ready.Demo.SiteKey, "url": "https://" + p.ready.Demo.Hostname + "/order/done", "order_id": order, "amount": "129.90", "currency": "EUR",
		"gclid": click, "email": "alexz@example.com", "consent": granted, "user_agent": agent})
	p.await("google accepts the sale", 3*time.Minute, func() error {
		got, err := p.transactionOf(order)
		if err != nil || got.State == "accepted" && got.Gclid == click && got.Value == "129.90" && got.Currency == "EUR" && got.Action == "900000021" &&
			len(got.Identifiers) == 1 && got.Identifiers[0].Email == fmt.Sprintf("%x", sha256.Sum256([]byte("alexz@example.com"))) {
			return err
		}
		return fmt.Errorf("google has %+v", got)
	})
	accepted := func(value string) func() error {
		return func() error {
			got, err := p.conversionOf(sale)
			if err != nil || got.State == "accepted" && got.TransactionID == "o-"+order && got.GoogleValue == value {
				return err
			}
			return fmt.Errorf("the product has %+v", got)
		}
	}
	p.await("the product knows", 3*time.Minute, accepted("129.90"))
	take(map[string]any{"id": "whole-refund-1", "type": "refund", "site": p.ready.Demo.SiteKey, "order_id": order, "amount": "29.90", "currency": "EUR"})
	p.await("google has the rest of the value", 3*time.Minute, func() error {
		got, err := p.transactionOf(order)
		if err != nil || got.Value == "100.00" {
			return err
		}
		return fmt.Errorf("google has %+v", got)
	})
	p.await("the product knows of the refund", 3*time.Minute, accepted("100.00"))
}
