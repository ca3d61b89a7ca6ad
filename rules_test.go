package main

import (
	"log/slog"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"
	"gopkg.in/yaml.v3"

	"noctra/admin"
	"noctra/aggregator"
	"noctra/collector"
	"noctra/uploader"
)

// described returns the names of all metrics that services register.
func described(t *testing.T) map[string]bool {
	t.Helper()
	registry, log := prometheus.NewRegistry(), slog.New(slog.DiscardHandler)
	var settings struct {
		Collector  collector.Config  `embed:"" prefix:"c-"`
		Aggregator aggregator.Config `embed:"" prefix:"a-"`
		Admin      admin.Config      `embed:"" prefix:"d-"`
		Uploader   uploader.Config   `embed:"" prefix:"u-"`
	}
	parser, err := kong.New(&settings, kong.Vars{"kafka_default": "127.0.0.1:1", "postgres_default": "postgres://noctra@127.0.0.1:1/noctra", "clickhouse_default": "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	settings.Collector.Addr, settings.Admin.Addr, settings.Collector.SpoolDir = "127.0.0.1:0", "127.0.0.1:0", t.TempDir()
	registries := []*prometheus.Registry{registry, prometheus.NewRegistry(), prometheus.NewRegistry(), prometheus.NewRegistry()}
	if _, err := collector.New(settings.Collector, collector.Deps{Log: log, Registry: registries[0]}); err != nil {
		t.Fatal(err)
	}
	if _, err := aggregator.New(settings.Aggregator, aggregator.Deps{Log: log, Registry: registries[1]}); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.New(settings.Admin, admin.Deps{Log: log, Registry: registries[2]}); err != nil {
		t.Fatal(err)
	}
	if _, err := uploader.New(settings.Uploader, uploader.Deps{Log: log, Registry: registries[3], Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	name := regexp.MustCompile(`fqName: "([a-z0-9_]+)"`)
	for _, one := range registries {
		found := make(chan *prometheus.Desc)
		go func() { one.Describe(found); close(found) }()
		for d := range found {
			if m := name.FindStringSubmatch(d.String()); m != nil {
				names[m[1]] = true
			}
		}
	}
	return names
}

// TestRulesNameWhatIsThere: an alert on a metric that is not there would never fire.
func TestRulesNameWhatIsThere(t *testing.T) {
	text, err := os.ReadFile("deploy/prometheus/noctra.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	names, metric := described(t), regexp.MustCompile(`\bnoctra_[a-z0-9_]+`)
	rules := 0
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			rules++
			found := metric.FindAllString(rule.Expr, -1)
			if rule.Alert == "" || len(found) == 0 || rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" {
				t.Errorf("rule %+v is not whole", rule)
			}
			for _, name := range found {
				if !names[name] {
					t.Errorf("alert %s: there is no metric %s", rule.Alert, name)
				}
			}
		}
	}
	if rules == 0 || len(names) < 50 {
		t.Errorf("%d rules, %d metrics", rules, len(names))
	}
}
