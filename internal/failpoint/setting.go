//go:build faults

package failpoint

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// setting is what the text says.
type setting struct {
	text    string
	seed    uint64
	log     string
	rules   map[Point][]*rule
	planted map[Bug]bool
}

type action string

const (
	actKill  action = "kill"
	actStop  action = "stop"
	actSleep action = "sleep"
	actError action = "error"
)

// rule is what happens at a point, by chance or at its n-th pass.
type rule struct {
	action action
	chance float64
	after  int           // 0: by chance
	long   time.Duration // of stop and sleep
	err    error
	spent  bool // it had its turn in an earlier process
}

var injected = map[string]error{"eio": syscall.EIO, "enospc": syscall.ENOSPC, "erofs": syscall.EROFS, "edquot": syscall.EDQUOT}

// parse reads a setting; all problems are reported at once.
func parse(text string) (setting, error) {
	s := setting{text: strings.TrimSpace(text), rules: map[Point][]*rule{}, planted: map[Bug]bool{}}
	var errs []error
	for entry := range strings.SplitSeq(s.text, ";") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		key, value, ok := strings.Cut(entry, "=")
		if !ok {
			errs = append(errs, fmt.Errorf("%q is not name=value", entry))
			continue
		}
		if err := s.take(key, value); err != nil {
			errs = append(errs, fmt.Errorf("%q: %w", entry, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return setting{}, fmt.Errorf("%s: %w", Env, err)
	}
	return s, nil
}

func (s *setting) take(key, value string) (err error) {
	switch key {
	case "seed":
		s.seed, err = strconv.ParseUint(value, 10, 64)
		return err
	case "log":
		if value == "" {
			return errors.New("a path is missing")
		}
		s.log = value
		return nil
	case "planted":
		for name := range strings.SplitSeq(value, ",") {
			if !slices.ContainsFunc(mistakes, func(m Mistake) bool { return string(m.Bug) == name }) {
				return fmt.Errorf("there is no planted bug %q", name)
			}
			s.planted[Bug(name)] = true
		}
		return nil
	}
	r, err := parseRule(value)
	if err != nil {
		return err
	}
	return s.add(key, r)
}

// add gives a rule to the points that a pattern names: a point, or the beginning of some and a *.
func (s *setting) add(pattern string, r rule) error {
	prefix, wild := strings.CutSuffix(pattern, "*")
	found := 0
	for _, p := range places {
		if string(p.Point) != pattern && (!wild || !strings.HasPrefix(string(p.Point), prefix)) {
			continue
		}
		if r.action == actError && !p.Fails {
			if !wild {
				return errors.New("this point returns no errors")
			}
			continue
		}
		one := r
		s.rules[p.Point] = append(s.rules[p.Point], &one)
		found++
	}
	if found == 0 {
		return fmt.Errorf("there is no point %q for that", pattern)
	}
	return nil
}

// parseRule reads action:chance or action:after:n, and what the action needs besides.
func parseRule(text string) (r rule, err error) {
	fields := strings.Split(text, ":")
	r.action, fields = action(fields[0]), fields[1:]
	if len(fields) == 0 {
		return r, errors.New("a chance or after:n is missing")
	}
	if fields[0] == "after" && len(fields) > 1 {
		if r.after, err = strconv.Atoi(fields[1]); err != nil || r.after < 1 {
			return r, fmt.Errorf("after: %q is no number above 0", fields[1])
		}
		fields = fields[2:]
	} else {
		if r.chance, err = strconv.ParseFloat(fields[0], 64); err != nil || !(r.chance > 0 && r.chance <= 1) {
			return r, fmt.Errorf("%q is no chance above 0 and up to 1", fields[0])
		}
		fields = fields[1:]
	}
	return r, r.finish(fields)
}

// finish reads what comes after the chance.
func (r *rule) finish(fields []string) (err error) {
	switch r.action {
	case actKill:
		if len(fields) != 0 {
			return errors.New("kill takes nothing more")
		}
	case actStop, actSleep:
		if len(fields) != 1 {
			return fmt.Errorf("%s needs a duration", r.action)
		}
		if r.long, err = time.ParseDuration(fields[0]); err != nil || r.long <= 0 {
			return fmt.Errorf("%q is no duration", fields[0])
		}
	case actError:
		name := "eio"
		if len(fields) == 1 {
			name = fields[0]
		}
		if r.err = injected[name]; r.err == nil || len(fields) > 1 {
			return errors.New("error takes one of eio, enospc, erofs, edquot")
		}
	default:
		return fmt.Errorf("%q is none of kill, stop, sleep, error", r.action)
	}
	return nil
}
