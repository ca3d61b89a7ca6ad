// Package tracker holds the browser script n.js in all its frozen versions, ready to be served.
//
// The script is written in TypeScript (src/) and tested in a real browser (test/); what is built
// from it is committed under versions/ and never changes, so that pages may pin a version by its
// integrity hash. This package serves nothing: the collector does, from what it gets here.
package tracker

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed versions
var files embed.FS

// Script is one frozen version. Its byte slices are the caller's to keep, not to change.
type Script struct {
	Version   string // such as 1.0.0
	Body      []byte // plain JavaScript, UTF-8
	Gzip      []byte // the same, compressed
	Brotli    []byte // the same, compressed
	ETag      string // with its quotes; weak, so one for all three encodings
	Integrity string // for the script tag's integrity attribute: sha384-…
}

// entry is a line of versions/index.json, which stands in the order of publication.
type entry struct {
	Version   string `json:"version"`
	File      string `json:"file"`
	Integrity string `json:"integrity"`
}

// Newest returns the version that n.js stands for.
func Newest() Script {
	all := index()
	return load(all[len(all)-1])
}

// Version returns the version with that number; ok is false when there is none.
func Version(number string) (script Script, ok bool) {
	for _, e := range index() {
		if e.Version == number {
			return load(e), true
		}
	}
	return Script{}, false
}

// Versions returns the numbers of all versions, oldest first.
func Versions() []string {
	var numbers []string
	for _, e := range index() {
		numbers = append(numbers, e.Version)
	}
	return numbers
}

func index() []entry {
	var all []entry
	if err := json.Unmarshal(read("index.json"), &all); err != nil || len(all) == 0 {
		panic(fmt.Sprintf("tracker: versions/index.json of this build is broken: %v", err))
	}
	return all
}

func load(e entry) Script {
	digest := strings.TrimPrefix(e.Integrity, "sha384-")
	return Script{
		Version:   e.Version,
		Body:      read(e.File),
		Gzip:      read(e.File + ".gz"),
		Brotli:    read(e.File + ".br"),
		ETag:      `W/"` + digest[:min(22, len(digest))] + `"`,
		Integrity: e.Integrity,
	}
}

func read(name string) []byte {
	data, err := files.ReadFile("versions/" + name)
	if err != nil {
		panic("tracker: this build lacks a frozen file: " + err.Error()) // the index and the files are embedded together
	}
	return data
}
