package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"noctra/internal/clickhouse"
)

type sqlCmd struct {
	Query      string            `arg:"" optional:"" help:"The query; without one, or with -, it is read from standard input."`
	Format     string            `name:"format" help:"How the answer is written: table, csv or json." enum:"table,csv,json" default:"table"`
	Data       string            `name:"data" help:"Data of a running noctra up, whose ClickHouse is asked unless --clickhouse names another." placeholder:"DIR" default:"./data"`
	ClickHouse clickhouse.Config `embed:"" set:"clickhouse_default=http://embedded"` //nolint:govet // kong's tags
}

// formats are the names of ClickHouse.
var formats = map[string]string{"table": "PrettyCompactNoEscapes", "csv": "CSVWithNames", "json": "JSON"}

// Run implements the command: the query runs as the reader, which can change nothing.
func (c *sqlCmd) Run(ctx context.Context, p *program) error {
	query := c.Query
	if query == "" || query == "-" {
		raw, err := io.ReadAll(os.Stdin)
		if err != nil {
			return fmt.Errorf("read query: %w", err)
		}
		query = string(raw)
	}
	config, err := c.store()
	if err != nil {
		return err
	}
	answer, err := config.Raw(ctx, clickhouse.Reader, query, formats[c.Format])
	if err != nil {
		return err
	}
	_, err = io.Copy(p.stdout, answer)
	return errors.Join(err, answer.Close())
}

// store is the ClickHouse that was named, or that of the product which runs on --data.
func (c *sqlCmd) store() (clickhouse.Config, error) {
	if c.ClickHouse.Addr != embeddedClickHouse {
		return c.ClickHouse, c.ClickHouse.Validate()
	}
	return runningClickHouse(c.Data)
}
