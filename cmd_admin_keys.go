package main

import (
	"context"
	"fmt"

	"noctra/admin"
)

type rotateKeysCmd struct {
	Retire bool `name:"retire" help:"Take old keys out of the files instead, ten minutes after the last rotation or later."`
	Yes    bool `name:"yes" help:"Do it; without it only says what would be done."`

	onRunning `embed:""`
}

// Run implements the command.
func (c *rotateKeysCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	report, err := admin.RotateKeys(ctx, config, admin.Rotation{Retire: c.Retire, Apply: c.Yes})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%d second factors, %d mails, %d signing secrets and %d connections to Google %s\n", report.Seeds, report.Mail, report.Signing, report.Google, c.done(report.Retired))
	return err
}

func (c *rotateKeysCmd) done(retired int) string {
	switch {
	case c.Retire && c.Yes:
		return fmt.Sprintf("were still under old keys and are no more; %d old keys are gone", retired)
	case c.Retire:
		return fmt.Sprintf("are still under old keys; %d old keys would go; %s", retired, nothingDone)
	case c.Yes:
		return "are sealed under the new key; the old one stays in the file until --retire"
	}
	return "would be sealed under a new key; " + nothingDone
}
