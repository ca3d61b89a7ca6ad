package report

import (
	"strconv"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
)

// params collects what a request said. SQL only ever holds the names that add returns; the values
// travel beside it.
type params struct {
	args  []any
	known map[string]string // texts that have a name already
}

func (p *params) text(value string) string {
	name, ok := p.known[value]
	if !ok {
		if p.known == nil {
			p.known = map[string]string{}
		}
		name = p.add("String", value)
		p.known[value] = name
	}
	return name
}

func (p *params) texts(values []string) string { return p.add("Array(String)", values) }

func (p *params) add(kind string, value any) string {
	name := "p" + strconv.Itoa(len(p.args))
	p.args = append(p.args, clickhousego.Named(name, value))
	return "{" + name + ":" + kind + "}"
}

// zone binds the name that package slices uses for the site's time zone.
func (p *params) zone(name string) {
	p.args = append(p.args, clickhousego.Named("tz", name))
}
