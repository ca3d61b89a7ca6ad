package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"noctra/admin"
	"noctra/internal/clickhouse"
)

type eraseCmd struct {
	Site      string `name:"site" help:"Number or public key of the site (default: all sites of --workspace)." placeholder:"SITE"`
	Workspace int64  `name:"workspace" help:"Number of the workspace." placeholder:"N"`
	UserID    string `name:"user-id" help:"Erase the person with this user id, as the site sends it." placeholder:"ID"`
	VisitorID string `name:"visitor-id" help:"Erase the visitor with this first-party id." placeholder:"ID"`
	OrderID   string `name:"order-id" help:"Erase the person who made this order." placeholder:"ID"`
	Email     string `name:"email" help:"Erase the person with this address, as it came with a sale." placeholder:"EMAIL"`
	NoWait    bool   `name:"no-wait" help:"Do not wait until it is done."`
	Yes       bool   `name:"yes" help:"Do it; without it only says what would be found where."`

	onRunning `embed:""`
}

// Run implements the command. Without one of the ids the site or workspace itself is erased.
func (c *eraseCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	if config.ClickHouse.Addr == embeddedClickHouse {
		var found clickhouse.Config
		if found, err = runningClickHouse(c.Data); err != nil {
			return err
		}
		config.ClickHouse = found
	}
	plan, err := admin.PlanErase(ctx, config, admin.EraseCommand{Site: c.Site, Workspace: c.Workspace, UserID: c.UserID, VisitorID: c.VisitorID, OrderID: c.OrderID, Email: c.Email})
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, f := range plan.Found {
		site, more := "", ""
		if f.Site != "" {
			site = "site " + f.Site
		}
		if f.More {
			more = " and more"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d rows%s\t%d bytes\n", f.Store, f.Table, site, f.Rows, more, f.Bytes)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if !c.Yes {
		_, err = fmt.Fprintf(p.stdout, "a %s would be erased; %s\n", plan.Scope, nothingDone)
		return err
	}
	id, err := admin.RequestErase(ctx, config, plan)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(p.stdout, "erasure %d is requested; the admin service does it\n", id); err != nil || c.NoWait {
		return err
	}
	return c.follow(ctx, p, config, id)
}

// follow prints states until the erasure is done, and then the receipt.
func (c *eraseCmd) follow(ctx context.Context, p *program, config admin.Config, id int64) error {
	view, err := admin.AwaitErase(ctx, config, id, func(v admin.ErasureView) {
		_, _ = fmt.Fprintf(p.stdout, "%s %s\n", v.State, v.Problem)
	})
	if err != nil {
		return err
	}
	receipt, err := json.MarshalIndent(view.Receipt, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, string(receipt))
	return err
}
