package geo

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// countryFile is the default database, as `make` installs it with the engines.
func countryFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "engines", "node_modules", "@ip-location-db", "geo-whois-asn-country-mmdb", "geo-whois-asn-country.mmdb")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("the default geo database is missing; install the engines' packages: %v", err)
	}
	return path
}

// write makes a database at path whose networks have the given records.
func write(t testing.TB, path string, version int, records map[string]mmdbtype.Map) {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test", IPVersion: version, RecordSize: 24})
	if err != nil {
		t.Fatal(err)
	}
	for prefix, record := range records {
		_, network, err := net.ParseCIDR(prefix)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(network, record); err != nil {
			t.Fatal(err)
		}
	}
	var buf bytes.Buffer
	if _, err := tree.WriteTo(&buf); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func text(s string) mmdbtype.String { return mmdbtype.String(s) }

func maxMind(country, region, city string) mmdbtype.Map {
	english := func(s string) mmdbtype.Map {
		return mmdbtype.Map{"names": mmdbtype.Map{"en": text(s), "de": text("x")}}
	}
	record := mmdbtype.Map{"registered_country": mmdbtype.Map{"iso_code": text("US")}}
	if country != "" {
		record["country"] = mmdbtype.Map{"iso_code": text(country)}
	}
	if region != "" {
		record["subdivisions"] = mmdbtype.Slice{english(region), english("other")}
	}
	if city != "" {
		record["city"] = english(city)
	}
	return record
}

func flat(country, region, city string) mmdbtype.Map {
	return mmdbtype.Map{"country_code": text(country), "state1": text(region), "city": text(city), "latitude": mmdbtype.Float32(1)}
}

func lookup(t testing.TB, db *DB, addr string) Place {
	t.Helper()
	return db.Lookup(netip.MustParseAddr(addr))
}

func TestDefaultCountryFile(t *testing.T) {
	db, err := Open(countryFile(t))
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]Place{
		"8.8.8.8":              {Country: "US"},
		"::ffff:8.8.8.8":       {Country: "US"},
		"81.2.69.142":          {Country: "GB"},
		"2001:4860:4860::8888": {Country: "US"},
		"2a02:6b8::1":          {Country: "RU"},
		"127.0.0.1":            {},
		"10.1.2.3":             {},
		"192.168.0.1":          {},
		"::1":                  {},
		"fe80::1":              {},
		"fd00::1":              {},
		"0.0.0.0":              {},
		"224.0.0.1":            {},
	} {
		if diff := cmp.Diff(want, lookup(t, db, addr)); diff != "" {
			t.Errorf("%s: %s", addr, diff)
		}
	}
	if got := db.Lookup(netip.Addr{}); got != (Place{}) {
		t.Errorf("no address: %+v", got)
	}
}

func TestLayouts(t *testing.T) {
	dir := t.TempDir()
	four, six := filepath.Join(dir, "four.mmdb"), filepath.Join(dir, "six.mmdb")
	mixed := filepath.Join(dir, "maxmind.mmdb")
	write(t, four, 4, map[string]mmdbtype.Map{"1.0.0.0/24": flat("AU", "Queensland", "Brisbane"), "1.0.1.0/24": flat("ZZ", "", ""), "1.0.2.0/24": flat("usa", "", "")})
	write(t, six, 6, map[string]mmdbtype.Map{"2a00::/16": flat("DE", "Berlin", "Berlin")})
	write(t, mixed, 6, map[string]mmdbtype.Map{"1.0.0.0/24": maxMind("AU", "Queensland", "Brisbane"), "2a00::/16": maxMind("DE", "", ""), "1.0.1.0/24": maxMind("", "", "")})
	for name, c := range map[string]struct {
		paths []string
		want  map[string]Place
	}{
		"two flat halves": {[]string{four, six}, map[string]Place{
			"1.0.0.1": {"AU", "Queensland", "Brisbane"}, "2a00::1": {"DE", "Berlin", "Berlin"}, "1.0.1.1": {}, "1.0.2.1": {}, "9.9.9.9": {},
		}},
		"an IPv4 file alone": {[]string{four}, map[string]Place{"1.0.0.1": {"AU", "Queensland", "Brisbane"}, "2a00::1": {}}},
		"maxmind":            {[]string{mixed}, map[string]Place{"1.0.0.1": {"AU", "Queensland", "Brisbane"}, "2a00::1": {Country: "DE"}, "1.0.1.1": {Country: "US"}}},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := Open(c.paths...)
			if err != nil {
				t.Fatal(err)
			}
			for addr, want := range c.want {
				for range 2 { // decoded, then cached
					if diff := cmp.Diff(want, lookup(t, db, addr)); diff != "" {
						t.Errorf("%s: %s", addr, diff)
					}
				}
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	asn := filepath.Join(dir, "asn.mmdb")
	write(t, asn, 6, map[string]mmdbtype.Map{"1.0.0.0/24": {"autonomous_system_number": mmdbtype.Uint32(1)}})
	for name, paths := range map[string][]string{"nothing": nil, "missing": {filepath.Join(dir, "none")}, "text": {text}, "no country": {asn}, "a folder": {dir}} {
		if db, err := Open(paths...); err == nil {
			t.Errorf("%s: opened %+v", name, db)
		}
	}
}

func TestNilKnowsNothing(t *testing.T) {
	var db *DB
	db.Watch(context.Background(), time.Hour, slog.New(slog.DiscardHandler))
	if got := lookup(t, db, "8.8.8.8"); got != (Place{}) {
		t.Errorf("got %+v", got)
	}
}

// TestReload replaces the file while readers are at work.
func TestReload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "geo.mmdb")
	write(t, path, 6, map[string]mmdbtype.Map{"1.0.0.0/24": flat("AU", "", "")})
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var logs bytes.Buffer
	w := watcher{db: db, log: slog.New(slog.NewTextHandler(&logs, nil))}
	stop, readers := make(chan struct{}), sync.WaitGroup{}
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := lookup(t, db, "1.0.0.1").Country; got != "AU" && got != "NZ" {
					t.Errorf("a reader saw %q", got)
					return
				}
			}
		})
	}
	step := func(what string, want bool) {
		t.Helper()
		if got := w.look(); got != want {
			t.Errorf("%s: reloaded %v, want %v", what, got, want)
		}
	}
	step("first look", false)
	step("nothing changed", false)
	write(t, path, 6, map[string]mmdbtype.Map{"1.0.0.0/24": flat("NZ", "", ""), "2.0.0.0/24": flat("FR", "", "")})
	step("changed, may be in the middle of a copy", false)
	step("changed and settled", true)
	step("as loaded", false)
	if got := lookup(t, db, "1.0.0.1").Country; got != "NZ" {
		t.Errorf("after the reload: %q", got)
	}
	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		step("damaged", false)
	}
	if n := bytes.Count(logs.Bytes(), []byte("not reloaded")); n != 1 {
		t.Errorf("the damaged file was logged %d times", n)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	step("gone", false)
	if got := lookup(t, db, "1.0.0.1").Country; got != "NZ" {
		t.Errorf("after the file was damaged and gone: %q", got)
	}
	close(stop)
	readers.Wait()
}

func TestWatchEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "geo.mmdb")
	write(t, path, 6, map[string]mmdbtype.Map{"1.0.0.0/24": flat("AU", "", "")})
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		db.Watch(ctx, time.Millisecond, slog.New(slog.DiscardHandler))
	}()
	write(t, path, 6, map[string]mmdbtype.Map{"1.0.0.0/24": flat("NZ", "", ""), "2.0.0.0/24": flat("FR", "", "")})
	for tick := time.NewTicker(time.Millisecond); lookup(t, db, "1.0.0.1").Country != "NZ"; <-tick.C {
		if ctx.Err() != nil {
			t.Fatal("the new file was not taken over")
		}
	}
	cancel()
	<-done
}

// FuzzParse feeds damaged files: they may be refused, and never panic.
func FuzzParse(f *testing.F) {
	path := filepath.Join(f.TempDir(), "geo.mmdb")
	write(f, path, 6, map[string]mmdbtype.Map{"1.0.0.0/24": maxMind("AU", "Queensland", "Brisbane"), "2a00::/16": flat("DE", "", "")})
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parse(data)
		if err != nil {
			return
		}
		for _, addr := range []string{"1.0.0.1", "2a00::1", "8.8.8.8"} {
			place, _ := file.lookup(netip.MustParseAddr(addr))
			if len(place.Country) != 0 && len(place.Country) != 2 {
				t.Errorf("country %q", place.Country)
			}
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	db, err := Open(countryFile(b))
	if err != nil {
		b.Fatal(err)
	}
	addrs := make([]netip.Addr, 4096)
	for i := range addrs {
		h := uint32(i+1) * 2654435761
		addrs[i] = netip.AddrFrom4([4]byte{byte(h>>24)%200 + 11, byte(h >> 16), byte(h >> 8), byte(h)})
	}
	b.ReportAllocs()
	for i := range b.N {
		db.Lookup(addrs[i%len(addrs)])
	}
}
