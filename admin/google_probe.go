package admin

import (
	"context"
	"errors"

	"noctra/admin/internal/google"
	"noctra/admin/internal/store"
	"noctra/internal/googleauth"
)

// probed is what was found out about an account.
type probed struct {
	customer  google.Customer
	abilities google.Abilities
	transport string
}

const noDataTerms = "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS"

// problem is what a person has to mend before conversions can be sent, nil for nothing.
func (p probed) problem() *string {
	code := p.abilities[p.transport].Code
	if code == "" && !p.customer.DataTerms {
		code = noDataTerms
	}
	if code == "" {
		return nil
	}
	return &code
}

// probe finds out by which API conversions can be sent to a customer. The transport that is in use
// stays while it can be used; otherwise Data Manager goes first.
func (s *Service) probe(ctx context.Context, row store.GoogleConnection, customer google.Customer, action string) (probed, error) {
	found := probed{customer: customer, transport: transportOf(row)}
	at := google.At{Connection: row.ID, Customer: customer.ID, Login: customer.Login}
	var err error
	if found.abilities, err = s.google.ads.Probe(ctx, at, action); err != nil {
		return found, err
	}
	if err := s.noteAccess(ctx, row.ID, "probe"); err != nil {
		return found, err
	}
	if !found.abilities[found.transport].Can {
		found.transport = google.DataManager
		if !found.abilities[google.DataManager].Can && found.abilities[google.GoogleAds].Can {
			found.transport = google.GoogleAds
		}
	}
	return found, nil
}

func (s *Service) probeGoogle(ctx context.Context, in *InConnection) (*googleConnectionOutput, error) {
	row, err := s.connectionOf(ctx, in.number(), in.ConnectionID)
	if err != nil {
		return nil, err
	}
	return s.oneConnection(s.probeAgain(ctx, row))
}

// probeAgain looks at the account of a connection again. What Google refuses is its problem from now on.
func (s *Service) probeAgain(ctx context.Context, row store.GoogleConnection) (store.GoogleConnection, error) {
	at, err := chosen(row)
	if err != nil {
		return row, err
	}
	if err := s.googleOn(); err != nil {
		return row, err
	}
	customer, err := s.google.ads.Customer(ctx, at)
	if err != nil {
		return row, ofGoogle(err)
	}
	action, err := s.google.enabledAction(ctx, at)
	if err != nil {
		return row, ofGoogle(err)
	}
	found, err := s.probe(ctx, row, customer, action)
	if err != nil {
		return row, ofGoogle(err)
	}
	return s.keepCustomer(ctx, row, found, "google.probed")
}

// probeQuietly is probeAgain for a connection that was made again. Whoever consented may not reach the
// account that was chosen before: that is the connection's problem, as it would be at the first upload.
func (s *Service) probeQuietly(ctx context.Context, row store.GoogleConnection) {
	if row.CustomerID == "" {
		return
	}
	at, err := chosen(row)
	if err != nil {
		return
	}
	customer, err := s.google.ads.Customer(ctx, at)
	var p *google.Problem
	if errors.As(err, &p) && p.Final() {
		err = s.store.SetProblem(ctx, store.SetProblemParams{ID: row.ID, Problem: &p.Code, Now: s.now()})
	} else if err == nil {
		var found probed
		if found, err = s.probe(ctx, row, customer, ""); err == nil {
			_, err = s.keepCustomer(ctx, row, found, "google.probed")
		}
	}
	if err != nil {
		s.quiet.Warn("connection not probed", "connection_id", row.ID, "error", err.Error())
	}
}

// GoogleAccountView is an account that a connection reaches.
type GoogleAccountView struct {
	ID       string `json:"id" example:"2000000002"`
	LoginID  string `json:"login_id,omitempty" doc:"The manager account through which it is reached; empty where it is reached directly." example:"1000000001"`
	Name     string `json:"name" example:"Acme shop"`
	Manager  bool   `json:"manager" doc:"It manages other accounts." example:"false"`
	Currency string `json:"currency" example:"EUR"`
	TimeZone string `json:"time_zone" example:"Europe/Berlin"`
	Code     string `json:"code,omitempty" doc:"Why it cannot be used, as Google writes it." example:"CUSTOMER_NOT_ENABLED"`
	Reason   string `json:"reason,omitempty" example:"The account of Google Ads is not enabled."`
}

type googleAccountsOutput struct {
	Body struct {
		Accounts []GoogleAccountView `json:"accounts"`
	}
}

func (s *Service) googleAccounts(ctx context.Context, in *InConnection) (*googleAccountsOutput, error) {
	row, err := s.connectionOf(ctx, in.number(), in.ConnectionID)
	if err != nil {
		return nil, err
	}
	if _, err := reached(row); err != nil {
		return nil, err
	}
	if err := s.googleOn(); err != nil {
		return nil, err
	}
	accounts, err := s.google.ads.Accounts(ctx, row.ID)
	if err != nil {
		return nil, ofGoogle(err)
	}
	out := &googleAccountsOutput{}
	out.Body.Accounts = make([]GoogleAccountView, len(accounts))
	for i, a := range accounts {
		out.Body.Accounts[i] = GoogleAccountView{ID: a.ID, LoginID: a.Login, Name: a.Name, Manager: a.Manager, Currency: a.Currency, TimeZone: a.Zone, Code: a.Reason}
		if a.Reason != "" {
			out.Body.Accounts[i].Reason = sentence(a.Reason)
		}
	}
	return out, s.noteAccess(ctx, row.ID, "list_accounts")
}

// GoogleActionView is a conversion action at Google that takes uploads.
type GoogleActionView struct {
	ID           string `json:"id" example:"900000021"`
	Name         string `json:"name" example:"Sale"`
	Enabled      bool   `json:"enabled" example:"true"`
	Category     string `json:"category" example:"PURCHASE"`
	OnePerClick  bool   `json:"one_per_click" doc:"Google counts one conversion for a click: gbraid and wbraid are not taken." example:"false"`
	LookbackDays int    `json:"lookback_days" doc:"Days from the click to the conversion at most." example:"90"`
}

type googleActionsOutput struct {
	Body struct {
		Actions []GoogleActionView `json:"actions"`
	}
}

func (s *Service) googleActions(ctx context.Context, in *InConnection) (*googleActionsOutput, error) {
	row, err := s.connectionOf(ctx, in.number(), in.ConnectionID)
	if err != nil {
		return nil, err
	}
	actions, err := s.actionsAt(ctx, row)
	if err != nil {
		return nil, err
	}
	out := &googleActionsOutput{}
	out.Body.Actions = make([]GoogleActionView, len(actions))
	for i, a := range actions {
		out.Body.Actions[i] = GoogleActionView{a.ID, a.Name, a.Status == "ENABLED", a.Category, a.OnePerClick, a.LookbackDays}
	}
	return out, nil
}

// actionsAt lists the actions of the account of a connection.
func (s *Service) actionsAt(ctx context.Context, row store.GoogleConnection) ([]google.Action, error) {
	at, err := chosen(row)
	if err != nil {
		return nil, err
	}
	if err := s.googleOn(); err != nil {
		return nil, err
	}
	actions, err := s.google.ads.Actions(ctx, at)
	if err != nil {
		return nil, ofGoogle(err)
	}
	return actions, s.noteAccess(ctx, row.ID, "list_actions")
}

var _ google.Tokens = (*googleauth.Tokens)(nil)
