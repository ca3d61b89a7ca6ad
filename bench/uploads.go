package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"noctra/bench/uploads"
	"noctra/internal/engines"
	"noctra/internal/postgres"
	"noctra/internal/proc"
	"noctra/schema"
)

type uploadsCommand struct {
	common
	Conversions int           `default:"10000" help:"Conversions that are sent while uploaders are killed."`
	Adjustments int           `default:"2000" help:"Refunds of them."`
	Kills       int           `default:"20" help:"How often an uploader is killed."`
	Waiting     int           `default:"1000000" help:"Conversions in the queue that is looked through."`
	QuotaFor    time.Duration `default:"130s" help:"How long the quota is used up."`
	Rows        int           `default:"100000" help:"Conversions of one customer that are sent as fast as they can be."`
	Only        string        `enum:",kills,quota,rows,waiting" default:"" help:"One measurement alone (kills, quota, rows, waiting), which is reported and not judged."`
}

// UploadsReport is what sending to the fake Google came to.
type UploadsReport struct {
	Kills   uploads.KillsReport   `json:"kills"`
	Quota   uploads.QuotaReport   `json:"quota"`
	Rows    uploads.RowsReport    `json:"rows"`
	Small   float64               `json:"ten_beside_many_s"` // until ten conversions are sent beside a customer with many
	Waiting uploads.WaitingReport `json:"waiting"`
	Figures Figures               `json:"figures"`
}

// Run measures sending.
func (c *uploadsCommand) Run(ctx context.Context) error {
	report, err := c.measure(ctx)
	report.Figures.say(c.progress())
	return c.judged("uploads", report, report.Figures, err)
}

// measure makes each measurement on a database of its own.
func (c *uploadsCommand) measure(ctx context.Context) (report UploadsReport, err error) {
	b, err := openUploads(ctx)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	log := c.progress()
	steps := []func(r *uploads.Rig) error{
		func(r *uploads.Rig) (err error) {
			o := uploads.KillsOptions{Conversions: c.Conversions, Adjustments: c.Adjustments, Kills: c.Kills, Pieces: 16 * (c.Kills + 1), Every: 2500 * time.Millisecond, Lease: 8 * time.Second, Log: log}
			report.Kills, err = r.Kills(ctx, o)
			return err
		},
		func(r *uploads.Rig) (err error) {
			report.Quota, err = r.Quota(ctx, quotaOfMinute, c.QuotaFor)
			return err
		},
		func(r *uploads.Rig) (err error) {
			report.Rows, err = r.Rows(ctx, c.Rows, b.process())
			report.Small = report.Rows.Small.Seconds()
			return err
		},
		func(r *uploads.Rig) (err error) {
			report.Waiting, err = r.Waiting(ctx, c.Waiting, 20*time.Second, b.process())
			return err
		},
	}
	for i, name := range []string{"kills", "quota", "rows", "waiting"} {
		if c.Only != "" && c.Only != name {
			continue
		}
		_, _ = fmt.Fprintf(log, "%s\n", name)
		if err := b.with(ctx, i, steps[i]); err != nil {
			return report, fmt.Errorf("%s: %w", name, err)
		}
	}
	if c.Only == "" {
		report.judge(c)
	}
	return report, nil
}

const (
	quotaOfMinute = 300                       // requests a minute at Google
	fullQuota     = quotaOfMinute * 2000 / 60 // rows a second, were all requests full
)

func (r *UploadsReport) judge(c *uploadsCommand) {
	f := &r.Figures
	f.atMost("conversions that differ from Google's ledger", float64(len(r.Kills.Wrong)), 0, "")
	f.atLeast("conversions in the ledger", float64(r.Kills.Conversions), float64(c.Conversions), "")
	f.atLeast("kills", float64(r.Kills.Kills), float64(c.Kills), "")
	f.atMost("requests in the worst minute", float64(r.Quota.Worst), quotaOfMinute, "")
	f.atMost("requests that Google refused for its quota", float64(r.Quota.Refused), 0, "")
	f.atLeast("requests a minute", r.Quota.Rate, 0.95*quotaOfMinute, "")
	f.atMost("ten conversions beside a customer with many", r.Small, 10, "s")
	f.atMost("CPU of Postgres a row, from ready to accepted", r.Rows.Sent.Postgres+r.Rows.Accepted.Postgres, 200, "µs")
	f.atLeast("rows a second that a core of the uploader's own takes to Google", 1e6/r.Rows.Sent.Uploader, fullQuota, "")
	f.atMost(fmt.Sprintf("to look through a queue of %d", c.Waiting), r.Waiting.Look, 20, "ms")
	f.atMost("memory beside a full queue", float64(r.Waiting.Memory-r.Waiting.Idle)/1e6, 64, "MB more")
	f.atMost("CPU while there is nothing to send", 100*r.Waiting.CPU, 1, "%")
}

// uploadsBench is a Postgres of its own.
type uploadsBench struct {
	dir    string
	engine *proc.Child
	log    bytes.Buffer
	port   int
	ops    string // address of the metrics of the uploader that was started last
}

func openUploads(ctx context.Context) (b *uploadsBench, err error) {
	b = &uploadsBench{}
	if b.dir, err = os.MkdirTemp("", "noctra-bench-"); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	ports, err := engines.FreePorts(1)
	if err != nil {
		return nil, err
	}
	b.port = ports[0]
	if err := engines.EnsureSecrets(b.path("secrets")); err != nil {
		return nil, err
	}
	b.engine, err = proc.Start(proc.Spec{Args: []string{"engine", "postgres", "--dir", b.path("postgres"), "--port", strconv.Itoa(b.port), "--secrets", b.path("secrets")}, Output: &b.log})
	if err != nil {
		return nil, err
	}
	err = await(ctx, startLimit, 200*time.Millisecond, func() (bool, error) { return b.exec(ctx, "SELECT 1") == nil, nil })
	if err != nil {
		return nil, errors.Join(fmt.Errorf("postgres does not start: %w\n%s", err, b.log.Bytes()), b.close())
	}
	return b, nil
}

func (b *uploadsBench) path(name string) string { return filepath.Join(b.dir, name) }

// close throws the database away, so how it ended is nobody's concern.
func (b *uploadsBench) close() error {
	_ = b.engine.Stop(stopLimit)
	return os.RemoveAll(b.dir)
}

func (b *uploadsBench) config(database string) postgres.Config {
	address := url.URL{Scheme: "postgres", User: url.User("noctra"), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port)), Path: "/" + database, RawQuery: "sslmode=disable"}
	return postgres.Config{URL: address.String(), PasswordFile: filepath.Join(b.path("secrets"), "postgres")}
}

func (b *uploadsBench) exec(ctx context.Context, statement string) error {
	pool, err := b.config("noctra").Open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pool.Exec(ctx, statement)
	return err
}

// with does something with a rig on a new database.
func (b *uploadsBench) with(ctx context.Context, n int, do func(r *uploads.Rig) error) (err error) {
	database := fmt.Sprint("uploads_", n)
	if err := b.exec(ctx, "CREATE DATABASE "+database); err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	config := b.config(database)
	if err := postgres.Migrate(ctx, config, schema.Postgres(), postgres.MigrateOptions{}); err != nil {
		return err
	}
	rig, err := uploads.Open(ctx, uploads.Options{Postgres: config, Dir: b.path(database), PerMinute: perMinuteOf(n), Start: b.start})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rig.Close()) }()
	return do(rig)
}

// perMinuteOf is the fake's quota: the real one, but where uploaders are killed, which has nothing to do with it.
func perMinuteOf(n int) int {
	if n == 0 {
		return 1_000_000
	}
	return quotaOfMinute
}

// start starts `noctra uploader`.
func (b *uploadsBench) start(flags []string) (*proc.Child, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	b.ops = addr
	return proc.Start(proc.Spec{Args: append([]string{"uploader", "--ops-addr=" + addr}, flags...)})
}

// process says how processes are measured. Connections of the database are processes of its own, and last as
// long as they are measured.
func (b *uploadsBench) process() uploads.Process {
	postgres := func() (float64, error) { return treeSeconds(b.engine.Pid()) }
	return uploads.Process{Memory: residentBytes, CPU: cpuSeconds, Postgres: postgres, Metric: b.metric}
}

// metric reads one of the uploader that was started last.
func (b *uploadsBench) metric(ctx context.Context, name string) (value float64, err error) {
	text, err := get(ctx, "http://"+b.ops+"/metrics")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if metric, rest, _ := strings.Cut(strings.TrimSpace(line), " "); metric == name {
			return strconv.ParseFloat(rest, 64)
		}
	}
	return 0, fmt.Errorf("read metric: there is no %s", name)
}
