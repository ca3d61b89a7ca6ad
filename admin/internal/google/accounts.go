package google

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// Account is an account of Google Ads that a consent reaches.
type Account struct {
	ID       string // ten digits
	Name     string
	Manager  bool   // has clients, and conversions only where it owns theirs
	Login    string // the manager through which it is reached; empty: directly
	Currency string
	Zone     string
	Status   string // ENABLED, …
	Reason   string // Google's code where it cannot be used
}

// Customer is an account with what decides about its conversions.
type Customer struct {
	Account
	ConversionCustomer string // who owns its conversions and actions
	DataTerms          bool   // Google's customer data terms are accepted
}

// Action is a conversion action that takes uploads.
type Action struct {
	ID           string
	Name         string
	Status       string // ENABLED, …
	Category     string
	OnePerClick  bool
	LookbackDays int
}

// number is a number of 64 bits, which Google's JSON has as text.
type number = flexible

type customerRow struct {
	ID       number `json:"id"`
	Name     string `json:"descriptiveName"`
	Manager  bool   `json:"manager"`
	Status   string `json:"status"`
	Currency string `json:"currencyCode"`
	Zone     string `json:"timeZone"`
	Tracking struct {
		Customer  string `json:"googleAdsConversionCustomer"`
		DataTerms bool   `json:"acceptedCustomerDataTerms"`
	} `json:"conversionTrackingSetting"`
}

type actionRow struct {
	ID       number `json:"id"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Status   string `json:"status"`
	Category string `json:"category"`
	Counting string `json:"countingType"`
	Lookback number `json:"clickThroughLookbackWindowDays"`
}

// chunk is a part of an answer of searchStream.
type chunk struct {
	Results []struct {
		Customer customerRow `json:"customer"`
		Client   customerRow `json:"customerClient"`
		Action   actionRow   `json:"conversionAction"`
	} `json:"results"`
}

func (c *Client) search(ctx context.Context, at At, query string) ([]chunk, error) {
	var chunks []chunk
	err := c.do(ctx, call{
		connection: at.Connection, method: http.MethodPost, login: at.Login, body: map[string]string{"query": query},
		url: c.ads + "/" + c.version + "/customers/" + at.Customer + "/googleAds:searchStream",
	}, &chunks)
	return chunks, err
}

// At is an account as a connection reaches it.
type At struct {
	Connection int64
	Customer   string
	Login      string
}

// direct lists the accounts that the consent reaches without a manager.
func (c *Client) direct(ctx context.Context, connection int64) ([]string, error) {
	var answer struct {
		Names []string `json:"resourceNames"`
	}
	if err := c.do(ctx, call{connection: connection, method: http.MethodGet, url: c.ads + "/" + c.version + "/customers:listAccessibleCustomers"}, &answer); err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(answer.Names))
	for _, name := range answer.Names {
		ids = append(ids, strings.TrimPrefix(name, "customers/"))
	}
	slices.Sort(ids)
	return ids, nil
}

// mostManagers bounds how many accounts are looked into; who has more chooses by number.
const mostManagers = 50

// Accounts lists everything that a consent reaches: first what it reaches directly, then clients of
// managers. One that cannot be looked into is listed with Google's reason.
func (c *Client) Accounts(ctx context.Context, connection int64) ([]Account, error) {
	ids, err := c.direct(ctx, connection)
	if err != nil {
		return nil, err
	}
	var all, clients []Account
	for _, id := range ids[:min(len(ids), mostManagers)] {
		tree, err := c.tree(ctx, connection, id)
		if err != nil {
			p, final := refusal(err)
			if !final {
				return nil, err
			}
			all = append(all, Account{ID: id, Reason: p.Code})
			continue
		}
		for _, a := range tree {
			switch {
			case a.ID == id:
				a.Login = ""
				all = append(all, a)
			case !slices.Contains(ids, a.ID):
				clients = append(clients, a)
			}
		}
	}
	for _, a := range clients {
		if !slices.ContainsFunc(all, func(b Account) bool { return a.ID == b.ID }) {
			all = append(all, a)
		}
	}
	return all, nil
}

// tree lists an account and all that it manages.
func (c *Client) tree(ctx context.Context, connection int64, id string) ([]Account, error) {
	chunks, err := c.search(ctx, At{connection, id, id}, `SELECT customer_client.id, customer_client.descriptive_name, customer_client.manager, customer_client.status, customer_client.currency_code, customer_client.time_zone, customer_client.level FROM customer_client`)
	if err != nil {
		return nil, err
	}
	var all []Account
	for _, part := range chunks {
		for _, r := range part.Results {
			all = append(all, account(&r.Client, id))
		}
	}
	return all, nil
}

func account(r *customerRow, login string) Account {
	a := Account{ID: string(r.ID), Name: r.Name, Manager: r.Manager, Login: login, Currency: r.Currency, Zone: r.Zone, Status: r.Status}
	if a.Status != "ENABLED" {
		a.Reason = "CUSTOMER_NOT_ENABLED"
	}
	return a
}

// Customer looks into an account.
func (c *Client) Customer(ctx context.Context, at At) (Customer, error) {
	chunks, err := c.search(ctx, at, `SELECT customer.id, customer.descriptive_name, customer.manager, customer.status, customer.currency_code, customer.time_zone, customer.conversion_tracking_setting.google_ads_conversion_customer, customer.conversion_tracking_setting.accepted_customer_data_terms FROM customer`)
	if err != nil {
		return Customer{}, err
	}
	if len(chunks) == 0 || len(chunks[0].Results) == 0 {
		return Customer{}, &Problem{Status: http.StatusNotFound, Code: "USER_PERMISSION_DENIED", Message: "Google says nothing of the account"}
	}
	r := &chunks[0].Results[0].Customer
	of := Customer{Account: account(r, at.Login), ConversionCustomer: strings.TrimPrefix(r.Tracking.Customer, "customers/"), DataTerms: r.Tracking.DataTerms}
	if of.ConversionCustomer == "" || of.ConversionCustomer == "0" {
		of.ConversionCustomer = of.ID
	}
	return of, nil
}

// Owner finds the customer that owns the conversions of an account, and how it is reached.
func (c *Client) Owner(ctx context.Context, at At) (Customer, error) {
	of, err := c.Customer(ctx, at)
	if err != nil || of.ConversionCustomer == of.ID {
		return of, err
	}
	ids, err := c.direct(ctx, at.Connection)
	if err != nil {
		return of, err
	}
	at.Customer = of.ConversionCustomer
	if slices.Contains(ids, at.Customer) {
		at.Login = ""
	}
	return c.Customer(ctx, at)
}

// Actions lists the conversion actions that take uploads, by name.
func (c *Client) Actions(ctx context.Context, at At) ([]Action, error) {
	chunks, err := c.search(ctx, at, `SELECT conversion_action.id, conversion_action.name, conversion_action.type, conversion_action.status, conversion_action.category, conversion_action.counting_type, conversion_action.click_through_lookback_window_days FROM conversion_action WHERE conversion_action.type = 'UPLOAD_CLICKS'`)
	if err != nil {
		return nil, err
	}
	var all []Action
	for _, part := range chunks {
		for _, r := range part.Results {
			if r.Action.Type != "UPLOAD_CLICKS" {
				continue
			}
			days := r.Action.Lookback.int()
			if days < 1 || days > 90 {
				days = 90
			}
			all = append(all, Action{string(r.Action.ID), r.Action.Name, r.Action.Status, r.Action.Category, r.Action.Counting == "ONE_PER_CLICK", days})
		}
	}
	slices.SortStableFunc(all, func(a, b Action) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
