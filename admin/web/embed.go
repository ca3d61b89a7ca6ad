// Package web holds the built pages of the dashboard inside the binary.
//
// It hands out files and nothing else: routes, caching and security headers are the admin
// service's. The pages are made by `npm run build` in this folder, into dist. A clean clone
// has only a placeholder there, so that it compiles; Built tells the two apart.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built pages: index.html at the root, everything with a hash in its name
// under assets/ (never changes, may be cached for ever), and beside each text file its
// compressed forms with the endings .gz and .br.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		// Only an invalid path makes Sub fail, and the path is a constant.
		panic(err)
	}
	return files
}

// Built reports whether the pages were built before the binary was compiled.
func Built() bool {
	_, err := fs.Stat(Files(), "index.html")
	return err == nil
}
