package conversions

import (
	"context"
	"time"
)

// Destinations are where conversions go to.
type Destinations struct {
	Connected    bool          `json:"connected" doc:"The workspace has a connection to Google Ads, whether or not anything goes to it." example:"true"`
	HeldAt       *time.Time    `json:"held_at,omitempty" doc:"Since then uploads of the whole workspace are on hold." example:"2026-03-01T09:30:00Z"`
	Destinations []Destination `json:"destinations"`
}

// Destination is a connection with the actions that conversions go to.
type Destination struct {
	ConnectionID string    `json:"connection_id" example:"2"`
	CustomerID   string    `json:"customer_id,omitempty" doc:"The account of Google Ads; none of a file." example:"1234567890"`
	CustomerName string    `json:"customer_name,omitempty" example:"Acme Shop"`
	Transport    string    `json:"transport,omitempty" enum:"data_manager,google_ads,file" example:"data_manager"`
	State        string    `json:"state" enum:"choosing,active,needs_reconnecting,disconnected" example:"active"`
	Reason       string    `json:"reason,omitempty" doc:"Why nothing is sent by it; none while it is." example:"reconnect"`
	ReasonWords  string    `json:"reason_words,omitempty" example:"The connection to Google has to be made again"`
	ReasonClass  string    `json:"reason_class,omitempty" enum:"done,later,superseded,dead,customer,ours,gate" example:"customer"`
	Until        time.Time `json:"until,omitzero" doc:"When it is tried again by itself." example:"2026-03-01T15:30:00Z"`
	Actions      []string  `json:"actions" doc:"Names of the conversion actions." example:"[\"Purchase\"]"`
}

// DestinationsOf returns where the conversions of a scope go to.
func DestinationsOf(ctx context.Context, q Querier, scope Scope) (*Destinations, error) {
	type held struct {
		HeldAt    *time.Time
		Connected bool
	}
	holds, err := collect[held](ctx, q, "look for connections", `SELECT w.uploads_held_at AS held_at, EXISTS (SELECT FROM google_connections g WHERE g.workspace_id = w.id AND g.state <> 'disconnected') AS connected
FROM workspaces w WHERE w.id = $1`, scope.Workspace)
	if err != nil {
		return nil, err
	}
	d := &Destinations{Destinations: []Destination{}}
	for _, h := range holds {
		d.HeldAt, d.Connected = utc(h.HeldAt), h.Connected
	}
	return d, d.read(ctx, q, scope)
}

func (d *Destinations) read(ctx context.Context, q Querier, scope Scope) error {
	type destination struct {
		ID                       int64
		CustomerID, CustomerName string
		Transport                *string
		State, Reason            string
		Until                    *time.Time
		Actions                  []string
	}
	c := &clauses{}
	scope.of(c, "a")
	rows, err := collect[destination](ctx, q, "list destinations", `SELECT g.id, g.customer_id, g.customer_name, g.transport, g.state, coalesce(g.problem, CASE WHEN g.state <> 'active' THEN 'reconnect' WHEN g.paused_until > now() THEN 'backing_off' END, '') AS reason,
  CASE WHEN g.paused_until > now() THEN g.paused_until END AS until, array_agg(DISTINCT coalesce(nullif(a.action_name, ''), a.action_id)) AS actions
FROM conversion_actions a JOIN google_connections g ON g.id = a.connection_id JOIN sites t ON t.id = a.site_id AND t.state <> 'deleted'
WHERE a.removed_at IS NULL AND `+c.where()+` GROUP BY g.id ORDER BY g.id`, c.args...)
	for _, r := range rows {
		one := Destination{ConnectionID: number(r.ID), CustomerID: r.CustomerID, CustomerName: r.CustomerName, Transport: text(r.Transport), State: r.State, Actions: r.Actions}
		one.Reason, one.ReasonWords, one.ReasonClass = words(r.Reason)
		if r.Until != nil {
			one.Until = r.Until.UTC()
		}
		d.Destinations = append(d.Destinations, one)
	}
	return err
}
