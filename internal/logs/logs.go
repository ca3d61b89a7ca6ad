// Package logs makes the logger that every process is given, and bounds how often a repeated
// message is written.
//
// Messages are constants, keys are snake_case, and everything goes to one writer: a program
// reads JSON, a person at a terminal reads text. Which process is speaking stands in `service`.
package logs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Config says how much is logged and in which form.
type Config struct {
	Level  string `name:"log-level" help:"Least level to log: debug, info, warn or error." placeholder:"LEVEL" default:"info"`
	Format string `name:"log-format" help:"Form of log lines: json or text." placeholder:"FORM" default:"json"`
}

// Validate reports what is wrong with c.
func (c Config) Validate() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return fmt.Errorf("--log-level: %q is none of debug, info, warn, error", c.Level)
	}
	if c.Format != "json" && c.Format != "text" {
		return fmt.Errorf("--log-format: %q is none of json, text", c.Format)
	}
	return nil
}

// New returns a logger for the service of that name, writing whole lines to w.
func (c Config) New(w io.Writer, service string) (*slog.Logger, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	opts := &slog.HandlerOptions{}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, fmt.Errorf("--log-level: %w", err)
	}
	opts.Level = level
	var handler slog.Handler = slog.NewJSONHandler(w, opts)
	if c.Format == "text" {
		handler = slog.NewTextHandler(w, opts)
	}
	return slog.New(handler).With("service", service), nil
}

// Throttled logs each message at most once per interval and adds `left_out`, the number of
// times it was not written since. Use it where one cause may fail thousands of times.
type Throttled struct {
	log   *slog.Logger
	every time.Duration
	now   func() time.Time

	mu   sync.Mutex
	seen map[string]*occurrence // by message; messages are constants, so this stays small
}

type occurrence struct {
	at      time.Time
	leftOut int
}

// Throttle returns a Throttled over log. now is the clock, time.Now outside tests.
func Throttle(log *slog.Logger, every time.Duration, now func() time.Time) *Throttled {
	return &Throttled{log: log, every: every, now: now, seen: make(map[string]*occurrence)}
}

// Warn logs at level warn; see Throttled.
func (t *Throttled) Warn(message string, args ...any) { t.write(slog.LevelWarn, message, args) }

// Error logs at level error; see Throttled.
func (t *Throttled) Error(message string, args ...any) { t.write(slog.LevelError, message, args) }

func (t *Throttled) write(level slog.Level, message string, args []any) {
	leftOut, due := t.take(message)
	if !due {
		return
	}
	if leftOut > 0 {
		args = append(args[:len(args):len(args)], "left_out", leftOut)
	}
	t.log.Log(context.Background(), level, message, args...)
}

func (t *Throttled) take(message string) (leftOut int, due bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	o, ok := t.seen[message]
	if !ok {
		t.seen[message] = &occurrence{at: now}
		return 0, true
	}
	if now.Sub(o.at) < t.every {
		o.leftOut++
		return 0, false
	}
	leftOut = o.leftOut
	o.at, o.leftOut = now, 0
	return leftOut, true
}
