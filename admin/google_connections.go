package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/google"
	"noctra/admin/internal/store"
)

// InConnection is the connection that an address names.
type InConnection struct {
	InWorkspace
	ConnectionID int64 `path:"connection_id" example:"4"`
}

type googleConnectionsOutput struct {
	Body struct {
		Connections []GoogleConnectionView `json:"connections"`
		NextCursor  string                 `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

type googleConnectionOutput struct {
	ETag string `header:"ETag"`
	Body GoogleConnectionView
}

type changeGoogleInput struct {
	InConnection
	InChange
	Body struct {
		CustomerID string `json:"customer_id,omitempty" maxLength:"20" doc:"An account of Google Ads, with or without dashes; as it is, if left out. Conversions go to the account that owns its conversions." example:"2000000002"`
		LoginID    string `json:"login_id,omitempty" maxLength:"20" doc:"The manager account through which it is reached, where it is not reached directly." example:"1000000001"`
		Transport  string `json:"transport,omitempty" enum:"data_manager,google_ads" doc:"By which API conversions are sent; Data Manager by default, where it can be used." example:"data_manager"`
	}
}

func (s *Service) listGoogle(ctx context.Context, in *listOfWorkspaceInput) (*googleConnectionsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.ConnectionsOf(ctx, store.ConnectionsOfParams{WorkspaceID: in.number(), After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	out := &googleConnectionsOutput{}
	rows, out.Body.NextCursor = cutPage(in.InPage, rows, func(r store.GoogleConnection) int64 { return r.ID })
	out.Body.Connections = make([]GoogleConnectionView, len(rows))
	for i, row := range rows {
		if out.Body.Connections[i], err = s.viewConnection(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) oneConnection(row store.GoogleConnection, err error) (*googleConnectionOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &googleConnectionOutput{ETag: quoted(connectionTag(row))}
	out.Body, err = s.viewConnection(row)
	return out, err
}

func (s *Service) googleConnection(ctx context.Context, in *InConnection) (*googleConnectionOutput, error) {
	return s.oneConnection(s.connectionOf(ctx, in.number(), in.ConnectionID))
}

var customerForm = regexp.MustCompile(`^([0-9]{3})-?([0-9]{3})-?([0-9]{4})$`)

// cleanCustomer takes a customer id as Google shows it; ok is false where it is none.
func cleanCustomer(raw string) (id string, ok bool) {
	m := customerForm.FindStringSubmatch(raw)
	if m == nil {
		return "", raw == ""
	}
	return m[1] + m[2] + m[3], true
}

// changeGoogle chooses account or transport. Google is asked before anything is held.
func (s *Service) changeGoogle(ctx context.Context, in *changeGoogleInput) (*googleConnectionOutput, error) {
	if err := in.needed(); err != nil {
		return nil, err
	}
	var problems []FieldProblem
	customer, ok := cleanCustomer(in.Body.CustomerID)
	if !ok {
		problems = append(problems, FieldProblem{"customer_id", fmt.Sprintf("%q is no account of Google Ads; it has ten digits, such as 200-000-0002.", short(in.Body.CustomerID))})
	}
	login, ok := cleanCustomer(in.Body.LoginID)
	if !ok {
		problems = append(problems, FieldProblem{"login_id", fmt.Sprintf("%q is no account of Google Ads; it has ten digits, such as 100-000-0001.", short(in.Body.LoginID))})
	}
	if login != "" && customer == "" {
		problems = append(problems, FieldProblem{"login_id", "A manager says how the account of customer_id is reached; send both."})
	}
	if len(problems) > 0 {
		return nil, &fault{kind: invalidRequest, detail: "The change is not as it has to be; errors says where.", problems: problems}
	}
	row, err := s.connectionOf(ctx, in.number(), in.ConnectionID)
	if err != nil {
		return nil, err
	}
	if err := (changeOf{row.ID, in.IfMatch}).seen(connectionTag(row)); err != nil {
		return nil, err
	}
	if customer != "" {
		if row, err = s.chooseAccount(ctx, row, customer, login); err != nil {
			return nil, err
		}
	}
	if in.Body.Transport != "" && in.Body.Transport != transportOf(row) {
		row, err = s.chooseTransport(ctx, row, in.Body.Transport)
	}
	return s.oneConnection(row, err)
}

// chooseAccount looks at an account, probes it, and keeps it with what was found.
func (s *Service) chooseAccount(ctx context.Context, row store.GoogleConnection, customer, login string) (store.GoogleConnection, error) {
	at, err := reached(row)
	if err != nil {
		return row, err
	}
	at.Customer, at.Login = customer, login
	owner, err := s.google.owner(ctx, at)
	if err != nil {
		return row, ofGoogle(err)
	}
	if row.CustomerID != "" && row.CustomerID != owner.ID {
		n, err := s.store.LiveActionsOfConnection(ctx, row.ID)
		if err != nil {
			return row, fmt.Errorf("count actions: %w", err)
		}
		if n > 0 {
			return row, refuse(conflict, "Conversions are sent to actions of the account that was chosen before; remove these first, or make another connection.")
		}
	}
	action, err := s.google.enabledAction(ctx, google.At{Connection: row.ID, Customer: owner.ID, Login: owner.Login})
	if err != nil {
		return row, ofGoogle(err)
	}
	found, err := s.probe(ctx, row, owner, action)
	if err != nil {
		return row, ofGoogle(err)
	}
	return s.keepCustomer(ctx, row, found, "google.account_chosen")
}

// owner asks who owns the conversions of an account, where anybody can be asked.
func (g *googleSide) owner(ctx context.Context, at google.At) (google.Customer, error) {
	if g.ads == nil {
		return google.Customer{}, refuse(googleOff, "This installation has no OAuth client at Google; ask whoever runs it.")
	}
	return g.ads.Owner(ctx, at)
}

// enabledAction is an action to try things with, empty for none.
func (g *googleSide) enabledAction(ctx context.Context, at google.At) (string, error) {
	actions, err := g.ads.Actions(ctx, at)
	if err != nil {
		return "", err
	}
	for _, a := range actions {
		if a.Status == "ENABLED" {
			return a.ID, nil
		}
	}
	return "", nil
}

// keepCustomer writes an account with what was found into a connection that nobody changed meanwhile.
func (s *Service) keepCustomer(ctx context.Context, seen store.GoogleConnection, found probed, action string) (row store.GoogleConnection, err error) {
	abilities, err := json.Marshal(found.abilities)
	if err != nil {
		return seen, fmt.Errorf("keep account: %w", err)
	}
	err = store.Transact(ctx, s.pool, func(q *store.Queries) error {
		before, err := q.LockConnectionOf(ctx, store.LockConnectionOfParams{ID: seen.ID, WorkspaceID: seen.WorkspaceID})
		if err := noConnection(err); err != nil {
			return err
		}
		if err := (changeOf{seen.ID, connectionTag(seen)}).seen(connectionTag(before)); err != nil {
			return err
		}
		row, err = q.ChooseAccount(ctx, store.ChooseAccountParams{
			ID: seen.ID, Transport: &found.transport, CustomerID: found.customer.ID, LoginCustomerID: found.customer.Login, CustomerName: found.customer.Name,
			CustomerCurrency: found.customer.Currency, CustomerZone: found.customer.Zone, Abilities: abilities, Problem: found.problem(), Now: s.now(),
		})
		if err != nil {
			return fmt.Errorf("keep account: %w", err)
		}
		if err := s.sayAnew(ctx, q, row); err != nil {
			return err
		}
		e := callerOf(ctx).entry(seen.WorkspaceID, action)
		e.Before, e.After = connectionState(before), connectionState(row)
		return audit.Add(ctx, q, s.now(), e)
	})
	return row, err
}

// sayAnew has sales decided again of which something is held that the connection may be able to say now.
func (s *Service) sayAnew(ctx context.Context, q *store.Queries, row store.GoogleConnection) error {
	if err := holdDeciding(ctx, q, row.WorkspaceID); err != nil {
		return err
	}
	now := s.now()
	if _, err := q.DecideSalesOfConnection(ctx, store.DecideSalesOfConnectionParams{Now: &now, Connection: row.ID}); err != nil {
		return fmt.Errorf("decide sales again: %w", err)
	}
	return nil
}

func (s *Service) chooseTransport(ctx context.Context, seen store.GoogleConnection, transport string) (row store.GoogleConnection, err error) {
	if _, err := chosen(seen); err != nil {
		return seen, err
	}
	abilities := google.Abilities{}
	if err := json.Unmarshal(seen.Abilities, &abilities); err != nil {
		return seen, fmt.Errorf("read abilities: %w", err)
	}
	if can := abilities[transport]; !can.Can {
		return seen, fieldFault("transport", sayReason(can.Code))
	}
	err = store.Transact(ctx, s.pool, func(q *store.Queries) error {
		before, err := q.LockConnectionOf(ctx, store.LockConnectionOfParams{ID: seen.ID, WorkspaceID: seen.WorkspaceID})
		if err := noConnection(err); err != nil {
			return err
		}
		if err := (changeOf{seen.ID, connectionTag(seen)}).seen(connectionTag(before)); err != nil {
			return err
		}
		if row, err = q.ChooseTransport(ctx, store.ChooseTransportParams{ID: seen.ID, Transport: &transport, Now: s.now()}); err != nil {
			return fmt.Errorf("choose transport: %w", err)
		}
		if err := s.sayAnew(ctx, q, row); err != nil {
			return err
		}
		e := callerOf(ctx).entry(seen.WorkspaceID, "google.transport_changed")
		e.Before, e.After = connectionState(before), connectionState(row)
		return audit.Add(ctx, q, s.now(), e)
	})
	return row, err
}
