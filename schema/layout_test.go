package schema

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestIDTime(t *testing.T) {
	check := func(id string, want Millis, dated bool) {
		t.Helper()
		if got, ok := idTime(id); got != want && dated || ok != dated {
			t.Errorf("%s is of %d, %v", id, got, ok)
		}
	}
	check("0199f3a2-7b1c-7000-8000-00000000abcd", 0x0199f3a27b1c, true)
	check("0199F3A2-7B1C-7000-8000-00000000ABCD", 0x0199f3a27b1c, true)
	for _, id := range []string{
		"", "order-1", "0199f3a2-7b1c-4000-8000-00000000abcd", "0199f3a27b1c700080000000000000abcdef", "0199f3a2-7b1c-7000-8000-00000000abc",
		"0199f3a2-7b1c-7000-8000-00000000abcg", "0199f3a2-7b1-c7000-8000-00000000abcd", "-199f3a2-7b1c-7000-8000-00000000abcd",
	} {
		check(id, 0, false)
	}
}

// A layout that is added moves no id of before, and which partition an id has depends on site and id
// alone. Ids of after are spread over all partitions.
func TestLayoutsMoveNothing(t *testing.T) {
	const from, site = Millis(1_800_000_000_000), SiteID(40)
	before := Layouts{{Partitions: 4}}
	after := append(before[:1:1], Layout{Partitions: 12, SitesFrom: site, IDsFrom: from})
	twice := append(after[:2:2], Layout{Partitions: 20, SitesFrom: site + 10, IDsFrom: from + 1000})
	random := rand.New(rand.NewPCG(1, 2))
	used := [3]map[int]bool{{}, {}, {}}
	for range 20_000 {
		at := from - 2000 + Millis(random.IntN(5000))
		of := site - 20 + SiteID(random.IntN(50))
		id := fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", int64(at)>>16, int64(at)&0xffff, random.IntN(4096), random.IntN(4096), random.Uint64()&0xffffffffffff)
		if random.IntN(3) == 0 {
			id, at = fmt.Sprint("order-", random.IntN(1e9)), 0
		}
		generation := 0
		switch {
		case of >= site+10 || at >= from+1000:
			generation = 2
		case of >= site || at >= from:
			generation = 1
		}
		for i, layouts := range []Layouts{before, after, twice} {
			got, ok := layouts.Partition(of, id)
			want := int(PartitionKey(of, id) % uint64(twice[min(generation, i)].Partitions))
			if !ok || got != want {
				t.Fatalf("%s of site %d is in partition %d with %d layouts, want %d", id, of, got, i+1, want)
			}
			used[i][got] = true
		}
	}
	for i, n := range []int{4, 12, 20} {
		if len(used[i]) != n {
			t.Errorf("%d partitions are used, want %d", len(used[i]), n)
		}
	}
	if _, ok := Layouts(nil).Partition(1, "a"); ok || Layouts(nil).Partitions() != 0 || twice.Partitions() != 20 {
		t.Errorf("numbers of partitions: %d", twice.Partitions())
	}
}
