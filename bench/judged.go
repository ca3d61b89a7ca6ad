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
