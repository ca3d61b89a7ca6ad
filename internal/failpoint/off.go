//go:build !faults

package failpoint

import (
	"errors"
	"log/slog"
	"os"
)

// Enabled says whether the binary has fail points.
const Enabled = false

var errNotBuilt = errors.New(Env + " is set, but this binary has no fail points: build it with -tags faults, or unset it")

// Check returns an error where a setting is there, which could do nothing.
func Check() error {
	if os.Getenv(Env) != "" {
		return errNotBuilt
	}
	return nil
}

// Start is Check here.
func Start(string, *slog.Logger) error { return Check() }

// Hit does nothing here.
func Hit(Point) {}

// Err returns nil here.
func Err(Point) error { return nil }

// Planted is false here.
func Planted(Bug) bool { return false }
