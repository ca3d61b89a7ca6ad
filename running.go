package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"noctra/internal/clickhouse"
	"noctra/internal/up"
)

// runningOn tells where everything is of the `noctra up` that runs on a data directory.
func runningOn(data string) (up.Ready, error) {
	var ready up.Ready
	raw, err := os.ReadFile(filepath.Join(data, "ready.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return ready, fmt.Errorf("--data: no noctra up runs on %q: start it, or give the addresses of your servers", data)
	}
	if err == nil {
		err = json.Unmarshal(raw, &ready)
	}
	if err != nil {
		return ready, fmt.Errorf("--data: read ready.json: %w", err)
	}
	return ready, nil
}

// runningClickHouse is the ClickHouse of that `noctra up`, with all its users.
func runningClickHouse(data string) (clickhouse.Config, error) {
	ready, err := runningOn(data)
	if err != nil {
		return clickhouse.Config{}, err
	}
	u, err := url.Parse(ready.ClickHouse)
	if err != nil {
		return clickhouse.Config{}, fmt.Errorf("--data: read ready.json: the address of clickhouse does not parse")
	}
	return embeddedConfig("http://"+u.Host, filepath.Join(data, "secrets")), nil
}

// embeddedConfig is the configuration of an embedded ClickHouse.
func embeddedConfig(addr, secrets string) clickhouse.Config {
	password := func(role string) string { return filepath.Join(secrets, "clickhouse_"+role) }
	return clickhouse.Config{
		Addr: addr, Database: "noctra",
		WriterUser: "noctra_writer", WriterPasswordFile: password("writer"),
		ReaderUser: "noctra_reader", ReaderPasswordFile: password("reader"),
		MigratorUser: "noctra_migrator", MigratorPasswordFile: password("migrator"),
	}
}
