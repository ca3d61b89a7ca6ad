package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"noctra/admin"
)

// requestsGroup is for requests of people that are about the installation itself and no site of it.
type requestsGroup struct {
	List   requestsListCmd   `cmd:"" help:"Show requests that nobody has answered."`
	Show   requestsShowCmd   `cmd:"" help:"Show a request with its history."`
	Answer requestsAnswerCmd `cmd:"" help:"Tell the person what was done, and close the request."`
	Close  requestsCloseCmd  `cmd:"" help:"Refuse a request, with a reason that the person is told."`
}

type requestsListCmd struct {
	All bool `name:"all" help:"Closed ones, too."`

	onRunning `embed:""`
}

// Run implements the command.
func (c *requestsListCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	all, err := admin.ListRequests(ctx, config, c.All)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, r := range all {
		_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\tdue %s\n", r.ID, r.Kind, r.State, r.Email, r.Due.Format("2006-01-02"))
	}
	return w.Flush()
}

type requestsShowCmd struct {
	ID int64 `arg:"" help:"Number of the request; list shows it."`

	onRunning `embed:""`
}

// Run implements the command.
func (c *requestsShowCmd) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	r, err := admin.ShowRequest(ctx, config, c.ID)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "request %d: %s of %s, asked %s, due %s, %s\n", r.ID, r.Kind, r.Email, r.Asked.Format("2006-01-02"), r.Due.Format("2006-01-02"), r.State)
	if err == nil && r.Hostname != "" {
		_, err = fmt.Fprintf(p.stdout, "about %q, which no site has\n", r.Hostname)
	}
	if err == nil {
		_, err = fmt.Fprintf(p.stdout, "%q\n", r.Text) // quoted: it is a stranger's, and may steer a terminal
	}
	for _, s := range r.History {
		if err == nil {
			_, err = fmt.Fprintf(p.stdout, "%s %s, by %s %q\n", s.At.Format("2006-01-02 15:04"), s.State, s.By, s.Note)
		}
	}
	return err
}

// requestEnd is what both ways to close a request take.
type requestEnd struct {
	ID     int64  `arg:"" help:"Number of the request; list shows it."`
	Text   string `arg:"" help:"What the person is told."`
	NoMail bool   `name:"no-mail" help:"Send no mail; you have told them yourself."`
	Yes    bool   `name:"yes" help:"Do it; without it only says what would be done."`

	onRunning `embed:""`
}

func (c *requestEnd) end(ctx context.Context, p *program, refuse bool) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	r, err := admin.AnswerRequest(ctx, config, admin.RequestAnswer{ID: c.ID, Refuse: refuse, Text: c.Text, Mail: !c.NoMail}, c.Yes)
	if err != nil {
		return err
	}
	done := "would be " + r.State + "; " + nothingDone
	if c.Yes {
		done = "is " + r.State
		if !c.NoMail {
			done += ", mail to " + r.Email + " is ordered"
		}
	}
	_, err = fmt.Fprintf(p.stdout, "request %d %s\n", r.ID, done)
	return err
}

type requestsAnswerCmd struct {
	requestEnd `embed:""`
}

// Run implements the command.
func (c *requestsAnswerCmd) Run(ctx context.Context, p *program) error { return c.end(ctx, p, false) }

type requestsCloseCmd struct {
	requestEnd `embed:""`
}

// Run implements the command.
func (c *requestsCloseCmd) Run(ctx context.Context, p *program) error { return c.end(ctx, p, true) }
