package main

import (
	"cmp"
	"os"
	"time"

	"noctra/internal/settings"
	"noctra/internal/up"
)

// Deadlines of a stop. Steps stop one after the other, and their sum stays below the 20 s that
// `up` has.
const (
	demoGrace       = 2 * time.Second
	collectorGrace  = 4 * time.Second
	aggregatorGrace = 3 * time.Second
	adminGrace      = 3 * time.Second
	engineGrace     = 6 * time.Second
)

// services lists the services in the order of the start: who is written to before who writes. They
// stop in reverse, the collector before what works on its messages.
func (l *layout) services() []up.Step {
	steps := []up.Step{
		{Processes: append(l.fakes(), l.admin(), l.uploader())},
		{Processes: []up.Process{l.aggregator()}},
		{Processes: []up.Process{l.collector()}},
	}
	if l.cmd.Demo {
		steps = append(steps, up.Step{Processes: []up.Process{l.demo()}})
	}
	return steps
}

func (l *layout) admin() up.Process {
	args := []string{
		"--admin-addr=" + l.cmd.AdminAddr,
		"--admin-url=" + cmp.Or(l.cmd.AdminURL, l.cmd.localAdmin()),
		"--admin-tls-cert-file=" + l.cmd.AdminTLS.CertFile, "--admin-tls-key-file=" + l.cmd.AdminTLS.KeyFile,
		"--collector-url=" + cmp.Or(l.cmd.CollectorURL, l.cmd.localCollector()),
		"--first-run-file=" + l.data.Path("first-run.json"),
	}
	if l.cmd.Demo {
		args = append(args, "--demo-file="+l.data.Path("demo.json"))
	}
	args = append(args, "--exports-dir="+l.data.Path("exports"))
	args = append(args, "--audit-anchor-file="+l.data.Path(auditAnchors), "--master-key-file="+l.data.Path("secrets", masterKeys), "--signing-key-file="+l.data.Path("secrets", signingKeys))
	args = append(append(args, l.mailArgs()...), l.googleArgs()...)
	return l.serviceProcess("admin", portAdminOps, adminGrace, args, l.stores.ClickHouse, l.servicePostgres())
}

func (l *layout) uploader() up.Process {
	args := l.googleArgs()
	if l.cmd.Demo {
		args = append(args, "--google-status-after=1s")
	}
	return l.serviceProcess("uploader", portUploaderOps, adminGrace, args, l.stores.ClickHouse, l.servicePostgres())
}

func (l *layout) aggregator() up.Process {
	return l.serviceProcess("aggregator", portAggregatorOps, aggregatorGrace, nil, l.stores.Kafka, l.stores.ClickHouse)
}

func (l *layout) collector() up.Process {
	args := []string{"--collector-addr=" + l.cmd.CollectorAddr, "--collector-url=" + l.cmd.CollectorURL,
		"--collector-tls-cert-file=" + l.cmd.CollectorTLS.CertFile, "--collector-tls-key-file=" + l.cmd.CollectorTLS.KeyFile, "--snapshot-file=" + l.data.Path("sites.json"), "--spool-dir=" + l.data.Path("spool"),
		"--signing-key-file=" + l.data.Path("secrets", signingKeys)}
	for _, file := range l.geoFiles() {
		args = append(args, "--geo-file="+file)
	}
	return l.serviceProcess("collector", portCollectorOps, collectorGrace, args, l.stores.Kafka, l.servicePostgres())
}

// geoFiles are the databases that were asked for, or else the one that comes with the engines.
func (l *layout) geoFiles() []string {
	if len(l.cmd.GeoFiles) > 0 {
		return l.cmd.GeoFiles
	}
	if _, err := os.Stat(l.paths.Country); err != nil {
		return nil
	}
	return []string{l.paths.Country}
}

func (l *layout) demo() up.Process {
	return l.serviceProcess("demo", portDemoOps, demoGrace, []string{
		"--shop-addr=" + l.cmd.ShopAddr,
		"--demo-dir=" + l.data.Path("demo"),
		"--demo-file=" + l.data.Path("demo.json"),
		"--collector-url=" + l.cmd.localCollector(),
		"--admin-url=" + cmp.Or(l.cmd.AdminURL, l.cmd.localAdmin()),
	}, l.stores.Kafka)
}

// serviceProcess is a process that has a private server and tells there whether it is ready. It
// gets args, and the settings of the stores that it needs.
func (l *layout) serviceProcess(name string, port int, grace time.Duration, args []string, stores ...any) up.Process {
	all := []string{name}
	if l.config != "" {
		all = append(all, "--config="+l.config)
	}
	all = append(all, "--ops-addr="+l.local(port), "--ops-tls-cert-file=", "--ops-tls-key-file=", "--ops-plain=false") // it is this machine's alone, whatever the environment says
	all = append(all, settings.Flags(l.cmd.Logs)...)
	for _, store := range stores {
		all = append(all, settings.Flags(store)...)
	}
	return up.Process{Name: name, Args: append(all, args...), Ready: pageAnswers("http://" + l.local(port) + "/readyz"), Grace: grace}
}

// metrics are the addresses where each process shows its metrics.
func (l *layout) metrics() map[string]string {
	pages := map[string]string{}
	for name, port := range map[string]int{"collector": portCollectorOps, "aggregator": portAggregatorOps, "uploader": portUploaderOps, "admin": portAdminOps, "demo": portDemoOps} {
		if name != "demo" || l.cmd.Demo {
			pages[name] = "http://" + l.local(port) + "/metrics"
		}
	}
	return pages
}
