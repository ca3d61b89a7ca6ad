package demo

import (
	"errors"
	"fmt"
	"net"
	"net/url"

	"noctra/internal/kafka"
	"noctra/internal/settings"
)

// Config is what the demo is told. The site key and the server key come from DemoFile, which the
// admin service writes.
type Config struct {
	ShopAddr     string `name:"shop-addr" help:"Address of the demo shop." placeholder:"HOST:PORT" default:"127.0.0.1:0"`
	Dir          string `name:"demo-dir" help:"Folder for the demo's own files." placeholder:"DIR" default:"data/demo"`
	DemoFile     string `name:"demo-file" help:"File with the keys of the demo site, as the admin service writes it." placeholder:"FILE" default:"data/demo.json"`
	SiteKey      string `name:"site-key" help:"Public key of the site (default: the one in --demo-file)." placeholder:"KEY"`
	CollectorURL string `name:"collector-url" help:"Where events go and n.js comes from." placeholder:"URL" default:"http://127.0.0.1:8081"`
	AdminURL     string `name:"admin-url" help:"Where the shop's hint to the dashboard leads." placeholder:"URL" default:"http://127.0.0.1:8080"`
	Traffic      string `name:"traffic" env:"NOCTRA_DEMO_TRAFFIC" help:"Whether the demo makes visits by itself: on, or off for no event at all, neither history nor live." placeholder:"on|off" default:"on"`
	HistoryDays  int    `name:"history-days" help:"Days of history, today included." default:"30"`
	Seed         uint64 `name:"demo-seed" help:"Another number makes other visitors." default:"1"`

	Kafka kafka.Config `embed:""`
}

const maxHistoryDays = 400

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	var errs []error
	if _, _, err := net.SplitHostPort(c.ShopAddr); err != nil {
		errs = append(errs, fmt.Errorf("--shop-addr: %q is not host:port", c.ShopAddr))
	}
	if c.Dir == "" {
		errs = append(errs, errors.New("--demo-dir: give a folder"))
	}
	if c.DemoFile == "" {
		errs = append(errs, errors.New("--demo-file: give the file that the admin service writes"))
	}
	for flag, value := range map[string]string{"--collector-url": c.CollectorURL, "--admin-url": c.AdminURL} {
		if u, err := url.Parse(value); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			errs = append(errs, fmt.Errorf("%s: %q is not an http address", flag, value))
		}
	}
	if c.Traffic != "" && c.Traffic != "on" && c.Traffic != "off" { // an empty variable is none
		errs = append(errs, fmt.Errorf("--traffic: %q is neither on nor off", c.Traffic))
	}
	return errors.Join(append(errs, settings.Within("history-days", c.HistoryDays, 0, maxHistoryDays), c.Kafka.Validate())...)
}

func (c Config) makesTraffic() bool { return c.Traffic != "off" }
