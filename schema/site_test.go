package schema

import (
	"strings"
	"testing"
)

func TestAllowsHost(t *testing.T) {
	site := Site{Hostnames: []string{"shop.example", "*.brand.example"}}
	for host, want := range map[string]bool{
		"shop.example": true, "SHOP.example": true, "shop.example.": true, "a.b.brand.example": true,
		"brand.example": false, "evilbrand.example": false, "www.shop.example": false, "": false,
	} {
		if site.AllowsHost(host) != want {
			t.Errorf("AllowsHost(%q) = %v", host, !want)
		}
	}
}

func TestValidID(t *testing.T) {
	for id, want := range map[string]bool{
		"a": true, "0199f3a2-7b1c-7000-8000-00000000abcd": true, "order:1.2_3": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "a/b": false, "ä": false, "a\x00": false, "<x>": false,
	} {
		if ValidID(id) != want {
			t.Errorf("ValidID(%q) = %v", id, !want)
		}
	}
}

// Copies of an event must meet in one partition for ever: the hash is part of the wire format.
func TestPartitionKeyIsFixed(t *testing.T) {
	if got := PartitionKey(7, "0199f3a2-7b1c-7000-8000-00000000abcd"); got != 0x6a9b76f97c893f0c {
		t.Errorf("PartitionKey = %#x", got)
	}
	const partitions, n = 8, 80_000
	var counts [partitions]int
	for i := range n {
		counts[PartitionKey(1, "event-"+string(rune('a'+i%26))+strings.Repeat("z", i%40)+string(rune('A'+i/26%26)))%partitions]++
	}
	for p, c := range counts {
		if c == 0 {
			t.Errorf("partition %d is empty", p)
		}
	}
}
