package main

import (
	"regexp"
	"testing"

	"noctra/internal/up"
)

// seesCanary checks that a canary goes through a product that was just started, before anything else
// does, and that the end of it knows how long that took.
func seesCanary(t *testing.T, i *instance, ready up.Ready) {
	t.Helper()
	delay := regexp.MustCompile(`(?m)^noctra_admin_canary_delay_seconds (0\.[0-9]+|[1-9])`)
	await(t, "the canary is seen", func() bool { return delay.MatchString(metrics(t, ready.Metrics["admin"])) })
	accepted := regexp.MustCompile(`(?m)^noctra_collector_canaries_total{result="accepted"} [1-9]`) // there is one a minute
	if text := metrics(t, ready.Metrics["collector"]); !accepted.MatchString(text) {
		t.Errorf("collector: %s", text)
	}
	contains(t, tool(t, "sql", "--data", i.data, "--format=csv", "SELECT site_id, kind, name, count() > 0 AS n FROM events WHERE via = 'canary' GROUP BY ALL"),
		`9223372036854775807,"interaction","canary",1`)
	contains(t, tool(t, "sql", "--data", i.data, "--format=csv", "SELECT count() AS n FROM events WHERE via != 'canary'"), "0")
}
