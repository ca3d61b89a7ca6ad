package admin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"noctra/admin/internal/corrections"
	"noctra/schema"
)

// FoundEventView is an event that was looked for, so that it can be corrected.
type FoundEventView struct {
	EventID    string    `json:"event_id" example:"0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11"`
	Kind       string    `json:"kind" enum:"pageview,click,sale,refund,goal,interaction,held_sale" doc:"held_sale: reported by a browser, and counted once a server confirms it." example:"sale"`
	Name       string    `json:"name,omitempty" doc:"Of a goal or interaction." example:"signup"`
	OccurredAt time.Time `json:"occurred_at" example:"2026-02-28T11:00:00Z"`
	Hostname   string    `json:"hostname,omitempty" example:"shop.acme.example"`
	Path       string    `json:"path,omitempty" example:"/thanks"`
	Title      string    `json:"title,omitempty" example:"Thank you"`
	OrderID    string    `json:"order_id,omitempty" example:"A-1043"`
	Amount     string    `json:"amount,omitempty" doc:"Of a sale or refund." example:"49.90"`
	Currency   string    `json:"currency,omitempty" example:"EUR"`
	Corrected  bool      `json:"corrected,omitempty" doc:"It was corrected before." example:"false"`
}

type findEventsInput struct {
	InSite
	Body struct {
		Day       string `json:"day,omitempty" maxLength:"10" doc:"A day in the site's time zone, YYYY-MM-DD. Needed unless event_id is given." example:"2026-02-28"`
		EventID   string `json:"event_id,omitempty" maxLength:"64" doc:"As it was sent." example:"0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11"`
		OrderID   string `json:"order_id,omitempty" maxLength:"200" example:"A-1043"`
		VisitorID string `json:"visitor_id,omitempty" maxLength:"256" doc:"The first-party id, as the site sends it." example:"01J9ZK3V"`
		UserID    string `json:"user_id,omitempty" maxLength:"256" doc:"As the site sends it." example:"u-1201"`
	}
}

type foundEventsOutput struct {
	Body struct {
		Events []FoundEventView `json:"events" nullable:"false" doc:"The newest first, at most 50."`
		More   bool             `json:"more" doc:"There are others; say more of the one that is meant." example:"false"`
	}
}

// findEvents finds events of a site by what a person knows of them. What is asked for stands in the body:
// addresses of requests end in logs.
func (s *Service) findEvents(ctx context.Context, in *findEventsInput) (*foundEventsOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	search := corrections.Search{Site: site.ID, EventID: b.EventID, OrderID: b.OrderID, VisitorID: b.VisitorID, UserID: b.UserID}
	if search.From, search.To, err = dayOf(b.Day, site.TimeZone); err != nil {
		return nil, err
	}
	if b.Day == "" && b.EventID == "" {
		return nil, wrongField("day", "Name a day, or the event's id.")
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.QueryTimeout)
	defer cancel()
	hits, more, err := s.corrections.Find(ctx, search)
	if err != nil {
		return nil, ofCorrections(err)
	}
	out := &foundEventsOutput{}
	out.Body.Events, out.Body.More = viewsOf(hits, viewHit), more
	return out, nil
}

func viewHit(h corrections.Hit) FoundEventView {
	v := FoundEventView{EventID: h.EventID, Kind: h.Kind, Name: h.Name, OccurredAt: h.OccurredAt.UTC(), Hostname: h.Hostname, Path: h.Path, Title: h.Title, OrderID: h.OrderID, Corrected: h.Corrected}
	if slices.Contains([]string{schema.KindSale.String(), schema.KindRefund.String(), schema.KindHeldSale.String()}, h.Kind) {
		v.Amount, v.Currency = h.Amount.String(), h.Currency
	}
	return v
}

// dayOf is when a day begins and ends in a time zone; zero times for no day.
func dayOf(day, zone string) (from, to time.Time, err error) {
	if day == "" {
		return from, to, nil
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return from, to, fmt.Errorf("read time zone of site: %w", err)
	}
	at, err := time.ParseInLocation(time.DateOnly, day, loc)
	if err != nil {
		return from, to, wrongField("day", "This is no day; write it as 2026-02-28.")
	}
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, loc), time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, loc), nil
}
