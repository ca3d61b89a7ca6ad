// Package geo tells country, region and city of an internet address from
// files in MaxMind's format.
//
// It neither downloads files nor keeps addresses: its cache is keyed by the
// record in the file, which thousands of addresses share. In the flow it
// stands between the client address that the collector has established and
// the event that is written to Kafka; the address itself goes no further.
package geo

import (
	"fmt"
	"net/netip"
	"os"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
	"github.com/oschwald/maxminddb-golang/v2"
)

// cacheRecords bounds the decoded records kept per file. A country file has
// about 250, a city file some hundred thousand, of which few see traffic.
const cacheRecords = 32 << 10

// maxFile bounds a database file in bytes, since it is held in memory.
const maxFile = 1 << 30

// Place is where an address is. Unknown parts are empty.
type Place struct {
	Country string // ISO 3166-1 alpha-2, upper case
	Region  string // English name of the first subdivision, or its code where the file has no name
	City    string // English name
}

// DB answers from one or more files, the first that knows an address first. A
// nil DB knows no place. It is safe for concurrent use.
type DB struct {
	paths   []string
	current atomic.Pointer[snapshot]
}

// snapshot is one generation of files. It is immutable; the garbage collector
// frees it after the last look-up that uses it has returned.
type snapshot struct {
	files  []*file
	stamps []stamp
}

// file is an opened database.
type file struct {
	reader *maxminddb.Reader
	layout layout
	only4  bool // holds no IPv6 addresses
	places *otter.Cache[uintptr, Place]
}

// Open reads the files at paths into memory: usually one, or an IPv4 and an
// IPv6 half. It accepts MaxMind's layout (GeoLite2, GeoIP2, Country or City)
// and the flat one of ip-location-db (country_code, state1, city), and fails
// on a file with neither.
//
// The files are not mapped, so one that is rewritten in place can do no harm.
func Open(paths ...string) (*DB, error) {
	if len(paths) == 0 {
		return nil, fmt.Errorf("open geo database: no path given")
	}
	db := &DB{paths: paths}
	next, err := load(paths)
	if err != nil {
		return nil, err
	}
	db.current.Store(next)
	return db, nil
}

// Lookup returns where addr is. Private, loopback and unknown addresses, and
// those a damaged record stands for, are nowhere: the zero Place.
func (db *DB) Lookup(addr netip.Addr) Place {
	if db == nil {
		return Place{}
	}
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return Place{}
	}
	for _, f := range db.current.Load().files {
		if place, ok := f.lookup(addr); ok {
			return place
		}
	}
	return Place{}
}

func (f *file) lookup(addr netip.Addr) (Place, bool) {
	if f.only4 && !addr.Is4() {
		return Place{}, false
	}
	result := f.reader.Lookup(addr)
	if !result.Found() {
		return Place{}, false
	}
	if place, ok := f.places.GetIfPresent(result.Offset()); ok {
		return place, true
	}
	place := f.layout.decode(result)
	f.places.Set(result.Offset(), place)
	return place, true
}

func load(paths []string) (*snapshot, error) {
	next := &snapshot{}
	for _, path := range paths {
		f, at, err := openFile(path)
		if err != nil {
			return nil, fmt.Errorf("open geo database %q: %w", path, err)
		}
		next.files = append(next.files, f)
		next.stamps = append(next.stamps, at)
	}
	return next, nil
}

func openFile(path string) (*file, stamp, error) {
	at, err := stampOf(path)
	if err != nil {
		return nil, stamp{}, err
	}
	if at.size > maxFile {
		return nil, stamp{}, fmt.Errorf("file has %d bytes, at most %d are allowed", at.size, maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, stamp{}, err
	}
	f, err := parse(data)
	return f, at, err
}

// parse opens a database that is in memory and owns data from then on.
func parse(data []byte) (*file, error) {
	reader, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, err
	}
	layout, err := layoutOf(reader)
	if err != nil {
		return nil, err
	}
	places, err := otter.New(&otter.Options[uintptr, Place]{MaximumSize: cacheRecords})
	if err != nil {
		return nil, err
	}
	return &file{reader: reader, layout: layout, only4: reader.Metadata.IPVersion == 4, places: places}, nil
}
