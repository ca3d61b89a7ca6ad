package admin

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/conversions"
)

// attributionRoutes lists what shows, and tries, which clicks sales came from.
func (s *Service) attributionRoutes() []route {
	return []route{
		{readConversions, http.MethodGet, "/api/v1/sites/{id}/attribution", "attribution", "Sales shared among the clicks before them, by every model side by side", 200, handle(s, s.attribution)},
		{readConversions, http.MethodPost, "/api/v1/sites/{id}/trial", "try-site", "What another look-back would make of past sales and their conversions; nothing is kept", 200, handle(s, s.trySite)},
		{readConversions, http.MethodGet, "/api/v1/sites/{id}/conversion-checks", "conversion-checks", "What the nightly comparison of stored events with sales and conversions found", 200, handle(s, s.conversionChecks)},
	}
}

type attributionInput struct {
	InSite
	From string `query:"from" format:"date" doc:"The first local day; 30 days up to to by default."`
	To   string `query:"to" format:"date" doc:"The last local day; today by default."`
	By   string `query:"by" enum:"campaign,source" default:"campaign"`
}

type attributionOutput struct {
	Body *conversions.ModelReport
}

func (s *Service) attribution(ctx context.Context, in *attributionInput) (*attributionOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	ask := conversions.Ask{Zones: map[string][]int64{site.TimeZone: {int64(site.ID)}}}
	if ask.From, ask.To, err = days(in.From, in.To, s.now()); err != nil {
		return nil, err
	}
	var report *conversions.ModelReport
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		report, err = conversions.Models(ctx, tx, ask, in.By)
		return err
	})
	return &attributionOutput{report}, err
}

type conversionChecksOutput struct {
	Body struct {
		Checks     []conversions.CheckedDay `json:"checks"`
		NextCursor string                   `json:"next_cursor,omitempty" doc:"There are older ones; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

func (s *Service) conversionChecks(ctx context.Context, in *listOfSiteInput) (*conversionChecksOutput, error) {
	below, most, err := in.newestFirst()
	if err != nil {
		return nil, err
	}
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	rows, err := conversions.Checks(ctx, s.pool, int64(site.ID), below, most)
	if err != nil {
		return nil, err
	}
	out := &conversionChecksOutput{}
	out.Body.Checks, out.Body.NextCursor = cutPage(in.InPage, rows, func(c conversions.CheckedDay) int64 {
		id, _ := strconv.ParseInt(c.ID, 10, 64)
		return id
	})
	return out, nil
}

const (
	closeEvery = time.Hour
	closeDays  = 30
)

// lookWhetherClosed counts sales and conversions of the last days a second way.
func (s *Service) lookWhetherClosed(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, tidyTimeout)
	defer cancel()
	n, err := conversions.Unclosed(asking, s.pool, s.now().AddDate(0, 0, -closeDays))
	if err != nil {
		if ctx.Err() == nil {
			s.metrics.jobErrors.WithLabelValues("reconciliation").Inc()
			s.quiet.Warn("sales not counted a second way", "error", err.Error())
		}
		return
	}
	s.metrics.unclosed.Set(float64(n))
	if n != 0 {
		s.log.Error("reconciliation does not add up", "difference", n)
	}
}
