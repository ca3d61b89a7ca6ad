package engines

import (
	"slices"
	"testing"
)

// Ports that were given are given to nobody else, though nothing listens on them yet.
func TestFreePorts(t *testing.T) {
	var all []int
	for range 40 {
		ports, err := FreePorts(portBlock - 1)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ports...)
	}
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != 40*(portBlock-1) {
		t.Errorf("%d ports, and %d different ones", 40*(portBlock-1), n)
	}
	if _, err := FreePorts(portBlock); err == nil {
		t.Error("more ports than a block has were given")
	}
}
