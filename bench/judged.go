package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// judged prints a report and says which measurement failed, or which figure is missed.
func (c common) judged(name string, report any, figures Figures, err error) error {
	if err != nil {
		return fmt.Errorf("bench %s: %w", name, err)
	}
	if err := errors.Join(c.print(name, report), figures.missed()); err != nil {
		return fmt.Errorf("bench %s: %w", name, err)
	}
	return nil
}

type overloadCommand struct {
	common
	Rounds   int           `default:"3" help:"Rounds of each case; medians are reported."`
	Duration time.Duration `default:"4s" help:"Length of a round."`
}

// Run measures overload.
func (c *overloadCommand) Run(ctx context.Context) error {
	report, err := Overload(ctx, OverloadOptions{Rounds: c.Rounds, Duration: c.Duration, UpFlags: c.flags()}, c.progress())
	return c.judged("overload", report, report.Figures, err)
}

type rollingCommand struct {
	common
	Duration time.Duration `default:"20s" help:"Length of the run."`
	Rate     float64       `default:"2000" help:"Events a second."`
}

// Run measures rolling restarts.
func (c *rollingCommand) Run(ctx context.Context) error {
	report, err := Rolling(ctx, RollingOptions{Duration: c.Duration, Rate: c.Rate, UpFlags: c.flags()}, c.progress())
	return c.judged("rolling", report, report.Figures, err)
}

type spoolCommand struct {
	common
	Duration time.Duration `default:"6s" help:"Length of each part."`
}

// Run measures the spool.
func (c *spoolCommand) Run(ctx context.Context) error {
	report, err := Spool(ctx, SpoolOptions{Duration: c.Duration, UpFlags: c.flags()}, c.progress())
	return c.judged("spool", report, report.Figures, err)
}

type adminCommand struct {
	common
	Accounts   int           `default:"100000" help:"Accounts to make before."`
	Workspaces int           `default:"10000" help:"Workspaces to make before."`
	Sites      int           `default:"50000" help:"Sites to make before."`
	Rounds     int           `default:"60" help:"How often each page of settings is asked for."`
	Duration   time.Duration `default:"15s" help:"How long people sign in."`
	NewSites   int           `default:"10" help:"Sites whose first event is waited for."`
}

// Run measures the admin service.
func (c *adminCommand) Run(ctx context.Context) error {
	report, err := Admin(ctx, AdminOptions{
		Accounts: c.Accounts, Workspaces: c.Workspaces, Sites: c.Sites, Rounds: c.Rounds, Duration: c.Duration, NewSites: c.NewSites, UpFlags: c.flags(),
	}, c.progress())
	return c.judged("admin", report, report.Figures, err)
}
