package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
)

// AdminOptions bound the run of Admin.
type AdminOptions struct {
	Accounts   int
	Workspaces int
	Sites      int
	Rounds     int           // of each address
	Duration   time.Duration // of the sign-ins
	NewSites   int
	UpFlags    []string
}

// AdminReport is how quickly the admin service answers when it has many people, and how soon collectors
// know a new site.
type AdminReport struct {
	Accounts   int           `json:"accounts"`
	Workspaces int           `json:"workspaces"`
	Sites      int           `json:"sites"`
	Routes     []RouteTiming `json:"routes"`
	SignIns    SignInTiming  `json:"sign_ins"`
	NewSites   NewSiteTiming `json:"new_sites"`
	Figures    Figures       `json:"figures"`
}

// RouteTiming is how long one address took to answer.
type RouteTiming struct {
	Path  string  `json:"path"`
	Bytes int     `json:"bytes"` // of the answer
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	Page  bool    `json:"settings_page"` // judged: it belongs to a page of settings, not of reports
}

// Limits of the figures.
const (
	pageLimit    = 50 // ms
	signInLimit  = 20 // a second and core
	newSiteLimit = 2  // seconds
)

// Admin fills Postgres with people, workspaces and sites, and measures what they wait for: the pages of
// settings, sign-ins with passwords while others go on, and a new site's first event.
func Admin(ctx context.Context, options AdminOptions, log io.Writer) (report AdminReport, err error) {
	p, err := startProduct(ctx, options.UpFlags)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	db, err := pgx.Connect(ctx, p.Postgres)
	if err != nil {
		return report, fmt.Errorf("open postgres: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close(ctx)) }()
	_, _ = fmt.Fprintf(log, "  making %d accounts, %d workspaces and %d sites\n", options.Accounts, options.Workspaces, options.Sites)
	town, err := settle(ctx, db, options)
	if err != nil {
		return report, err
	}
	report.Accounts, report.Workspaces, report.Sites = options.Accounts, options.Workspaces, options.Sites
	if report.NewSites, err = p.newSites(ctx, town, options.NewSites); err != nil {
		return report, err
	}
	if err := p.freeze("aggregator", "demo", "uploader"); err != nil {
		return report, err
	}
	if report.Routes, err = p.walkRoutes(ctx, town, options.Rounds, log); err != nil {
		return report, err
	}
	if err := p.freeze("clickhouse"); err != nil {
		return report, err
	}
	if report.SignIns, err = p.signIns(ctx, town, options.Duration); err != nil {
		return report, err
	}
	report.judge()
	report.Figures.say(log)
	return report, nil
}

func (r *AdminReport) judge() {
	var slowest RouteTiming
	for _, route := range r.Routes {
		if route.Page && route.P95 >= slowest.P95 {
			slowest = route
		}
	}
	r.Figures.atMost("p95 of the slowest page of settings, "+slowest.Path, slowest.P95, pageLimit, "ms")
	r.Figures.atLeast("sign-ins a second of one core's time, Postgres included", 1000/(r.SignIns.CPU+r.SignIns.PostgresCPU), signInLimit, "")
	r.Figures.atMost("p95 of /me meanwhile", r.SignIns.OthersP95, pageLimit, "ms")
	r.Figures.atMost("new site to its first event, slowest", r.NewSites.Slowest, newSiteLimit, "s")
}
