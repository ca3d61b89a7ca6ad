//go:build !faults

package failpoint

import (
	"log/slog"
	"testing"
)

// A setting that does nothing would let a test believe that its kills happened.
func TestSettingWithoutFailPoints(t *testing.T) {
	t.Setenv(Env, "seed=1")
	if err := Start("collector", slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a setting is taken by a binary without fail points")
	}
}

// BenchmarkHit costs what an empty loop costs.
func BenchmarkHit(b *testing.B) {
	for range b.N {
		Hit(CollectorProduced)
		if Err(SpoolFsync) != nil || Planted(LostRetry) {
			b.Fatal("something happened")
		}
	}
}

// BenchmarkNothing is that loop.
func BenchmarkNothing(b *testing.B) {
	for range b.N {
	}
}
