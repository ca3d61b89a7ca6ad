package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"noctra/collector"
	"noctra/internal/kafka"
	"noctra/internal/logs"
)

type spoolCmd struct {
	List  spoolListCmd  `cmd:"" name:"ls" help:"List what a spool holds."`
	Drain spoolDrainCmd `cmd:"" help:"Bring what a spool holds to Kafka, also on another machine. The collector that wrote it must not run."`
}

type spoolListCmd struct {
	Dir string `arg:"" help:"Folder of the spool (--spool-dir of the collector; spool in the data of noctra up)."`
}

// Run implements the command.
func (c *spoolListCmd) Run(p *program) error {
	segments, err := collector.ListSpool(c.Dir)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "file\tkind\tbytes\tmessages\toldest\tnewest\tdamage")
	for _, s := range segments {
		damage := s.Damage
		if damage != "" {
			damage = fmt.Sprintf("at byte %d: %s", s.DamageAt, damage)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\t%s\n", s.Name, s.Kind, s.Bytes, s.Messages, moment(s.Oldest), moment(s.Newest), damage)
	}
	return w.Flush()
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

type spoolDrainCmd struct {
	Dir   string       `arg:"" help:"Folder of the spool."`
	Kafka kafka.Config `embed:""`
	Logs  logs.Config  `embed:""`
}

// Run implements the command.
func (c *spoolDrainCmd) Run(ctx context.Context, p *program) error {
	if err := errors.Join(c.Kafka.Validate(), c.Logs.Validate()); err != nil {
		return err
	}
	log, err := c.Logs.New(os.Stderr, "spool")
	if err != nil {
		return err
	}
	n, err := collector.DrainSpool(ctx, collector.SpoolDrain{Dir: c.Dir, Kafka: c.Kafka, Log: log})
	if err != nil {
		return fmt.Errorf("%w (%d messages were drained)", err, n)
	}
	_, err = fmt.Fprintf(p.stdout, "%d messages drained\n", n)
	return err
}
