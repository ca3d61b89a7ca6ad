package admin

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"noctra/admin/internal/corrections"
	"noctra/admin/internal/exports"
	"noctra/admin/internal/requests"
	"noctra/admin/internal/retention"
	"noctra/schema"
)

// rights is what the service has for the people in the data.
type rights struct {
	exports     *exports.Service
	requests    *requests.Service
	corrections *corrections.Service
	expiry      *retention.Job
	asked       *rateLimit // requests without an account, by address
}

// openRights prepares copies, requests, corrections and retention. It comes after mail.
func (s *Service) openRights() {
	copies := exports.Deps{Pool: s.pool, Dir: s.config.ExportsDir, Events: s.writer, URL: s.config.publicURL(), Now: s.now, Log: s.log}
	asks := requests.Deps{Pool: s.pool, URL: s.config.publicURL(), Support: s.config.SupportEmail, Now: s.now}
	if s.people.outbox != nil {
		copies.Orders, asks.Orders = s.people.outbox, s.people.outbox
	}
	s.exports, s.requests = exports.New(copies), requests.New(asks)
	s.corrections = corrections.New(corrections.Deps{Pool: s.pool, Conn: s.writer, EachServer: s.eachServer, Site: s.anySite, Now: s.now, Log: s.log})
	s.expiry = retention.New(retention.Deps{Pool: s.pool, Conn: s.writer, EachServer: s.eachServer, Site: toSchema, Now: s.now, Log: s.log})
	s.asked = newRateLimit(1, s.now)
	s.asked.rate, s.asked.burst = requestRate/time.Hour.Seconds(), requestRate
}

// anySite reads a site, whatever its state.
func (s *Service) anySite(ctx context.Context, id int64) (schema.Site, error) {
	row, err := s.store.SiteForCorrection(ctx, id)
	if err != nil {
		return schema.Site{}, fmt.Errorf("look up site %d: %w", id, err)
	}
	return toSchema(row), nil
}

// tidyRights deletes copies and requests whose time is over, and reminds of requests that are due.
func (s *Service) tidyRights(ctx context.Context) error {
	if err := s.exports.Tidy(ctx); err != nil {
		return err
	}
	reminded, err := s.requests.Remind(ctx)
	if reminded > 0 {
		s.log.Info("requests are due soon, and somebody was reminded", "requests", reminded)
	}
	if err != nil {
		return fmt.Errorf("remind of requests: %w", err)
	}
	return s.requests.Tidy(ctx)
}

// asCaller is the context of a request to a page, as routes of the table have it.
func asCaller(r *http.Request, who caller) context.Context {
	return context.WithValue(r.Context(), callerKey{}, who)
}
