package settings

import (
	"cmp"
	"fmt"
)

// Within returns an error that names the flag, its value and the bounds, unless low ≤ value ≤ high.
func Within[T cmp.Ordered](flag string, value, low, high T) error {
	if value < low || value > high {
		return fmt.Errorf("--%s: %v is not between %v and %v", flag, value, low, high)
	}
	return nil
}
