package collector

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// smallDisk returns a directory on a file system of 2 MiB, or where none can be mounted one whose
// spool may not grow beyond 1 MiB: full for another reason, with the same ways out.
func smallDisk(t *testing.T) (dir string, mounted bool) {
	t.Helper()
	dir = t.TempDir()
	if runtime.GOOS != "linux" || syscall.Mount("none", dir, "tmpfs", 0, "size=2m") != nil {
		return dir, false
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir, true
}

// A disk that fills up while Kafka is away: what has room is acknowledged, the rest hears 503, the
// private copy stays whole. With room again it goes on by itself, also after a start on the full
// disk, and Kafka gets everything that was acknowledged.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.end()
	dir, mounted := smallDisk(t)
	if err := os.WriteFile(filepath.Join(dir, "ballast"), make([]byte, 300<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	begin := func() *rig {
		return startSpooled(t, b.config, filepath.Join(dir, "spool"), func(c *Config) {
			c.SnapshotFile = filepath.Join(dir, "sites.json")
			if !mounted {
				c.SpoolBytes = 1 << 20
			}
		})
	}
	r := begin()
	eventually(t, "the private copy is written", func() bool { return r.writeCopy() == nil })
	taken, n := map[string]bool{}, 0
	fill := func() (refused int) {
		t.Helper()
		for range 300 {
			var body []string
			var ids []string
			for range 50 {
				n++
				ids = append(ids, fmt.Sprintf("disk-%d", n))
				body = append(body, strings.Replace(page, `"e1"`, fmt.Sprintf(`"%s","title":"Title of %s"`, ids[len(ids)-1], ids[len(ids)-1]), 1))
			}
			a := r.call(t, "POST", "/v1/events", "["+strings.Join(body, ",")+"]")
			switch {
			case a.Status == 202:
				for _, id := range ids {
					taken[id] = true
				}
			case a.Status != 503 || a.Header.Get("Retry-After") == "":
				t.Fatalf("%d %s", a.Status, a.Body)
			default:
				if refused++; refused > 20 {
					return refused
				}
			}
		}
		return refused
	}
	if fill() == 0 || len(taken) == 0 {
		t.Fatalf("%d taken, the disk is not full", len(taken))
	}
	full := len(taken)
	if r.problem() == nil {
		t.Error("ready with a full disk and no Kafka")
	}
	if mounted && r.writeCopy() == nil && fill() == 0 {
		t.Error("a copy was written on a full disk")
	}
	r.end()
	r = begin()
	r.restore()
	if n := len(r.sites.Source().Sites); n != 3 {
		t.Errorf("%d sites in the private copy", n)
	}
	fill()
	if err := os.Remove(filepath.Join(dir, "ballast")); err != nil {
		t.Fatal(err)
	}
	if mounted {
		if fill(); len(taken) <= full {
			t.Error("nothing is taken with room again")
		}
	}
	b.start(t)
	eventually(t, "the spool is drained", r.spool.Empty)
	eventually(t, "events are taken again", func() bool { return fill() == 0 })
	eventually(t, "the spool is drained", r.spool.Empty)
	found := idsIn(t, b.config)
	for id := range taken {
		if found[id] == 0 {
			t.Fatalf("%s was acknowledged and is lost", id)
		}
	}
	if st := r.spool.Stats(); st.Aside != 0 || st.Damaged != 0 {
		t.Errorf("%+v", st)
	}
	t.Logf("mounted %v: %d taken, %d before the disk was full", mounted, len(taken), full)
	r.conserved(t)
}
