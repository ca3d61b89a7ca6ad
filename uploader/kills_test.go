package uploader_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"noctra/bench/uploads"
	"noctra/internal/proc"
	"noctra/internal/testenv"
)

// TestKills: with lost replies, failures of Google's and uploaders that are killed everything is at Google once,
// with the right value, and every conversion knows it. `noctra bench uploads` does it at length.
func TestKills(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	rig, err := uploads.Open(t.Context(), uploads.Options{Postgres: testenv.Postgres(t), Dir: t.TempDir(), PerMinute: 1_000_000, Start: func(flags []string) (*proc.Child, error) {
		return proc.Start(proc.Spec{Args: flags, Env: []string{envChild + "=1"}})
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rig.Close(); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	report, err := rig.Kills(ctx, uploads.KillsOptions{Conversions: 400, Adjustments: 80, Kills: 4, Pieces: 40, Every: 700 * time.Millisecond, Lease: 2 * time.Second, Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Wrong) > 0 || report.Conversions != 400 || report.Adjustments < 80 || report.Kills != 4 {
		t.Errorf("%+v", report)
	}
	t.Logf("%+v", report)
}
