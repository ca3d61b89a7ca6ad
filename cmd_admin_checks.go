package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"noctra/uploader"
)

type checkConversionsCmd struct {
	Site int64 `name:"site" help:"Number of the site (default: all)." placeholder:"N"`
	Kept bool  `name:"kept" help:"Show what the last comparisons found, and compare nothing."`
	Yes  bool  `name:"yes" help:"Mend what can be mended; without it only says what differs."`

	onRunning `embed:""`
}

// Run implements the command.
func (c *checkConversionsCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	if config.ClickHouse.Addr == embeddedClickHouse {
		if config.ClickHouse, err = runningClickHouse(c.Data); err != nil {
			return err
		}
	}
	found, err := uploader.Compare(ctx, uploader.CompareCommand{ClickHouse: config.ClickHouse, Postgres: config.Postgres, Site: c.Site, Kept: c.Kept, Apply: c.Yes})
	differences := 0
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, r := range found {
		_, _ = fmt.Fprintf(w, "site %d\t%s\t%d events\t%d sales\t%d differ\t%d mended\tlooked at %s\n", r.Site, r.Day.Format(time.DateOnly), r.Events, r.Sales, len(r.Found), r.Mended, r.CheckedAt.UTC().Format(time.RFC3339))
		for _, d := range r.Found {
			_, _ = fmt.Fprintf(w, "\t%s\t%s\tmended: %t\n", d.Kind, d.EventID, d.Mended)
		}
		differences += len(r.Found)
	}
	if e := w.Flush(); err == nil {
		err = e
	}
	if err != nil || c.Yes || c.Kept {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%d differences; %s\n", differences, nothingDone)
	return err
}
