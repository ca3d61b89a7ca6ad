package rules

import (
	"regexp"
	"strings"
)

// globs are patterns of paths, of which one has to match: * is any text within a part of the path, **
// any text at all. The time it takes grows with the path's length alone, whatever the patterns are.
type globs struct {
	exact map[string]bool
	below []string // what paths begin with
	other *regexp.Regexp
}

func compileGlobs(patterns []string) globs {
	g := globs{exact: map[string]bool{}}
	var others []string
	for _, p := range patterns {
		start, deep := strings.CutSuffix(p, "**")
		switch {
		case !strings.Contains(p, "*"):
			g.exact[p] = true
		case deep && !strings.Contains(start, "*"):
			g.below = append(g.below, start)
		default:
			others = append(others, expression(p))
		}
	}
	if len(others) > 0 {
		g.other, _ = regexp.Compile(`^(?s:` + strings.Join(others, "|") + `)$`) // made of quoted text alone
	}
	return g
}

// expression is a pattern as a regular expression.
func expression(pattern string) string {
	var b strings.Builder
	for i, deep := range strings.Split(pattern, "**") {
		if i > 0 {
			b.WriteString(".*")
		}
		for j, part := range strings.Split(deep, "*") {
			if j > 0 {
				b.WriteString("[^/]*")
			}
			b.WriteString(regexp.QuoteMeta(part))
		}
	}
	return b.String()
}

func (g *globs) match(path string) bool {
	if g.exact[path] {
		return true
	}
	for _, start := range g.below {
		if strings.HasPrefix(path, start) {
			return true
		}
	}
	return g.other != nil && g.other.MatchString(path)
}
