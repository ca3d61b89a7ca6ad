package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/admin"
)

type adminCmd struct {
	Serve           adminServeCmd      `cmd:"" default:"withargs" help:"Run the service (what noctra admin does by itself)."`
	SignInLink      signInLinkCmd      `cmd:"" name:"sign-in-link" help:"Print a link that signs an account in, once, within an hour."`
	Audit           auditCmd           `cmd:"" name:"audit-verify" help:"Check that nothing in the audit was changed or taken out."`
	Reset           resetCmd           `cmd:"" name:"reset-second-factor" help:"Turn two-step sign-in off for somebody who lost app and recovery codes."`
	EndSessions     endSessionsCmd     `cmd:"" name:"end-sessions" help:"End all sign-ins of an account."`
	CreateWorkspace createWorkspaceCmd `cmd:"" name:"create-workspace" help:"Make a workspace for an account."`
	AddMember       addMemberCmd       `cmd:"" name:"add-member" help:"Make an account a member of a workspace."`
	ListAccounts    listAccountsCmd    `cmd:"" name:"list-accounts" help:"Show all accounts."`
	ListWorkspaces  listWorkspacesCmd  `cmd:"" name:"list-workspaces" help:"Show all workspaces."`

	CheckConversions checkConversionsCmd `cmd:"" name:"check-conversions" help:"Compare stored events with sales and conversions of the last eight closed days."`

	Requests   requestsGroup `cmd:"" help:"Requests of people that are about this installation and no site of it."`
	RotateKeys rotateKeysCmd `cmd:"" name:"rotate-keys" help:"Make a new master key and seal everything under it anew; services go on running."`
}

type adminServeCmd struct {
	admin.Config `embed:""`
	Process      process `embed:"" set:"ops_addr=127.0.0.1:9094"`
}

// Validate reports all problems of the settings at once.
func (c *adminServeCmd) Validate() error {
	return errors.Join(c.Config.Validate(), c.Process.Validate())
}

// Run implements the command.
func (c *adminServeCmd) Run(ctx context.Context) error {
	return c.Process.serve(ctx, "admin", func(log *slog.Logger, registry *prometheus.Registry) (service, error) {
		return admin.New(c.Config, admin.Deps{Log: log, Registry: registry})
	})
}

type signInLinkCmd struct {
	Email string `arg:"" help:"E-mail address of the account."`

	onRunning `embed:""`
}

// Run implements the command.
func (c *signInLinkCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	link, err := admin.SignInLink(ctx, config, c.Email)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, link)
	return err
}

// onRunning is what commands take that work on the databases of a running noctra up, or on named ones.
type onRunning struct {
	Data string `name:"data" help:"Data of a running noctra up, whose databases and keys are meant unless --postgres and --clickhouse name others." placeholder:"DIR" default:"./data"`

	admin.Config `embed:"" set:"postgres_default=postgres://embedded/noctra" set:"clickhouse_default=http://embedded"` //nolint:govet,staticcheck // kong reads a tag that stands several times
}

func (c onRunning) config() (admin.Config, error) { return ofRunning(c.Config, c.Data) }

// ofRunning fills in where the databases and keys of a running noctra up are, unless servers are named.
func ofRunning(config admin.Config, data string) (admin.Config, error) {
	if config.Postgres.URL != embeddedPostgres {
		return config, nil
	}
	ready, err := runningOn(data)
	if err != nil {
		return config, err
	}
	config.Postgres.URL, config.PublicURL = ready.Postgres, cmp.Or(config.PublicURL, ready.PublicURL, ready.AdminURL)
	if config.MasterKeyFile == "" {
		config.MasterKeyFile = filepath.Join(data, "secrets", masterKeys)
	}
	if config.Google.KeyFile == "" {
		config.Google.KeyFile = filepath.Join(data, "secrets", googleKeys)
	}
	if config.SigningKeyFile == "" {
		config.SigningKeyFile = filepath.Join(data, "secrets", signingKeys)
	}
	return config, nil
}

type auditGroup struct {
	Verify auditCmd `cmd:"" help:"Check that nothing in the audit was changed or taken out."`
}

type auditCmd struct {
	Anchors string `name:"anchors" help:"File of anchors that admin services wrote (default: that of a running noctra up)." placeholder:"FILE"`

	onRunning `embed:""`
}

// Run implements the command.
func (c *auditCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	if own := filepath.Join(c.Data, auditAnchors); c.Anchors == "" && c.Postgres.URL == embeddedPostgres {
		if _, err := os.Stat(own); err == nil {
			c.Anchors = own
		}
	}
	report, err := admin.VerifyAudit(ctx, config, c.Anchors)
	if err != nil {
		return err
	}
	if !report.Whole() {
		return fmt.Errorf("the audit was changed: entries {workspace, number} %v do not follow from the ones before or lack a part, anchors know %v otherwise, and people %v are none of their accounts",
			report.Gaps, report.Lost, report.Strangers)
	}
	_, err = fmt.Fprintf(p.stdout, "%d entries, each follows from the one before; %d anchors agree; %d people are erased\n", report.Entries, report.Anchors, report.Forgotten)
	return err
}

type resetCmd struct {
	Email string `arg:"" help:"E-mail address of the account."`
	Yes   bool   `name:"yes" help:"Do it; without it only says what would be done."`

	onRunning `embed:""`
}

// Run implements the command.
func (c *resetCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	name, on, err := admin.ResetSecondFactor(ctx, config, c.Email, c.Yes)
	if err != nil {
		return err
	}
	done := "would be off, and all sign-ins would end; nothing was changed, --yes does it"
	switch {
	case !on:
		done = "is off already"
	case c.Yes:
		done = "is off, and all sign-ins have ended"
	}
	_, err = fmt.Fprintf(p.stdout, "two-step sign-in of %q %s\n", name, done)
	return err
}
