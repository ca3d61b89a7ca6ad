package engines

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"noctra/internal/secrets"
)

const leftoverWait = 10 * time.Second

// initialise makes the data directory where it is missing. It is made beside its place and
// moved there when whole, so that an interrupted first start does no harm.
func (p Postgres) initialise(who account) error {
	if _, err := os.Stat(filepath.Join(p.Dir, "PG_VERSION")); err == nil {
		return nil
	}
	start := time.Now()
	fresh := p.Dir + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("prepare postgres data directory: %w", err)
	}
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		return fmt.Errorf("prepare postgres data directory: %w", err)
	}
	if err := who.own(fresh); err != nil {
		return err
	}
	passwordFile, err := p.passwordFor(who)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(passwordFile) }()
	cmd := who.command(syscall.SIGKILL, filepath.Join(p.Programs, "bin", "initdb"), "-D", fresh, "-U", postgresUser,
		"--auth=scram-sha-256", "--pwfile="+passwordFile, "--encoding=UTF8", "--locale=C", "--no-instructions")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("make postgres data directory: %w: %s", err, strings.TrimSpace(output.String()))
	}
	if err := os.Remove(p.Dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("postgres data directory %q is in the way: %w", p.Dir, err)
	}
	if err := os.Rename(fresh, p.Dir); err != nil {
		return fmt.Errorf("move postgres data directory into place: %w", err)
	}
	p.Log.Info("postgres data directory made", "took", time.Since(start).Round(time.Millisecond).String())
	return nil
}

// passwordFor copies the password to a file that the account may read; the caller removes it.
func (p Postgres) passwordFor(who account) (string, error) {
	password, err := secrets.ReadFile(filepath.Join(p.Secrets, "postgres"))
	if err != nil {
		return "", fmt.Errorf("password of postgres user noctra: %w", err)
	}
	path := p.Dir + ".password"
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write postgres password: %w", err)
	}
	return path, who.own(path)
}

// clearLeftover deals with the process id file that a killed server leaves. A process that is
// no server of this directory only happens to have that id; a server that is one, is ended.
// Only one product runs on a data directory at a time, so nobody else can need it.
func (p Postgres) clearLeftover() error {
	path := filepath.Join(p.Dir, postgresPidFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", postgresPidFile, err)
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err == nil && pid > 1 && servesDirectory(pid, p.Dir) {
		p.Log.Warn("ending a postgres server that was left over", "pid", pid)
		if err := endLeftover(pid); err != nil {
			return err
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", postgresPidFile, err)
	}
	return nil
}

// servesDirectory tells whether the process is a server started on dir.
func servesDirectory(pid int, dir string) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return false
	}
	args := strings.Split(string(raw), "\x00")
	for i := 1; i < len(args); i++ {
		if args[i-1] == "-D" && args[i] == dir {
			return true
		}
	}
	return false
}

func endLeftover(pid int) error {
	_ = syscall.Kill(pid, syscall.SIGCONT)
	_ = syscall.Kill(pid, syscall.SIGQUIT)
	deadline := time.NewTimer(leftoverWait)
	defer deadline.Stop()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for syscall.Kill(pid, 0) == nil {
		select {
		case <-deadline.C:
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				return fmt.Errorf("end postgres server %d that was left over: %w", pid, err)
			}
			return nil
		case <-ticker.C:
		}
	}
	return nil
}

// restoreLinks makes the symbolic links that npm packages cannot hold; the package lists them,
// and its install script, which is not run, would make them.
func restoreLinks(programs string) error {
	raw, err := os.ReadFile(filepath.Join(programs, "pg-symlinks.json"))
	if err != nil {
		return fmt.Errorf("read list of postgres links: %w", err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(raw, &links); err != nil {
		return fmt.Errorf("read list of postgres links: %w", err)
	}
	for _, l := range links {
		target := filepath.Join(filepath.Dir(programs), filepath.FromSlash(l.Target))
		if !strings.HasPrefix(target, programs+string(filepath.Separator)) {
			return fmt.Errorf("postgres link %q leads outside the package", l.Target)
		}
		if _, err := os.Lstat(target); err == nil {
			continue
		}
		if err := os.Symlink(filepath.Base(l.Source), target); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("restore postgres link: %w", err)
		}
	}
	return nil
}
