//go:build faults

package failpoint

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// Enabled says whether the binary has fail points.
const Enabled = true

// reloadEvery is how often a file with the setting is looked at.
const reloadEvery = 50 * time.Millisecond

// armed is what is in force; nil before Start.
var armed atomic.Pointer[force]

// Check returns what is wrong with the setting.
func Check() error {
	_, err := current()
	return err
}

// Start puts the setting in force in this process, whose name keeps its chances apart from those of
// others. A setting that is a file (@path) is read again whenever it changes, until the process ends.
func Start(process string, log *slog.Logger) error {
	s, err := current()
	if err != nil {
		return err
	}
	log.Warn("THIS BINARY HAS FAIL POINTS: it is for tests, and kills itself or loses data when it is told to", "setting", s.text)
	if err := arm(process, s); err != nil {
		return err
	}
	if path, ok := settingFile(); ok {
		go watch(process, path, s.text, log)
	}
	return nil
}

// Set puts a setting in force in this process, for tests. The empty one ends what was in force.
func Set(process, text string) error {
	s, err := parse(text)
	if err != nil {
		return err
	}
	return arm(process, s)
}

func settingFile() (path string, ok bool) { return strings.CutPrefix(os.Getenv(Env), "@") }

// current reads the setting of the environment.
func current() (setting, error) {
	text := os.Getenv(Env)
	if path, ok := settingFile(); ok {
		content, err := os.ReadFile(path)
		if err != nil {
			return setting{}, fmt.Errorf("%s: %w", Env, err)
		}
		text = string(content)
	}
	return parse(text)
}

// watch follows a file with the setting.
func watch(process, path, known string, log *slog.Logger) {
	for range time.Tick(reloadEvery) {
		content, err := os.ReadFile(path)
		if err != nil || strings.TrimSpace(string(content)) == known {
			continue // it may be replaced just now
		}
		known = strings.TrimSpace(string(content))
		s, err := parse(known)
		if err = errors.Join(err, arm(process, s)); err != nil {
			log.Error("fail points not changed", "error", err.Error())
			continue
		}
		log.Warn("fail points changed", "setting", known)
	}
}

// Hit does at the point what the setting says: nothing, kill this process, or freeze it.
func Hit(p Point) { _ = Err(p) }

// Err does the same, and returns an error where the setting asks for one.
func Err(p Point) error {
	if f := armed.Load(); f != nil {
		return f.pass(p)
	}
	return nil
}

// Planted tells whether the bug is switched on.
func Planted(b Bug) bool {
	f := armed.Load()
	return f != nil && f.planted[b]
}
