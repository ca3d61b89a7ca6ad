package bench

import (
	"errors"
	"fmt"
	"io"
)

// Figure is a measured number beside the limit that it has to keep.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	Most  bool    `json:"at_most"` // the limit is the most; otherwise the least
	Unit  string  `json:"unit,omitempty"`
	Pass  bool    `json:"pass"`
}

// Figures are what a measurement is judged by.
type Figures []Figure

func (f *Figures) atLeast(name string, value, limit float64, unit string) {
	*f = append(*f, Figure{Name: name, Value: value, Limit: limit, Unit: unit, Pass: value >= limit})
}

func (f *Figures) atMost(name string, value, limit float64, unit string) {
	*f = append(*f, Figure{Name: name, Value: value, Limit: limit, Most: true, Unit: unit, Pass: value <= limit})
}

// say writes a line for each figure.
func (f Figures) say(to io.Writer) {
	for _, one := range f {
		verdict, bound := "pass", "≥"
		if !one.Pass {
			verdict = "FAIL"
		}
		if one.Most {
			bound = "≤"
		}
		_, _ = fmt.Fprintf(to, "  %s  %-58s %10.2f %-9s %s %g\n", verdict, one.Name, one.Value, one.Unit, bound, one.Limit)
	}
}

// errMissed says that something was measured well and is not good enough.
var errMissed = errors.New("a figure is missed")

// missed returns an error when a figure is.
func (f Figures) missed() error {
	for _, one := range f {
		if !one.Pass {
			return fmt.Errorf("%w: %s", errMissed, one.Name)
		}
	}
	return nil
}
