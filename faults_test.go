//go:build faults

package main

import (
	"bytes"
	"strings"
	"testing"

	"noctra/internal/failpoint"
)

// TestFailPointsAreLoud: nobody takes this binary for the ordinary one, and a wrong setting is an
// error at the start.
func TestFailPointsAreLoud(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run([]string{"version"}, &out, &errs); status != 0 || !strings.Contains(out.String(), "WITH FAIL POINTS") {
		t.Errorf("version: status %d, %q", status, out.String())
	}
	t.Setenv(failpoint.Env, "aggregator.*=kil:0.1;planted=nothing")
	for _, args := range [][]string{{"up", "--data", t.TempDir()}, {"uploader", "--ops-addr=127.0.0.1:0"}, {"rebuild"}} {
		errs.Reset()
		if status := run(args, &out, &errs); status == 0 {
			t.Errorf("%s: status 0", args[0])
		}
		for _, want := range []string{failpoint.Env, `"kil" is none of kill`, `no planted bug "nothing"`} {
			if !strings.Contains(errs.String(), want) {
				t.Errorf("%s: %q does not contain %q", args[0], errs.String(), want)
			}
		}
	}
}
