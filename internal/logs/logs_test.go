package logs_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"noctra/internal/logs"
)

func TestNew(t *testing.T) {
	var out bytes.Buffer
	log, err := logs.Config{Level: "warn", Format: "json"}.New(&out, "collector")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("not written")
	log.Warn("batch refused", "site_id", 7)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	if line["msg"] != "batch refused" || line["service"] != "collector" || line["site_id"] != 7.0 {
		t.Errorf("line %v", line)
	}
	for _, c := range []logs.Config{{Level: "loud", Format: "json"}, {Level: "info", Format: "xml"}} {
		if _, err := c.New(&out, "x"); err == nil || !strings.Contains(err.Error(), "is none of") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestThrottle(t *testing.T) {
	var out bytes.Buffer
	log, err := logs.Config{Level: "info", Format: "text"}.New(&out, "x")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	throttled := logs.Throttle(log, time.Minute, func() time.Time { return now })
	check := func(wantLines int, wantText string) {
		t.Helper()
		throttled.Warn("kafka refused", "topic", "a")
		if got := strings.Count(out.String(), "\n"); got != wantLines {
			t.Errorf("%d lines, want %d: %s", got, wantLines, out.String())
		}
		if !strings.Contains(out.String(), wantText) {
			t.Errorf("no %q in %s", wantText, out.String())
		}
	}
	check(1, "topic=a")
	check(1, "")
	check(1, "")
	now = now.Add(time.Minute)
	check(2, "left_out=2")
	throttled.Error("another")
	if got := strings.Count(out.String(), "\n"); got != 3 {
		t.Errorf("another message was held back: %s", out.String())
	}
}
