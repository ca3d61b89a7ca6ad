package main

import (
	"fmt"
	"text/tabwriter"

	"noctra/internal/failpoint"
	"noctra/internal/settings"
)

type configCmd struct {
	Command []string `arg:"" optional:"" passthrough:"" help:"Command whose settings are printed, with flags as you would give them (default: up)."`
}

// Run implements the command: it parses what would be run, and prints what came of it.
func (c *configCmd) Run(p *program) error {
	args := c.Command
	if len(args) == 0 {
		args = []string{"up"}
	}
	// Parsing overwrites c, so the other command line is read by a parser of its own.
	other, err := newProgram(p.stdout, p.stderr)
	if err != nil {
		return err
	}
	if file := p.configFile(); file != "" {
		args = append([]string{"--config=" + file}, args...)
	}
	ctx, err := other.parser.Parse(args)
	if other.exited {
		return nil
	}
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, s := range settings.InForce(ctx, other.file) {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, s.Value, s.Source)
	}
	return w.Flush()
}

type versionCmd struct{}

// Run implements the command.
func (versionCmd) Run(p *program) error {
	_, err := fmt.Fprintln(p.stdout, "noctra", versionText())
	return err
}

// versionText is the version, and a warning where the build is one for tests.
func versionText() string {
	if failpoint.Enabled {
		return version + " WITH FAIL POINTS: for tests alone, it kills itself and loses data when told to"
	}
	return version
}
