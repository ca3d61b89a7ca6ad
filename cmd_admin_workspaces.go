package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"noctra/admin"
)

// nothingDone ends what a dry run says.
const nothingDone = "nothing was changed, --yes does it"

type createWorkspaceCmd struct {
	Name  string `arg:"" help:"What it is called."`
	Owner string `name:"owner" required:"" help:"E-mail address of the account that owns it." placeholder:"EMAIL"`
	Yes   bool   `name:"yes" help:"Do it; without it only says what would be done."`

	onRunning `embed:""`
}

// Run implements the command.
func (c *createWorkspaceCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	id, err := admin.CreateWorkspace(ctx, config, c.Name, c.Owner, c.Yes)
	if err != nil {
		return err
	}
	if !c.Yes {
		_, err = fmt.Fprintf(p.stdout, "a workspace %q of %s would be made; %s\n", c.Name, c.Owner, nothingDone)
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "workspace %d was made\n", id)
	return err
}

type addMemberCmd struct {
	Workspace int64  `arg:"" help:"Number of the workspace; list-workspaces shows it."`
	Email     string `arg:"" help:"E-mail address of the account."`
	Role      string `arg:"" help:"owner, admin, analyst, campaign_manager or billing."`
	Yes       bool   `name:"yes" help:"Do it; without it only says what would be done."`

	onRunning `embed:""`
}

// Run implements the command.
func (c *addMemberCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	if err := admin.AddWorkspaceMember(ctx, config, admin.NewMember{Workspace: c.Workspace, Email: c.Email, Role: c.Role}, c.Yes); err != nil {
		return err
	}
	done := "would be " + c.Role + "; " + nothingDone
	if c.Yes {
		done = "is " + c.Role
	}
	_, err = fmt.Fprintf(p.stdout, "%s %s\n", c.Email, done)
	return err
}

type listAccountsCmd struct {
	onRunning `embed:""`
}

// Run implements the command.
func (c *listAccountsCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	all, err := admin.ListAccounts(ctx, config)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, a := range all {
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\tsince %s\tin %d workspaces\n", a.ID, a.Email, a.Name, a.CreatedAt.UTC().Format("2006-01-02"), a.Workspaces)
	}
	return w.Flush()
}

type listWorkspacesCmd struct {
	onRunning `embed:""`
}

// Run implements the command.
func (c *listWorkspacesCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	all, err := admin.ListWorkspaces(ctx, config)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, a := range all {
		_, _ = fmt.Fprintf(w, "%d\t%s\tsince %s\t%d members\t%d sites\n", a.ID, a.Name, a.CreatedAt.UTC().Format("2006-01-02"), a.Members, a.Sites)
	}
	return w.Flush()
}
