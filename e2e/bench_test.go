package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestBench runs the ingest benchmark for a moment: not for its figures, but for what it promises
// about itself, that everything acknowledged is stored, and a report that programs can read.
func TestBench(t *testing.T) {
	engines, err := filepath.Abs("../engines")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(buildBinary(t), "bench", "ingest", "--json", "--rounds=1", "--duration=300ms")
	command.Env = append(os.Environ(), "NOCTRA_ENGINES_DIR="+engines)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("bench ingest: %v\n%s", err, out)
	}
	var report struct {
		Ingest struct {
			Cases []struct {
				Connections int     `json:"connections"`
				Batch       int     `json:"batch"`
				Ratio       float64 `json:"ratio_to_limit"`
				CPU         float64 `json:"collector_cpu_us_per_event"`
			} `json:"cases"`
			Acknowledged int `json:"acknowledged"`
			Stored       int `json:"stored"`
		} `json:"ingest"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("bench ingest printed %q: %v", out, err)
	}
	if report.Ingest.Acknowledged == 0 || report.Ingest.Stored != report.Ingest.Acknowledged || len(report.Ingest.Cases) != 4 {
		t.Errorf("bench ingest: %+v", report.Ingest)
	}
	for _, c := range report.Ingest.Cases {
		if c.Ratio <= 0 || c.CPU <= 0 {
			t.Errorf("case without figures: %+v", c)
		}
	}
}
