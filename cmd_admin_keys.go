package main

import (
	"context"
	"fmt"

	"noctra/admin"
)

type rotateKeysCmd struct {
	Data   string `name:"data" help:"Data of a running noctra up, whose Postgres and keys are meant unless --postgres names another." placeholder:"DIR" default:"./data"`
	Retire bool   `name:"retire" help:"Take old keys out of the files instead, ten minutes after the last rotation or later."`
	Yes    bool   `name:"yes" help:"Do it; without it only says what would be done."`

	admin.Config `embed:"" set:"postgres_default=postgres://embedded/noctra" set:"clickhouse_default=http://embedded"` //nolint:govet,staticcheck // kong reads a tag that stands several times
}

// Run implements the command.
func (c *rotateKeysCmd) Run(ctx context.Context, p *program) error {
	config, err := ofRunning(c.Config, c.Data)
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
