package engines

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"github.com/ebitengine/purego"

	"noctra/internal/proc"
)

const lockWait = 20 * time.Second

// ClickHouse is an embedded ClickHouse server.
type ClickHouse struct {
	Library  string // libchdb.so
	Dir      string // data and generated configuration
	Host     string // loopback address to listen on; empty: 127.0.0.1
	HTTPPort int
	TCPPort  int // native protocol; 0: none. Do not insert over it, see docs/decisions/0002
	// Shards are the native addresses of all shards of the cluster "noctra", this server's own among
	// them; the servers must have the same Secrets. Empty: no cluster.
	Shards  []string
	Memory  int64  // most bytes that it may take; 0: two fifths of the machine, 1 to 8 GiB
	Secrets string // folder with the files clickhouse_writer, clickhouse_reader, clickhouse_migrator
	// Unsynced is for tests: what was inserted outlives the server's end by any signal, not the machine's.
	Unsynced bool
}

// Run serves until ctx ends. It takes over the process: the engine brings its own threads, so
// it belongs into a child process.
//
// The engine is `clickhouse local`, which serves for as long as its last statement runs. That
// statement reads a pipe which this process holds open; closing it ends the engine in order.
func (c ClickHouse) Run(ctx context.Context) error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("make clickhouse data directory: %w", err)
	}
	lock, err := waitForLock(ctx, filepath.Join(c.Dir, "lock"))
	if err != nil {
		return fmt.Errorf("lock clickhouse data directory %q: %w", c.Dir, err)
	}
	defer func() { _ = lock.Close() }()
	stop, release, err := c.prepare()
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.serve(stop) }()
	select {
	case err := <-ended:
		release()
		return errors.Join(errors.New("clickhouse ended by itself"), err)
	case <-ctx.Done():
	}
	release()
	return <-ended
}

// prepare writes the configuration and opens the pipe whose closing, by release, is the sign
// to stop.
func (c ClickHouse) prepare() (stop string, release func(), err error) {
	if err := c.writeConfig(); err != nil {
		return "", nil, err
	}
	stop = filepath.Join(c.Dir, "stop")
	if err := os.Remove(stop); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", nil, fmt.Errorf("prepare clickhouse: %w", err)
	}
	if err := syscall.Mkfifo(stop, 0o600); err != nil {
		return "", nil, fmt.Errorf("make pipe %q: %w", stop, err)
	}
	// Opened for both directions, so that it does not wait for the reader.
	pipe, err := os.OpenFile(stop, os.O_RDWR, 0)
	if err != nil {
		return "", nil, fmt.Errorf("open pipe %q: %w", stop, err)
	}
	return stop, func() { _ = pipe.Close() }, nil
}

// serve calls the engine, and returns when it has ended.
func (c ClickHouse) serve(stop string) error {
	// The engine keeps state in the thread that it is called on.
	runtime.LockOSThread()
	library, err := purego.Dlopen(c.Library, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return fmt.Errorf("load %q: %w", c.Library, err)
	}
	var run func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	var failure func(result unsafe.Pointer) string
	purego.RegisterLibFunc(&run, library, "chdb_query_cmdline")
	purego.RegisterLibFunc(&failure, library, "chdb_result_error")

	query := "CREATE DATABASE IF NOT EXISTS noctra ENGINE = Atomic; SYSTEM START LISTEN HTTP; "
	if c.TCPPort != 0 {
		query += "SYSTEM START LISTEN TCP; "
	}
	query += "SELECT count() FROM file('" + quote(stop) + "', 'LineAsString', 'line String') FORMAT Null"
	args := []string{
		"clickhouse", // the engine wants this name
		"--config-file", filepath.Join(c.Dir, "config.xml"),
		"--path", filepath.Join(c.Dir, "db"),
		"--listen_host", c.host(),
		"--http_port", strconv.Itoa(c.HTTPPort),
		"--tcp_port", strconv.Itoa(c.TCPPort),
		"--query", query,
	}
	argv := make([]*byte, len(args)+1)
	for i, a := range args {
		if argv[i], err = syscall.BytePtrFromString(a); err != nil {
			return fmt.Errorf("pass argument %q to clickhouse: %w", a, err)
		}
	}
	result := run(int32(len(args)), unsafe.Pointer(&argv[0]))
	runtime.KeepAlive(argv)
	if result == nil {
		return nil
	}
	if message := failure(result); message != "" {
		return fmt.Errorf("clickhouse: %s", firstLine(message))
	}
	return nil
}

func (c ClickHouse) host() string {
	if c.Host == "" {
		return "127.0.0.1"
	}
	return c.Host
}

// waitForLock takes a lock that a dying predecessor may hold for a moment longer.
func waitForLock(ctx context.Context, path string) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		lock, err := proc.Lock(path)
		if !errors.Is(err, proc.ErrLocked) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-ticker.C:
		}
	}
}
