package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
)

// ReconciliationReport is how long the pages about conversions wait for their figures.
type ReconciliationReport struct {
	Rows     int         `json:"conversions"`
	Summed   float64     `json:"added_up_s"` // all of them, by the uploader
	SumCPU   float64     `json:"added_up_cpu_s"`
	Answers  []AskTiming `json:"answers"`
	Figures  Figures     `json:"figures"`
	Days     int         `json:"days"`
	LookedAt int         `json:"conversions_of_the_days"`
}

// AskTiming is how long one question took.
type AskTiming struct {
	Name  string  `json:"name"`
	Path  string  `json:"path"`
	Bytes int     `json:"bytes"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	CPU   float64 `json:"cpu_ms"` // of Postgres and the admin service together
	Limit float64 `json:"limit_ms"`
}

const (
	sumsLimit   = 300 // ms
	listLimit   = 100
	modelsLimit = 1000
	askedDays   = 30
	seededDays  = 90
)

type reconciliationCommand struct {
	common
	Rows   int `default:"1000000" help:"Conversions of a site, of three months; thirty days are asked for."`
	Rounds int `default:"40" help:"How often each question is asked."`
}

// Run measures what the pages about conversions ask.
func (c *reconciliationCommand) Run(ctx context.Context) error {
	report, err := Reconciliation(ctx, c.Rows, c.Rounds, c.flags(), c.progress())
	report.say(c.progress())
	return c.judged("reconciliation", report, report.Figures, err)
}

// Reconciliation fills a site with conversions, has the uploader add them up, and asks for sums and lists of them.
func Reconciliation(ctx context.Context, rows, rounds int, flags []string, log io.Writer) (r ReconciliationReport, err error) {
	r.Rows, r.Days = rows, askedDays
	p, db, stop, err := startQuiet(ctx, flags)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	site, err := seedConversions(ctx, db, rows, log)
	if err != nil {
		return r, err
	}
	if err := r.addUp(ctx, p, db); err != nil {
		return r, err
	}
	asks := site.sums()
	if r.Answers, err = p.ask(ctx, site, append(asks, site.lists(rows)...), rounds); err != nil {
		return r, err
	}
	// A day that changes all the time is read sale by sale.
	if _, err := db.Exec(ctx, `INSERT INTO sale_marks (site_id, from_at, to_at) SELECT $1, now() - interval '1 day', now() - interval '1 day'`, site.id); err != nil {
		return r, fmt.Errorf("mark a day: %w", err)
	}
	for i := range asks {
		asks[i].Name += ", a day just changed"
	}
	busy, err := p.ask(ctx, site, asks, rounds)
	r.Answers = append(r.Answers, busy...)
	r.judge()
	return r, err
}

// addUp lets the uploader go on until no day is marked.
func (r *ReconciliationReport) addUp(ctx context.Context, p *product, db *pgx.Conn) error {
	before, err := p.uploadSeconds()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := p.thaw("uploader", "clickhouse"); err != nil {
		return err
	}
	err = await(ctx, 15*time.Minute, 100*time.Millisecond, func() (done bool, err error) {
		err = db.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM sale_marks)`).Scan(&done)
		return done, err
	})
	if err != nil {
		return fmt.Errorf("wait until sales are added up: %w", err)
	}
	r.Summed = time.Since(began).Seconds()
	after, err := p.uploadSeconds()
	if err != nil {
		return err
	}
	r.SumCPU = after[0] - before[0] + after[1] - before[1]
	if err := p.freeze("uploader", "clickhouse"); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, `VACUUM ANALYZE`); err != nil {
		return fmt.Errorf("analyze: %w", err)
	}
	return db.QueryRow(ctx, `SELECT count(*) FROM conversions WHERE occurred_at >= date_trunc('day', now(), 'UTC') - $1::int * interval '1 day'`, askedDays-1).Scan(&r.LookedAt)
}

// ask asks each question again and again, one after the other.
func (p *product) ask(ctx context.Context, site *soldSite, asks []AskTiming, rounds int) ([]AskTiming, error) {
	v := p.visitor(site.session)
	timings := make([]AskTiming, 0, len(asks))
	for _, a := range asks {
		_, body, err := v.call(ctx, http.MethodGet, a.Path, "") // not measured: plans and pages of memory
		if err != nil {
			return nil, err
		}
		a.Bytes = len(body)
		before, err := p.adminSeconds()
		if err != nil {
			return nil, err
		}
		took := make([]time.Duration, rounds)
		for i := range took {
			if took[i], _, err = v.call(ctx, http.MethodGet, a.Path, ""); err != nil {
				return nil, err
			}
		}
		after, err := p.adminSeconds()
		if err != nil {
			return nil, err
		}
		a.P50, a.P95 = percentiles(took)
		a.CPU = (after - before) * 1000 / float64(rounds)
		timings = append(timings, a)
	}
	return timings, nil
}

// adminSeconds is the CPU time of the admin service and of Postgres.
func (p *product) adminSeconds() (float64, error) {
	admin, err := cpuSeconds(p.Pids["admin"])
	if err != nil {
		return 0, err
	}
	postgres, err := treeSeconds(p.Pids["postgres"])
	return admin + postgres, err
}

// sums are the questions about thirty days.
func (s *soldSite) sums() []AskTiming {
	today := time.Now().UTC()
	days := url.Values{"from": {today.AddDate(0, 0, 1-askedDays).Format(time.DateOnly)}, "to": {today.Format(time.DateOnly)}}.Encode()
	all := []AskTiming{{Name: "reconciliation", Path: "/api/v1/reconciliation?" + days, Limit: sumsLimit}}
	for _, by := range []string{"day", "day,action", "campaign", "day,campaign"} {
		all = append(all, AskTiming{Name: "reconciliation by " + by, Path: "/api/v1/reconciliation?" + days + "&group_by=" + by, Limit: sumsLimit})
	}
	return append(all,
		AskTiming{Name: "reconciliation of a campaign by day", Path: "/api/v1/reconciliation?" + days + "&group_by=day&campaign=campaign+7", Limit: sumsLimit},
		AskTiming{Name: "models by campaign", Path: fmt.Sprintf("/api/v1/sites/%d/attribution?%s&by=campaign", s.id, days), Limit: modelsLimit},
		AskTiming{Name: "models by source", Path: fmt.Sprintf("/api/v1/sites/%d/attribution?%s&by=source", s.id, days), Limit: modelsLimit})
}

func (r *ReconciliationReport) judge() {
	worst := map[float64]AskTiming{}
	for _, a := range r.Answers {
		if a.P95 >= worst[a.Limit].P95 {
			worst[a.Limit] = a
		}
	}
	for _, limit := range []float64{sumsLimit, listLimit, modelsLimit} {
		r.Figures.atMost("p95 of the slowest: "+worst[limit].Name, worst[limit].P95, limit, "ms")
	}
}

// say prints a table.
func (r *ReconciliationReport) say(to io.Writer) {
	_, _ = fmt.Fprintf(to, "  %d conversions were added up in %.0f s, with %.1f s of a core; %d are of the days asked for\n", r.Rows, r.Summed, r.SumCPU, r.LookedAt)
	_, _ = fmt.Fprintf(to, "  %-48s %9s %9s %9s %9s\n", "", "p50 ms", "p95 ms", "CPU ms", "bytes")
	for _, a := range r.Answers {
		_, _ = fmt.Fprintf(to, "  %-48s %9.1f %9.1f %9.1f %9d\n", a.Name, a.P50, a.P95, a.CPU, a.Bytes)
	}
	r.Figures.say(to)
}
